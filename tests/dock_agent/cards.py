"""Cards to dock, and what the tests say about folders before and after."""

import hashlib
import os
import random
from pathlib import Path

from dock_agent.scan import CardEntry, scan
from edge.evidence.segments import SEGMENT_SIZE, SegmentHasher, Segments
from firmware_hooks.registry import Registry

MIB = SEGMENT_SIZE
FILE_ID = "0123456789abcdef" * 2
PROFILES = Registry.load()


def footage(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def put(card: Path, name: str | bytes, content: bytes) -> CardEntry:
    """Write one file onto the card and list it."""
    path = card / os.fsdecode(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return entry(card, name)


def entry(card: Path, name: str | bytes) -> CardEntry:
    listing = scan(card, PROFILES.profiles["generic"])
    return next(each for each in listing.entries if each.path == os.fsencode(name))


def segments(content: bytes) -> Segments:
    hasher = SegmentHasher(FILE_ID)
    hasher.update(content)
    return hasher.finish()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def state(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything a write, or a mere read, could change: content, times, modes, names.

    Access times are taken before the content is read, and put back.
    """
    found: dict[str, tuple[object, ...]] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        facts = path.lstat()
        content = b""
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        times = (facts.st_atime_ns, facts.st_mtime_ns)
        found[str(path)] = (facts.st_mode, facts.st_size, facts.st_ino, times, sha256(content))
    return found
