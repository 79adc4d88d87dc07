"""One piece of a recording, unaltered and in time: whether a stream-copied part is that.

1. Each stream of the part that is seen or heard belongs to one stream of the recording, and has
   its decoder set-up (CLIP_FOREIGN).
2. Each of its packets is one of that stream's (CLIP_FOREIGN).
3. They stand one after the other as recorded (CLIP_GAP).
4. They play at the recorded pace, and no stream is shifted against another (CLIP_RETIMED).

Not looked at: packets that a container holds and no reader is given, rotation, crop, metadata,
chapters; other kinds of streams are named as unchecked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from edge.evidence.media_tree import NO_TIME, StreamPackets
from edge.evidence.verify_report import Code, Fact

PACE_TOLERANCE = 2_000
"""Microseconds; containers round each time, Matroska to a millisecond."""

SHIFT_TOLERANCE = 100_000
"""Microseconds; a cut falls on a packet, and streams have packets of different length."""

SEEN_OR_HEARD = frozenset({"video", "audio", "subtitle"})
_DIGEST_SIZE = 32
_MOST_PLACES = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that does not hold; `stream` is that of the part."""

    code: Code
    stream: int
    expected: Fact
    found: Fact


@dataclass(frozen=True, slots=True)
class Placed:
    """A stream of the part, and the packets of the recording's stream that it is."""

    part: StreamPackets
    original: StreamPackets
    first: int

    @property
    def last(self) -> int:
        """One after its last packet."""
        return self.first + len(self.part.digests)

    def shifts(self) -> list[int]:
        """By how much each packet was moved in time, where both say when it is shown."""
        original = self.original.times[self.first : self.last]
        both = zip(self.part.times, original, strict=True)
        return [part - own for part, own in both if NO_TIME not in (part, own)]


@dataclass(frozen=True, slots=True)
class Trim:
    """What a part turned out to be: faults, placed streams, and streams nobody can judge."""

    faults: tuple[Fault, ...]
    placed: tuple[Placed, ...]
    unchecked: tuple[int, ...]


def place(part: Sequence[StreamPackets], recording: Sequence[StreamPackets]) -> Trim:
    """Take the four steps for each stream of the part that holds packets."""
    faults: list[Fault] = []
    options: list[list[Placed]] = []
    judged = [it for it in part if it.kind in SEEN_OR_HEARD]
    for stream in judged:
        found = _found(stream, recording, faults)
        if found:
            options.append(found)
    if not any(stream.digests for stream in judged):
        faults.append(Fault(Code.CLIP_FOREIGN, 0, "a packet of the recording", "none at all"))
    placed = list(_in_step(options))
    faults += _retimed(placed)
    unchecked = tuple(it.index for it in part if it.kind not in SEEN_OR_HEARD)
    return Trim(tuple(faults), tuple(placed), unchecked)


def _found(
    stream: StreamPackets, recording: Sequence[StreamPackets], faults: list[Fault]
) -> list[Placed]:
    """Every place where the stream may stand; else why it stands nowhere."""
    if not stream.digests:
        return []
    original = max(recording, key=lambda it: _common(stream, it), default=None)
    if original is None or not _common(stream, original):
        found = f"{len(stream.digests)} packets, none of them recorded"
        faults.append(Fault(Code.CLIP_FOREIGN, stream.index, "a stream of the recording", found))
        return []
    if stream.setup != original.setup:
        expected, found = f"decoder set-up {original.setup}", f"{stream.setup}"
        faults.append(Fault(Code.CLIP_FOREIGN, stream.index, expected, found))
    known = set(original.digests)
    for at, digest in enumerate(stream.digests):
        if digest not in known:
            found = f"packet {at} with SHA-256 {digest.hex()}"
            expected = f"packets of stream {original.index}"
            faults.append(Fault(Code.CLIP_FOREIGN, stream.index, expected, found))
            return []
    places = [Placed(stream, original, first) for first in _places(stream, original)]
    if not places:
        faults.append(_gap(stream, original))
    return places


def _common(stream: StreamPackets, original: StreamPackets) -> int:
    return len(set(stream.digests) & set(original.digests))


def _places(stream: StreamPackets, original: StreamPackets) -> Iterator[int]:
    """Where the packets stand in one piece; more than once where they repeat (silence)."""
    whole, part = b"".join(original.digests), b"".join(stream.digests)
    at = whole.find(part)
    found = 0
    while at >= 0 and found < _MOST_PLACES:
        if at % _DIGEST_SIZE == 0:
            yield at // _DIGEST_SIZE
            found += 1
        at = whole.find(part, at + 1)


def _gap(stream: StreamPackets, original: StreamPackets) -> Fault:
    """The longest piece from the start of the part, and what comes after it instead."""
    places: dict[bytes, list[int]] = {}
    for at, digest in enumerate(original.digests):
        places.setdefault(digest, []).append(at)
    heads = set(places[stream.digests[0]])
    length = 1
    while following := {it + 1 for it in heads} & set(places[stream.digests[length]]):
        heads = following
        length += 1
    last = min(heads)
    found = f"packet {places[stream.digests[length]][0]}, as packet {length} of the clip"
    expected = f"packet {last + 1} of stream {original.index}"
    return Fault(Code.CLIP_GAP, stream.index, expected, found)


def _in_step(options: Sequence[Sequence[Placed]]) -> Iterator[Placed]:
    """Of several possible places, the one that fits the stream with the fewest in time."""
    ordered = sorted(options, key=len)
    shift = _shift(ordered[0][0]) if ordered else 0
    for places in ordered:
        yield min(places, key=lambda it: abs(_shift(it) - shift))


def _shift(placed: Placed) -> int:
    shifts = sorted(placed.shifts()) or [0]
    return shifts[len(shifts) // 2]


def _retimed(placed: Sequence[Placed]) -> Iterator[Fault]:
    for it in placed:
        shifts = it.shifts()
        original = it.original.times[it.first : it.last]
        if len(shifts) < sum(1 for time in original if time != NO_TIME):
            expected, found = "a time for each packet", f"{len(shifts)} of {len(original)}"
            yield Fault(Code.CLIP_RETIMED, it.part.index, expected, found)
        elif shifts and max(shifts) - min(shifts) > PACE_TOLERANCE:
            found = f"packets moved by {min(shifts)} to {max(shifts)} microseconds"
            yield Fault(Code.CLIP_RETIMED, it.part.index, "the recorded pace", found)
    for it in placed[1:]:
        apart = _shift(it) - _shift(placed[0])
        if abs(apart) > SHIFT_TOLERANCE:
            expected = f"in step with stream {placed[0].part.index}"
            found = f"{apart} microseconds apart"
            yield Fault(Code.CLIP_RETIMED, it.part.index, expected, found)
