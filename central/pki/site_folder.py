"""Where the files of a site lie; the one owner of these names.

D/central.toml      configuration
D/data/             state: log, vault, index, keys of the service (0700)
D/tls/              certificates and keys of broker, uploads and central's MQTT client
D/trust/            policy.json, root.pem (public), keys/*.json (root-signed key events)
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
        self.trust = root / "trust"
        self.policy = self.trust / "policy.json"
        self.key_events = self.trust / "keys"
        self.root_public = self.trust / "root.pem"
        self.offline = root / "offline"

    def certificate(self, name: str) -> Path:
        return self.tls / f"{name}.pem"

    def key(self, name: str) -> Path:
        return self.tls / f"{name}.key"
