"""A witness's own keys in a file, and the logs that it knows.

The keys cosign and do nothing else: they are not a station's signing keys. The file is JSON with
PKCS #8 PEM, mode 0600, not encrypted. Logs are a text file: one C2SP verifier key on each line.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from edge import durable
from edge.evidence.cosignature import CosignatureVerifier, Cosigner
from edge.evidence.encoding import decode, encode
from edge.evidence.errors import CheckpointError, EvidenceError
from edge.evidence.mldsa import MlDsa44Signer
from edge.evidence.note import NoteVerifier
from edge.evidence.signers import Ed25519Signer
from edge.evidence.subtree_cosignature import SubtreeCosigner, SubtreeVerifier
from edge.witness.errors import KeyFileError

_FORMAT = "liuhen-witness-key/v1"


@dataclass(frozen=True, slots=True)
class WitnessKeys:
    """Cosigns as `name` with an Ed25519 key, and with an ML-DSA-44 key where there is one."""

    ed25519: Ed25519Signer
    name: str
    mldsa: MlDsa44Signer | None = None

    @classmethod
    def generate(cls, name: str, *, mldsa: bool = False) -> Self:
        """New keys. Raises ValueError for a name that a signature line cannot hold."""
        made = cls(Ed25519Signer.generate(), name, MlDsa44Signer.generate() if mldsa else None)
        made.check()
        return made

    def check(self) -> None:
        """Raise ValueError for a name that a signature line cannot hold."""
        self._cosigners()

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The verifier keys, to be put into policies."""
        return tuple(cosigner.vkey for cosigner in self._cosigners())

    @property
    def verifiers(self) -> tuple[CosignatureVerifier | SubtreeVerifier, ...]:
        """To know one's own cosignatures again."""
        own: list[CosignatureVerifier | SubtreeVerifier] = [
            CosignatureVerifier.parse(Cosigner(self.name, self.ed25519).vkey)
        ]
        if self.mldsa is not None:
            own.append(SubtreeVerifier(self.name, self.mldsa.public))
        return tuple(own)

    def line(self, text: str, seconds: int) -> str:
        """One signature line for each key.

        Where a checkpoint has extension lines, Ed25519's alone: ML-DSA does not cover them.
        """
        ed25519, *others = self._cosigners()
        lines = ed25519.line(text, seconds)
        try:
            return lines + "".join(other.line(text, seconds) for other in others)
        except CheckpointError:
            return lines

    def to_bytes(self) -> bytes:
        """The key file."""
        wire = {"format": _FORMAT, "name": self.name, "ed25519": self.ed25519.to_pem().decode()}
        if self.mldsa is not None:
            wire["mldsa44"] = self.mldsa.to_pem().decode()
        return encode(wire) + b"\n"

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a key file. Raises KeyFileError."""
        try:
            wire = decode(raw)
            if wire["format"] != _FORMAT:
                raise KeyFileError("key file", expected=_FORMAT, found=repr(wire["format"]))
            second = wire.get("mldsa44")
            made = cls(
                Ed25519Signer.from_pem(wire["ed25519"].encode()),
                wire["name"],
                None if second is None else MlDsa44Signer.from_pem(second.encode()),
            )
            made.check()
        except (EvidenceError, KeyError, TypeError, ValueError, AttributeError) as bad:
            expected = f"a {_FORMAT}"
            raise KeyFileError("key file", expected=expected, found=repr(bad)[:200]) from bad
        return made

    def _cosigners(self) -> tuple[Cosigner | SubtreeCosigner, ...]:
        first = Cosigner(self.name, self.ed25519)
        return (first,) if self.mldsa is None else (first, SubtreeCosigner(self.name, self.mldsa))


def read_keys(path: Path) -> WitnessKeys:
    """Raises KeyFileError, OSError."""
    return WitnessKeys.parse(path.read_bytes())


def write_keys(path: Path, keys: WitnessKeys) -> None:
    """Never over another file. Raises FileExistsError, OSError."""
    durable.make_folder(path.parent)
    durable.write_once(path, keys.to_bytes(), mode=0o600)


def read_logs(path: Path) -> dict[str, NoteVerifier]:
    """Verifier keys by origin; empty lines and those that begin with # are passed over.

    Raises KeyFileError, OSError.
    """
    logs: dict[str, NoteVerifier] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            log = NoteVerifier.parse(text)
        except EvidenceError as bad:
            what = f"{path}, line {number}"
            raise KeyFileError(what, expected="a verifier key", found=str(bad)) from bad
        if logs.setdefault(log.name, log) != log:
            what = f"{path}, line {number}"
            raise KeyFileError(what, expected="one key for each log", found=f"two of {log.name}")
    return logs
