"""A second tree over a recording: the packets of its streams, not the bytes of its file.

Whoever cuts a part out without decoding it (``ffmpeg -c copy``) writes another file with the
same packets. Their digests are those of ``ffmpeg -c copy -f framehash -hash sha256``; so a part
is recognised as what it is, contiguous and unaltered, or not. Times are kept beside them, since
a container may play the same packets at another pace. Does not read media and does not decode:
what a decoder makes of packets also depends on its set-up, whose digest is signed, too.
"""

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.evidence.digest import DIGEST_SIZE, Digest
from edge.evidence.errors import EncodingError
from edge.evidence.statement import MediaTree, PacketTree

ALGORITHM = "framehash-sha256"
NO_TIME = -(1 << 63)
"""Stands for a packet without a time, in microseconds."""

_TIME_SIZE = 8


@dataclass(frozen=True, slots=True)
class StreamPackets:
    """One stream in the order of its file.

    `digests` are SHA-256 of each packet's bytes; `times` when it is shown, in microseconds from
    the file's own zero, or NO_TIME. `hidden` are packets that the file says not to show.
    """

    index: int
    kind: str
    digests: tuple[bytes, ...]
    times: tuple[int, ...]
    setup: Digest | None = None
    hidden: int = 0

    def __post_init__(self) -> None:
        if len(self.digests) != len(self.times):
            message = f"expected {len(self.digests)} times, found {len(self.times)}"
            raise ValueError(message)


def tree_of(streams: Iterable[StreamPackets]) -> MediaTree:
    """What a manifest carries of these streams."""
    trees = tuple(
        PacketTree(
            index=stream.index,
            packets=len(stream.digests),
            root=packet_root(stream.digests),
            times=Digest.of(_pack_times(stream.times)),
            setup=stream.setup,
        )
        for stream in streams
    )
    return MediaTree(algorithm=ALGORITHM, streams=trees)


def packet_root(digests: Sequence[bytes]) -> Digest:
    """The RFC 6962 root whose leaf data are these digests.

    The same as `merkle.root_of`, level by level: a recording has some 100,000 packets an hour.
    """
    sha256 = hashlib.sha256
    level = [sha256(b"\x00" + it).digest() for it in digests] or [sha256(b"").digest()]
    while len(level) > 1:
        odd = level[-1:] if len(level) % 2 else []
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return Digest(level[0])


def pack_packets(streams: Iterable[StreamPackets]) -> bytes:
    """The packet list as a file: for each stream its digests, then its times."""
    parts = (b"".join(it.digests) + _pack_times(it.times) for it in streams)
    return b"".join(parts)


def unpack_packets(tree: MediaTree, packed: bytes) -> tuple[StreamPackets, ...]:
    """Read a packet list. Raises EncodingError unless it is exactly the one that was signed."""
    if tree.algorithm != ALGORITHM:
        raise EncodingError("media tree", expected=ALGORITHM, found=tree.algorithm)
    size = sum(it.packets for it in tree.streams) * (DIGEST_SIZE + _TIME_SIZE)
    if len(packed) != size:
        raise EncodingError("packet list", expected=f"{size} bytes", found=len(packed))
    streams = []
    at = 0
    for signed in tree.streams:
        middle = at + signed.packets * DIGEST_SIZE
        end = middle + signed.packets * _TIME_SIZE
        digests = tuple(packed[it : it + DIGEST_SIZE] for it in range(at, middle, DIGEST_SIZE))
        times = struct.unpack(f">{signed.packets}q", packed[middle:end])
        streams.append(StreamPackets(signed.index, "", digests, times, signed.setup))
        at = end
    made = tree_of(streams)
    if made != tree:
        raise EncodingError("packet list", expected=_roots(tree), found=_roots(made))
    return tuple(streams)


def _pack_times(times: Sequence[int]) -> bytes:
    return struct.pack(f">{len(times)}q", *times)


def _roots(tree: MediaTree) -> str:
    return ", ".join(f"{it.root} with times {it.times}" for it in tree.streams)
