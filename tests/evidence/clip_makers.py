"""A package with one long recording, and clips of it, in memory."""

from collections.abc import Mapping
from functools import cache

from edge.evidence.clipping import clip_of, original_of, segments_of
from edge.evidence.segments import SEGMENT_SIZE
from edge.evidence.verify_clip import verify_clip
from edge.evidence.verify_part import Wanted
from edge.evidence.verify_report import Report
from edge.evidence.verify_source import MemorySource
from tests.evidence.package_makers import Desk, honest, named

LONG = b"".join(bytes([at]) * SEGMENT_SIZE for at in range(5)) + b"the end"
MIB = SEGMENT_SIZE


@cache
def desk() -> Desk:
    return honest({"DCIM/long.mp4": LONG, "DCIM/short.mp4": b"short"})


@cache
def _packed() -> dict[str, bytes]:
    return desk().pack()


def package() -> dict[str, bytes]:
    return dict(_packed())


def long_recording() -> str:
    return named(package(), "long.mp4").split("/")[2]


@cache
def _clipped(begin: int, end: int) -> dict[str, bytes]:
    source = MemorySource(package())
    wanted = Wanted(begin=begin, end=end, recording=long_recording())
    original = original_of(source, wanted)
    clip = clip_of(original, source)
    (file,) = clip.footage
    return dict(clip.files) | {file.path: b"".join(segments_of(original, source))}


def clip(begin: int = MIB, end: int = 4 * MIB) -> dict[str, bytes]:
    return dict(_clipped(begin, end))


def check_clip(files: Mapping[str, bytes]) -> Report:
    return verify_clip(MemorySource(files), desk().policy())
