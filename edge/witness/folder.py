"""The memory on disk, and the signs that it is an older copy of itself.

`state.json` is replaced whole; `seal.json` then holds its inode, change time and SHA-256. No
ordinary tool can set a change time, so a file that was put back (copied, unpacked, synchronised)
does not fit the seal that was put back with it. `seal.json` announces each write beforehand, so
that a power cut between the two does not look like a copy.

Seen: a restored file, folder or file tree; a move to another disk; also a mere `chmod`. Not
seen: a whole disk or virtual machine set back to an earlier image, and whoever forges the seal.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from edge import durable
from edge.evidence.digest import Digest
from edge.evidence.encoding import decode, encode
from edge.evidence.errors import EvidenceError
from edge.witness.errors import StateBusyError, StateMissingError
from edge.witness.state import Memory

_STATE = "state.json"
_SEAL = "seal.json"
_LOCK = "lock"


class StateFolder:
    """One process at a time: holds the lock until `close`."""

    def __init__(self, path: Path) -> None:
        """Raises StateMissingError, StateBusyError."""
        if not (path / _STATE).is_file():
            found = "nothing: it was lost, or `keygen` never made it"
            raise StateMissingError(f"state of {path}", expected=f"a {_STATE}", found=found)
        self._path = path
        self._lock = _locked(path)

    @classmethod
    def create(cls, path: Path, memory: Memory) -> Self:
        """A new folder. Raises FileExistsError where there is a state already."""
        if (path / _STATE).exists():
            raise FileExistsError(path / _STATE)
        raw = memory.to_bytes()
        durable.make_folder(path, mode=0o700)
        cls._seal(path, {"next": str(Digest.of(raw))})
        durable.write_once(path / _STATE, raw, mode=0o600)
        cls._seal(path, _facts(path / _STATE))
        return cls(path)

    def read(self) -> tuple[Memory, bool]:
        """The memory, and whether it is the one that was last written here.

        Raises StateBadError.
        """
        raw = (self._path / _STATE).read_bytes()
        return Memory.parse(raw), self._fits(Digest.of(raw))

    def write(self, memory: Memory) -> None:
        """Replace the memory; returns when it would survive a power cut."""
        raw = memory.to_bytes()
        state = self._path / _STATE
        self._seal(self._path, {**_facts(state), "next": str(Digest.of(raw))})
        durable.replace(state, raw, mode=0o600)
        self._seal(self._path, _facts(state))

    def close(self) -> None:
        """Let another process have it."""
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _fits(self, digest: Digest) -> bool:
        try:
            seal = decode((self._path / _SEAL).read_bytes())
        except (OSError, EvidenceError):
            return False
        announced = seal.pop("next", None)
        return seal == _facts(self._path / _STATE) or announced == str(digest)

    @staticmethod
    def _seal(path: Path, facts: dict[str, str]) -> None:
        durable.replace(path / _SEAL, encode(facts), mode=0o600)


def _facts(state: Path) -> dict[str, str]:
    """As text: a change time in nanoseconds is beyond what our JSON takes as a number."""
    found = state.stat()
    digest = Digest.of(state.read_bytes())
    return {"inode": str(found.st_ino), "changed": str(found.st_ctime_ns), "sha256": str(digest)}


def _locked(path: Path) -> int:
    handle = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as busy:
        os.close(handle)
        expected = "to be the only witness here"
        raise StateBusyError(f"state of {path}", expected=expected, found="another one") from busy
    return handle
