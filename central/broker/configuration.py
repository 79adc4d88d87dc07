"""mosquitto.conf and the access list of a site, as text.

Each line is there because its absence was seen to lose or leak something: see *Decisions* in
central's README. MQTT version 5 with TLS 1.3 only; a client's name is its certificate's
common name, and so is its client id, so that no certificate takes over another's session.
"""

from dataclasses import dataclass
from pathlib import Path

# An envelope is at most 1 MiB; the rest is for topic and properties.
_MESSAGE_LIMIT = (1 << 20) + (1 << 16)
_ACCESS = """\
# Each station by its own name; what is not granted is refused.
pattern write liuhen/v1/station/%u/evidence
pattern write liuhen/v1/station/%u/heartbeat
pattern read liuhen/v1/station/%u/receipts
pattern read liuhen/v1/station/%u/problems
pattern read liuhen/v1/station/%u/witness/request
pattern write liuhen/v1/station/%u/witness/response
pattern write liuhen/v1/station/%u/consistency/request
pattern read liuhen/v1/station/%u/consistency/response

user central
topic read liuhen/v1/station/+/evidence
topic read liuhen/v1/station/+/heartbeat
topic write liuhen/v1/station/+/receipts
topic write liuhen/v1/station/+/problems
topic write liuhen/v1/station/+/witness/request
topic read liuhen/v1/station/+/witness/response
topic read liuhen/v1/station/+/consistency/request
topic write liuhen/v1/station/+/consistency/response
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerFiles:
    """What Mosquitto reads and where it keeps its state. `user` is None for our own."""

    folder: Path
    listen: str
    port: int
    ca: Path
    certificate: Path
    key: Path
    user: str | None = None
    crl: Path | None = None

    @property
    def configuration(self) -> Path:
        return self.folder / "mosquitto.conf"

    @property
    def access(self) -> Path:
        return self.folder / "access.conf"

    @property
    def state(self) -> Path:
        return self.folder / "state"


def access_list() -> str:
    """Who may publish and read what."""
    return _ACCESS


def configuration(files: BrokerFiles) -> str:
    """The text of mosquitto.conf (mosquitto.conf(5), version 2.0)."""
    revoked = "" if files.crl is None else f"crlfile {files.crl}\n"
    owner = "" if files.user is None else f"user {files.user}\n"
    return f"""\
# Made at each start by `central broker run`; changes are lost.
{owner}per_listener_settings false
listener {files.port} {files.listen}
socket_domain {"ipv6" if ":" in files.listen else "ipv4"}
allow_anonymous false
acl_file {files.access}

# Mutual TLS 1.3. The certificate's common name is user name and client id.
tls_version tlsv1.3
cafile {files.ca}
certfile {files.certificate}
keyfile {files.key}
require_certificate true
{revoked}use_identity_as_username true
use_username_as_clientid true

# Acknowledged means on disk: without the last two lines a kill loses what was acknowledged.
persistence true
persistence_location {files.state}/
autosave_on_changes true
autosave_interval 1

max_inflight_messages 100
max_queued_messages 100000
max_queued_bytes 268435456
message_size_limit {_MESSAGE_LIMIT}
persistent_client_expiration 90d

log_dest stderr
log_type error
log_type warning
log_type notice
connection_messages true
"""
