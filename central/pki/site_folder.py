"""Where the files of a site lie; the one owner of these names.

D/central.toml      configuration
D/data/             state: log, vault, index, keys of the service (0700)
D/tls/              certificates and keys of broker, uploads and central's MQTT client;
                    issued/*.pem (stations' certificates), crl.pem (those that were revoked)
D/trust/            policy.json, root.pem (public), keys/*.json (root-signed key events)
D/requests/         what the root is to sign, where it is on another machine
D/offline/          the root key and the authority's key: move them off this machine
"""

from pathlib import Path

from central.data_folder import DataFolder


class SiteFolder:
    """Names inside one site's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = root / "central.toml"
        self.data = DataFolder(root / "data")
        self.tls = root / "tls"
        self.ca = self.tls / "ca.pem"
        self.crl = self.tls / "crl.pem"
        self.requests = root / "requests"
        self.trust = root / "trust"
        self.policy = self.trust / "policy.json"
        self.key_events = self.trust / "keys"
        self.root_public = self.trust / "root.pem"
        self.offline = root / "offline"

    def issued(self, station: str) -> Path:
        """The certificate that a station was given, kept so that it can be revoked."""
        return self.tls / "issued" / f"{station}.pem"

    def certificate(self, name: str) -> Path:
        return self.tls / f"{name}.pem"

    def key(self, name: str) -> Path:
        return self.tls / f"{name}.key"
