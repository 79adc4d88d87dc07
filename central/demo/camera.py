"""A folder laid out like a camera's card, filled from real sample files.

The names follow a common field form; the bytes are copies of files under `tests/samples`,
none of them made by this project. Nothing here is used when a real card is given.
"""

import datetime
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

SERIAL = "LH2026A7"
_OFFICER = "012345"
_DAY = "20261121"
_SECONDS = 11.0  # about what each of the samples lasts


@dataclass(frozen=True, slots=True)
class _Clip:
    sample: str
    time: str
    mark: str = ""

    @property
    def name(self) -> str:
        suffix = Path(self.sample).suffix
        return f"DCAM_{SERIAL}_{_OFFICER}_{_DAY}_{self.time}{self.mark}{suffix}"

    @property
    def ended(self) -> float:
        """POSIX seconds of the time in the name, in the camera's zone, and a little later."""
        began = datetime.datetime.strptime(f"{_DAY}{self.time}+0800", "%Y%m%d%H%M%S%z")
        return began.timestamp() + _SECONDS


_CLIPS = (
    _Clip("max-heromode.mp4", "090214"),
    _Clip("test_signed_h264.mp4", "093148", "_IMP"),
    _Clip("test_h265.mp4", "101502"),
)


def fill_card(card: Path, samples: Path) -> None:
    """Lay out `card` as a camera would. Raises FileNotFoundError naming a missing sample."""
    media = card / "DCIM" / "100MEDIA"
    media.mkdir(parents=True)
    for clip in _CLIPS:
        file = media / clip.name
        shutil.copyfile(samples / clip.sample, file)
        os.utime(file, (clip.ended, clip.ended))


def card_digest(card: Path, *, content: bool) -> str:
    """SHA-256 over every name, size and time below `card`, and every byte with `content`.

    The same value before and after shows a card that nobody wrote to.
    """
    digest = hashlib.sha256()
    for path in sorted(card.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        facts = path.stat()
        line = f"{path.relative_to(card)}\0{facts.st_size}\0{facts.st_mtime_ns}\0"
        digest.update(line.encode("utf-8", "surrogateescape"))
        if content:
            with path.open("rb") as opened:
                digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()
