"""What every vault promises: bytes are named by their content, written once, read back.

A vault has no call that removes, shortens or replaces anything. The write-once folder is
the embedded default (`central.vault.folder`); an object store with Object Lock implements
the same protocol. A vault does not decide who may read: the workflows do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from central.errors import CentralError
from edge.evidence.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCopy:
    """Proof that one copy was read back from its storage and hashed to its name."""

    vault: str
    kind: str
    sha256: Digest
    size: int


class Vault(Protocol):
    """One place that keeps footage, and beside it the digests of its 1 MiB segments."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str:
        """``folder`` or ``s3``: how the copy is protected."""
        ...

    def keep(self, arrived: Path, sha256: Digest, size: int, leaves: Sequence[Digest]) -> KeptCopy:
        """Take over a finished temporary file. The same content again changes nothing.

        Raises VaultDamagedError where what is read back is not what was named;
        `arrived` is then left where it is.
        """
        ...

    def recheck(self, sha256: Digest, size: int) -> KeptCopy:
        """Read back what is held under `sha256`, from the storage and not from memory."""
        ...

    def holds(self, sha256: Digest) -> bool: ...

    def open(self, sha256: Digest) -> BinaryIO:
        """The bytes, for reading. Raises NotKeptError where there are none."""
        ...

    def leaves(self, sha256: Digest) -> tuple[Digest, ...]:
        """Digests of the 1 MiB segments, as they were hashed on arrival."""
        ...

    def place(self, sha256: Digest, at: Path) -> None:
        """Put the bytes at `at`, without a second copy where the vault can (hard link)."""
        ...


class NotKeptError(CentralError):
    """The vault holds nothing under this digest."""

    code = "VAULT_NOT_KEPT"


class VaultDamagedError(CentralError):
    """What was read back from the storage is not what was named; both are kept."""

    code = "VAULT_DAMAGED"
