"""A consistency proof as a file of its own: two states of one log, and that one extends the other.

Our own format, for C2SP has none; hashes and order are those of RFC 6962. Both roots stand in
it, so that whoever trusts one of them has the other proven. Says nothing about signatures.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from edge.evidence.digest import DIGEST_SIZE, Digest
from edge.evidence.encoding import MAX_INTEGER, decode_base64, encode_base64
from edge.evidence.errors import EncodingError, InconsistentLogError
from edge.evidence.merkle import verify_consistency

_HEADER = "liuhen-consistency/v1"
_STATE = re.compile(r"(old|new) ([1-9][0-9]{0,15}) (\S+)")
_MOST_HASHES = 128


@dataclass(frozen=True, slots=True)
class TreeState:
    """A size and the root at that size."""

    size: int
    root: Digest


@dataclass(frozen=True, slots=True)
class Consistency:
    """A claim until `check` was called: `new` extends `old`, both of the log `origin`."""

    origin: str
    old: TreeState
    new: TreeState
    path: tuple[Digest, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the file. Raises InconsistentLogError for any other spelling, too."""
        lines = text.removesuffix("\n").split("\n")
        if len(lines) < 4 or lines[0] != _HEADER or not lines[1]:
            raise _bad(f"{_HEADER}, an origin, old and new", lines[0])
        if len(lines) > 4 + _MOST_HASHES:
            raise _bad(f"at most {_MOST_HASHES} hashes", str(len(lines) - 4))
        old, new = _state("old", lines[2]), _state("new", lines[3])
        found = cls(lines[1], old, new, tuple(_hash(line) for line in lines[4:]))
        if found.to_text() != text:
            raise _bad("one newline after each line", "another spelling")
        return found

    def to_text(self) -> str:
        """The file: header, origin, both states, and the path, lowest node first."""
        states = [
            f"{name} {it.size} {encode_base64(it.root.raw)}"
            for name, it in (("old", self.old), ("new", self.new))
        ]
        hashes = [encode_base64(node.raw) for node in self.path]
        return "\n".join([_HEADER, self.origin, *states, *hashes, ""])

    def check(self) -> None:
        """Raise InconsistentLogError (LOG_INCONSISTENT) unless the path proves it."""
        verify_consistency(self.old.size, self.new.size, self.path, self.old.root, self.new.root)

    def beyond(self, known: TreeState) -> TreeState | None:
        """The other end, where `known` is one end; None where it is neither."""
        if known == self.old:
            return self.new
        return self.old if known == self.new else None


def consistency(origin: str, old: TreeState, new: TreeState, path: Sequence[Digest]) -> Consistency:
    """A checked proof to put into a package. Raises InconsistentLogError where it is none."""
    made = Consistency(origin, old, new, tuple(path))
    made.check()
    return made


def _state(name: str, line: str) -> TreeState:
    match = _STATE.fullmatch(line)
    if match is None or match[1] != name or int(match[2]) > MAX_INTEGER:
        raise _bad(f"{name} <size> <root in base64>", line)
    return TreeState(int(match[2]), _hash(match[3]))


def _hash(line: str) -> Digest:
    try:
        return Digest(decode_base64(line, limit=DIGEST_SIZE))
    except EncodingError as bad:
        raise _bad("a hash of 32 bytes in base64", line) from bad


def _bad(expected: str, found: str) -> InconsistentLogError:
    return InconsistentLogError("consistency proof", expected=expected, found=found)
