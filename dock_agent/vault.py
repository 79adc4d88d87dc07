"""The station's vault: footage by its digest, written once.

`<root>/<aa>/<sha256>` is a whole, read-back file, mode 0444; `<root>/partial/` holds copies
under way, by recording. A file gets its final name only after it was proven; a taken name
is never written again. Does not delete: only a partial copy whose content stands in the
vault already can be dropped.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dock_agent.errors import StationDiskError
from edge import durable
from edge.evidence.digest import Digest

RESERVE_BYTES = 256 << 20
_PARTIAL = "partial"
_FILE_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Vault:
    """One vault folder.

    `reserve` bytes of its disk are never filled with footage: the ledger and the outbox
    live on the same disk and must go on working.
    """

    root: Path
    reserve: int = RESERVE_BYTES

    def prepare(self) -> None:
        """Make the folders. Doing it again changes nothing."""
        durable.make_folder(self.root / _PARTIAL, mode=0o750)

    def path(self, sha256: Digest) -> Path:
        """Where content of this digest is, or would be."""
        text = str(sha256)
        return self.root / text[:2] / text

    def has(self, sha256: Digest) -> bool:
        """Whether this content was proven and published here."""
        return self.path(sha256).is_file()

    def open(self, sha256: Digest) -> BinaryIO:
        """Open the content for reading. FileNotFoundError where it is not here."""
        return self.path(sha256).open("rb")

    def partial(self, file_id: str) -> Path:
        """Where the copy of this recording grows."""
        return self._partial(file_id, "")

    def journal(self, file_id: str) -> Path:
        """Where the digests of its segments are noted while it grows."""
        return self._partial(file_id, ".leaves")

    def aside(self, file_id: str, n: int) -> Path:
        """Where a copy that failed its proof is kept for a person to look at."""
        return self._partial(file_id, f".aside-{n}")

    def publish(self, partial: Path, sha256: Digest) -> Path:
        """Give a synced and proven copy its final name.

        Raises durable.AlreadyWrittenError where the name is taken; nothing is changed then.
        """
        final = self.path(sha256)
        durable.make_folder(final.parent, mode=0o750)
        durable.publish(partial, final)
        return final

    def free_bytes(self) -> int:
        """Bytes that footage may still take: free space less the reserve, never below 0."""
        facts = os.statvfs(self.root)
        return max(0, facts.f_bavail * facts.f_frsize - self.reserve)

    def require_room(self, size: int, of: str) -> None:
        """Refuse, before the first byte, a file that does not fit."""
        free = self.free_bytes()
        if size > free:
            raise StationDiskError(
                expected=f"{size} bytes free in the vault beyond a reserve of {self.reserve}",
                found=f"{free} bytes",
                path=of,
                needed=size,
                free=free,
            )

    def _partial(self, file_id: str, what: str) -> Path:
        if not _FILE_ID.fullmatch(file_id):
            message = f"expected a file id of 32 hex digits, found {file_id!r}"
            raise ValueError(message)
        return self.root / _PARTIAL / f"{file_id}{what}{durable.TEMPORARY_SUFFIX}"
