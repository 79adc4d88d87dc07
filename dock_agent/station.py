"""Who this station is: an identity key on disk, and an epoch key that only memory knows.

Each start of the agent makes a new epoch: a random boot id and an Ed25519 key whose first
use is announced by the identity key in the chain. The epoch key is never written down, so
a stolen disk cannot sign for the past. Knows nothing of the ledger; see `seal`.
"""

import secrets
import stat
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from dock_agent.config import StationConfig
from dock_agent.errors import IdentityError
from edge.evidence.digest import Digest
from edge.evidence.errors import EvidenceError
from edge.evidence.instant import Instant
from edge.evidence.keys import EcdsaP256Signer, Ed25519Signer
from edge.evidence.statement import Agent, KeyEvent, KeyFacts, StationLink


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One run of one station's agent. Not to be kept beyond the process."""

    id: str
    boot: str
    identity: EcdsaP256Signer
    epoch: Ed25519Signer
    agent: Agent

    def announcement(self, link: StationLink, at: Instant) -> KeyEvent:
        """The statement that brings this epoch's key into service."""
        return KeyEvent(
            action="epoch",
            role="epoch",
            name=self.id,
            key=KeyFacts(algorithm="ed25519", public=self.epoch.public),
            keyid=Digest.parse(self.epoch.keyid),
            boot=self.boot,
            at=at,
            station=link,
        )


def start(config: StationConfig) -> Station:
    """Read the identity and begin an epoch. Raises IdentityError."""
    return Station(
        id=config.station,
        boot=secrets.token_hex(16),
        identity=_identity(config.identity_key),
        epoch=Ed25519Signer.generate(),
        agent=Agent(version=version(), config=Digest.parse(config.digest)),
    )


def version() -> str:
    """The version of this program, as installed or as a source tree."""
    try:
        return f"liuhen {metadata.version('liuhen')}"
    except metadata.PackageNotFoundError:
        return "liuhen (source tree)"


def _identity(path: Path) -> EcdsaP256Signer:
    require_private(path)
    try:
        return EcdsaP256Signer.from_pem(path.read_bytes())
    except (EvidenceError, ValueError, OSError) as bad:
        raise IdentityError(
            expected=f"a P-256 private key in {path}", found=str(bad) or type(bad).__name__
        ) from bad


def require_private(path: Path) -> None:
    """Refuse a key file that anyone but its owner can read or write."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as failure:
        raise IdentityError(
            expected=f"a key file {path}", found=failure.strerror or str(failure)
        ) from failure
    if mode & 0o077:
        raise IdentityError(
            code="IDENTITY_EXPOSED",
            expected=f"mode 0600 on {path}",
            found=f"mode {mode:04o}: others may have read the key; make a new one",
        )
