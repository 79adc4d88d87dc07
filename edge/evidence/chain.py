"""A station's chain: every chained statement names the one before it.

`seq` counts from 0 over all boots of a station; `prev` is the digest of the station's
previous chained envelope. Whether a boot may speak is the epoch key's matter. Whoever
receives an envelope twice must notice that by its digest before asking here.
"""

from dataclasses import dataclass

from edge.evidence.digest import Digest
from edge.evidence.errors import (
    ChainError,
    ChainForkError,
    ChainGapError,
    ChainRollbackError,
)
from edge.evidence.statement import NO_PREVIOUS, StationLink

__all__ = ["NO_PREVIOUS", "ChainHead", "StationLink", "check_next", "next_link"]


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last statement of a chain: its `seq`, and the digest of its envelope.

    ``ChainHead(-1, None)`` is a chain without statements, the same as None.
    """

    seq: int
    digest: Digest | None

    def __post_init__(self) -> None:
        if self.seq < -1 or (self.seq == -1) != (self.digest is None):
            message = f"expected a digest exactly from seq 0, found seq {self.seq}"
            raise ValueError(message)


def next_link(head: ChainHead | None, *, station: str, boot: str) -> StationLink:
    """The link of the statement that comes after `head`."""
    seq, prev = _expected(head)
    return StationLink(id=station, boot=boot, seq=seq, prev=prev)


def check_next(head: ChainHead | None, link: StationLink) -> None:
    """Refuse unless `link` comes right after `head`.

    Raises ChainGapError (fact `expected_seq`), ChainRollbackError where the number was
    used before, ChainForkError where the number fits and `prev` does not.
    """
    seq, prev = _expected(head)
    if link.seq > seq:
        raise _refusal(ChainGapError, link, f"seq {seq}", f"seq {link.seq}", seq)
    if link.seq < seq:
        raise _refusal(ChainRollbackError, link, f"seq {seq}", f"seq {link.seq}", seq)
    if link.prev != prev:
        raise _refusal(ChainForkError, link, f"prev {prev}", f"prev {link.prev}", seq)


def _expected(head: ChainHead | None) -> tuple[int, Digest]:
    if head is None or head.digest is None:
        return 0, NO_PREVIOUS
    return head.seq + 1, head.digest


def _refusal(
    kind: type[ChainError], link: StationLink, expected: str, found: str, seq: int
) -> ChainError:
    return kind(
        f"chain of {link.id}",
        expected=expected,
        found=found,
        station=link.id,
        seq=link.seq,
        expected_seq=seq,
    )
