"""Group files: the envelopes of one commit, written once. They are the commit point.

`envelopes/<first leaf, 12 digits>-<count>.jsonl`; each line is canonical JSON with the
envelope exactly as received, when, and by whose topic. Everything else that central keeps
about the log is derived from these files and can be made again. Nothing here is ever
rewritten; a name that ends in `.partial` was never published and is not read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from central.errors import LogInconsistentError
from edge import durable
from edge.evidence.encoding import decode, encode
from edge.evidence.errors import EncodingError
from edge.evidence.instant import Instant

_NAME = re.compile(r"([0-9]{12})-([1-9][0-9]*)\.jsonl")
_LINE_LIMIT = 8 << 20  # an envelope of 1 MiB, escaped as a string


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An envelope on its way into the log; verified by whoever hands it over.

    `topic_station` is the station by whose topic it came; None for central's own.
    """

    raw_envelope: bytes
    received: Instant
    topic_station: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """One group file: leaves `first` to `first + count - 1`."""

    first: int
    count: int

    @property
    def end(self) -> int:
        return self.first + self.count

    @property
    def name(self) -> str:
        return f"{self.first:012d}-{self.count}.jsonl"


def groups_in(folder: Path) -> Iterator[Group]:
    """All groups, in order.

    Raises LogInconsistentError where leaves are missing between two of them, or are in
    two files.
    """
    names = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    found = sorted(Group(int(m[1]), int(m[2])) for m in names if m is not None)
    end = 0
    for group in found:
        if group.first != end:
            raise LogInconsistentError(
                expected=f"a group file that begins with leaf {end}",
                found=group.name,
                leaf=end,
            )
        end = group.end
        yield group


def discard_unpublished(folder: Path) -> None:
    """Remove temporary files that a kill left behind; only for who holds the folder."""
    for path in folder.glob(f".*{durable.TEMPORARY_SUFFIX}"):
        durable.discard_temporary(path)


def write(folder: Path, first: int, entries: Sequence[Entry]) -> Group:
    """Write one group, durably, before this returns. The same again changes nothing."""
    group = Group(first, len(entries))
    lines = b"".join(encode(_wire(entry)) + b"\n" for entry in entries)
    durable.write_once(folder / group.name, lines)
    return group


def read(folder: Path, group: Group) -> list[Entry]:
    """The entries of one group. Raises LogInconsistentError naming the bad line."""
    lines = (folder / group.name).read_bytes().split(b"\n")
    if len(lines) != group.count + 1 or lines.pop() != b"":
        raise LogInconsistentError(
            expected=f"{group.count} lines in {group.name}",
            found=f"{len(lines)} and no end",
            group=group.name,
        )
    return [_entry(line, group, at) for at, line in enumerate(lines)]


def _wire(entry: Entry) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "envelope": entry.raw_envelope.decode("utf-8"),
        "received": str(entry.received),
    }
    if entry.topic_station is not None:
        wire["topic_station"] = entry.topic_station
    return wire


def _entry(line: bytes, group: Group, at: int) -> Entry:
    try:
        wire = decode(line, limit=_LINE_LIMIT)
        return Entry(
            raw_envelope=wire["envelope"].encode("utf-8"),
            received=Instant.parse(wire["received"]),
            topic_station=wire.get("topic_station"),
        )
    except (EncodingError, KeyError, AttributeError) as bad:
        raise LogInconsistentError(
            expected=f"an envelope in line {at + 1} of {group.name}",
            found=str(bad),
            group=group.name,
            leaf=group.first + at,
        ) from bad
