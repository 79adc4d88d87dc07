"""The station side of a test site: keys, trust, configuration, a camera's card."""

import base64
import json
import random
import secrets
from pathlib import Path

from edge import clock
from edge.evidence.checkpoint import NoteSigner
from edge.evidence.digest import Digest
from edge.evidence.envelope import seal
from edge.evidence.keys import EcdsaP256Signer, Ed25519Signer
from edge.evidence.statement import KeyEvent, KeyFacts, Statement
from edge.witness.keys import WitnessKeys, write_keys
from firmware_hooks.announcement import Announcement, announce, retract
from tests.dock_agent.pki import Authority

STATION = "dock-01"
ORIGIN = "liuhen.test/log"


class Keys:
    """Root, station identity, central and log keys of one test."""

    def __init__(self) -> None:
        self.root = Ed25519Signer.generate()
        self.identity = EcdsaP256Signer.generate()
        self.central = Ed25519Signer.generate()
        self.witness = WitnessKeys.generate(f"{ORIGIN}/witness/{STATION}")
        self.log = NoteSigner(ORIGIN, Ed25519Signer.generate())

    def enrolment(self, role: str, name: str, signer) -> bytes:
        event = KeyEvent(
            action="enrol",
            role=role,
            name=name,
            key=KeyFacts(algorithm=signer.algorithm, public=signer.public),
            keyid=Digest.parse(signer.keyid),
            at=clock.now(),
        )
        return seal(Statement.about(event), self.root).raw

    def policy(self) -> bytes:
        return json.dumps(
            {
                "format": "liuhen-trust-policy/v1",
                "roots": [
                    {
                        "name": "root",
                        "algorithm": "ed25519",
                        "public": base64.b64encode(self.root.public).decode(),
                    }
                ],
                "logs": [{"origin": ORIGIN, "vkey": self.log.vkey}],
                "witnesses": [],
                "quorum": {"stations": 0, "outsiders": 0},
                "tsa": [],
            }
        ).encode()


class Tree:
    """One station's folder, ready for `python -m dock_agent`."""

    def __init__(self, root: Path, mqtt_port: int, upload_port: int) -> None:
        self.root = root
        self.keys = Keys()
        self.pki = Authority(root / "pki")
        self.config = root / "station.toml"
        self.announcements = root / "announcements"
        self.data = root / "data"
        self.announcements.mkdir()
        trust = root / "trust"
        trust.mkdir()
        self._private("identity.pem", self.keys.identity.to_pem())
        (root / "policy.json").write_bytes(self.keys.policy())
        (trust / "central.json").write_bytes(
            self.keys.enrolment("central", "central", self.keys.central)
        )
        (trust / "station.json").write_bytes(
            self.keys.enrolment("station", STATION, self.keys.identity)
        )
        self.pki.issue(STATION)
        write_keys(root / "witness.json", self.keys.witness)
        self.write_config(mqtt_port, upload_port)

    def write_config(self, mqtt_port: int, upload_port: int, *, retry: float = 0.2) -> None:
        self.config.write_text(
            f"""
[station]
id = "{STATION}"
data = "data"
announcements = "announcements"
[identity]
key = "identity.pem"
tls_certificate = "pki/{STATION}.pem"
tls_key = "pki/{STATION}.key"
[witness]
key = "witness.json"
[mqtt]
host = "127.0.0.1"
port = {mqtt_port}
ca = "pki/ca.pem"
heartbeat_seconds = 1
[upload]
url = "https://127.0.0.1:{upload_port}"
ca = "pki/ca.pem"
[trust]
policy = "policy.json"
keys = "trust"
[offload]
retry_seconds = {retry}
"""
        )

    def card(self, files: dict[bytes, bytes], name: str = "card") -> Path:
        card = self.root / name
        for path, content in files.items():
            target = Path(os_path(card, path))
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return card

    def dock(self, card: Path, *, bay: str = "1", serial: str | None = "LH001") -> str:
        docking = secrets.token_hex(16)
        announce(
            Announcement(
                bay=bay,
                docking=docking,
                mount=str(card),
                write_block="none",
                at=str(clock.now()),
                serial=serial,
            ),
            self.announcements,
        )
        return docking

    def undock(self, bay: str = "1") -> None:
        retract(bay, self.announcements)

    def _private(self, name: str, content: bytes) -> None:
        path = self.root / name
        path.touch(mode=0o600)
        path.write_bytes(content)


def os_path(card: Path, path: bytes) -> str:
    return str(card) + "/" + path.decode("utf-8", "surrogateescape")


def footage(seed: int, *sizes: int) -> dict[bytes, bytes]:
    """Files as a camera names them, of these sizes, the same for the same seed."""
    source = random.Random(seed)
    return {
        f"DCIM/100MEDIA/DCAM_LH001_012345_20261121_0902{n:02d}.mp4".encode(): source.randbytes(s)
        for n, s in enumerate(sizes)
    }
