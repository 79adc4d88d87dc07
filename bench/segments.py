"""Segment leaves, their tree and the running chain cost no more than one bare SHA-256.

In memory, so that only hashing is measured: the disk has claims of its own.
"""

import hashlib
import secrets
from functools import partial

from bench.claim import Claim, paired
from edge.evidence.segments import SEGMENT_SIZE, SegmentHasher

_SEGMENTS = 64
_FILE_ID = "0" * 32


def measure() -> list[Claim]:
    segment = secrets.token_bytes(SEGMENT_SIZE)
    return [
        paired(
            "segment digests, tree and chain of 64 MiB",
            ours=partial(_segments, segment),
            rival=partial(_bare, segment),
            rival_name="hashlib.sha256",
            goal=0.95,
        )
    ]


def _segments(segment: bytes) -> None:
    hasher = SegmentHasher(_FILE_ID)
    for _ in range(_SEGMENTS):
        hasher.update(segment)
    hasher.finish()


def _bare(segment: bytes) -> None:
    digest = hashlib.sha256()
    for _ in range(_SEGMENTS):
        digest.update(segment)
    digest.digest()
