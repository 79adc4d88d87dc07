"""A ZIP of a package that is never written: laid out from names, sizes and CRC-32s.

Stored, fixed times, in the order given, ZIP64 where a number needs it: the same package is
the same bytes, any byte range can be read alone, and footage is not copied a second time.
Source: PKWARE APPNOTE 6.3.10 (4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.5.3).
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_END_64 = struct.Struct("<IQHHIIQQQQ")
_LOCATOR_64 = struct.Struct("<IIQI")
_PLAIN, _ZIP64 = 20, 45
_MADE_BY_UNIX = 3 << 8 | _ZIP64
_UTF8_NAMES = 0x0800
_TIME, _DATE = 0, 0x0021  # 1980-01-01 00:00
_MODE = 0o100444 << 16
_FULL_16, _FULL_32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file of the archive."""

    name: str
    size: int
    crc: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes `start` to `start + length`: `data`, or the whole of the file `member`."""

    start: int
    length: int
    data: bytes = b""
    member: str | None = None


def lay_out(members: Sequence[Member]) -> tuple[Piece, ...]:
    """The archive from its first byte to its last."""
    pieces: list[Piece] = []
    directory = bytearray()
    at = 0
    for member in members:
        offset, header = at, _local_header(member)
        pieces.append(Piece(at, len(header), data=header))
        at += len(header)
        pieces.append(Piece(at, member.size, member=member.name))
        at += member.size
        directory += _central_header(member, offset)
    end = bytes(directory) + _end(len(members), len(directory), at)
    pieces.append(Piece(at, len(end), data=end))
    return tuple(pieces)


def size_of(pieces: Sequence[Piece]) -> int:
    return pieces[-1].start + pieces[-1].length


def cut(pieces: Sequence[Piece], begin: int, end: int) -> Iterator[tuple[Piece, int, int]]:
    """What makes up bytes [begin, end): each piece with the range inside it."""
    for piece in pieces:
        first, last = max(begin, piece.start), min(end, piece.start + piece.length)
        if first < last:
            yield piece, first - piece.start, last - piece.start


def _local_header(member: Member) -> bytes:
    name, wide = member.name.encode(), member.size >= _FULL_32
    extra = struct.pack("<HHQQ", 1, 16, member.size, member.size) if wide else b""
    shown = _FULL_32 if wide else member.size
    needed = _ZIP64 if wide else _PLAIN
    fixed = _LOCAL.pack(
        *(0x04034B50, needed, _UTF8_NAMES, 0, _TIME, _DATE),
        *(member.crc, shown, shown, len(name), len(extra)),
    )
    return fixed + name + extra


def _central_header(member: Member, offset: int) -> bytes:
    name = member.name.encode()
    wide = [member.size, member.size] if member.size >= _FULL_32 else []
    wide += [offset] if offset >= _FULL_32 else []
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    shown = min(member.size, _FULL_32)
    needed = _ZIP64 if wide else _PLAIN
    fixed = _CENTRAL.pack(
        *(0x02014B50, _MADE_BY_UNIX, needed, _UTF8_NAMES, 0, _TIME, _DATE),
        *(member.crc, shown, shown, len(name), len(extra)),
        *(0, 0, 0, _MODE, min(offset, _FULL_32)),
    )
    return fixed + name + extra


def _end(count: int, size: int, offset: int) -> bytes:
    shown = min(count, _FULL_16), min(size, _FULL_32), min(offset, _FULL_32)
    plain = _END.pack(0x06054B50, 0, 0, shown[0], shown[0], shown[1], shown[2], 0)
    if shown == (count, size, offset) and count < _FULL_16 and offset < _FULL_32:
        return plain
    wide = _END_64.pack(
        *(0x06064B50, _END_64.size - 12, _MADE_BY_UNIX, _ZIP64, 0, 0),
        *(count, count, size, offset),
    )
    return wide + _LOCATOR_64.pack(0x07064B50, 0, offset + size, 1) + plain
