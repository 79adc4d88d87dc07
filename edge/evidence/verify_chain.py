"""Step 5: each station's statements follow one another.

A package holds pieces of a chain: each recording's manifest and the statement before it.
That nothing stands between the two is proven; what other pieces hold is not known here.
"""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from edge.evidence.chain import ChainHead, check_next
from edge.evidence.digest import Digest
from edge.evidence.errors import ChainError
from edge.evidence.package import envelope_path
from edge.evidence.statement import StationLink
from edge.evidence.verify_report import Code, Findings, StepName, Verdict
from edge.evidence.verify_signatures import Authentic, verdict_of


@dataclass(frozen=True, slots=True)
class ChainPiece:
    """One chained statement; `index` is its proven place in the log."""

    digest: Digest
    link: StationLink
    index: int | None


def check_chains(
    authentic: Authentic,
    indices: Mapping[Digest, int],
    exported: AbstractSet[Digest],
    findings: Findings,
) -> None:
    """Look for gaps, forks and rollbacks in what the package holds of each chain."""
    since = len(findings.verdicts)
    stations: dict[str, list[ChainPiece]] = defaultdict(list)
    for digest, verified in authentic.verified.items():
        link = verified.statement.link
        if link is not None:
            piece = ChainPiece(digest, link, indices.get(digest))
            stations[link.id].append(piece)
    unchecked = 0
    for pieces in stations.values():
        pieces.sort(key=_in_order)
        single = _check_forks(pieces, findings)
        _check_order_in_log(single, findings)
        unchecked += _check_links(single, exported, authentic, findings)
    findings.end_step(StepName.CHAIN, since=since, unchecked=unchecked, stations=len(stations))


def _in_order(piece: ChainPiece) -> tuple[int, bool, int, Digest]:
    """By place in the chain; among rivals for one place, the one logged first."""
    return piece.link.seq, piece.index is None, piece.index or 0, piece.digest


def _check_forks(pieces: list[ChainPiece], findings: Findings) -> list[ChainPiece]:
    """5a. One statement for each sequence number; returns the first for each."""
    seen: dict[int, ChainPiece] = {}
    for piece in pieces:
        first = seen.setdefault(piece.link.seq, piece)
        if first is not piece:
            findings.add(
                Verdict(
                    code=Code.CHAIN_FORK,
                    file=envelope_path(piece.digest),
                    expected=str(first.digest),
                    found=str(piece.digest),
                )
            )
    return list(seen.values())


def _check_order_in_log(pieces: list[ChainPiece], findings: Findings) -> None:
    """5b. What comes later in the log comes later in the chain."""
    logged = [piece for piece in pieces if piece.index is not None]
    logged.sort(key=lambda piece: piece.index or 0)
    highest = -1
    for piece in logged:
        if piece.link.seq < highest:
            findings.add(
                Verdict(
                    code=Code.CHAIN_ROLLBACK,
                    file=envelope_path(piece.digest),
                    expected=f"a seq above {highest}",
                    found=piece.link.seq,
                )
            )
        highest = max(highest, piece.link.seq)


def _check_links(
    pieces: list[ChainPiece],
    exported: AbstractSet[Digest],
    authentic: Authentic,
    findings: Findings,
) -> int:
    """5c. Each statement names the one before it, and an exported one has it beside it."""
    by_seq = {piece.link.seq: piece for piece in pieces}
    unchecked = 0
    for piece in pieces:
        before = by_seq.get(piece.link.seq - 1)
        if before is None and piece.link.seq > 0:
            if piece.digest in exported and authentic.damaged:
                unchecked += 1
            elif piece.digest in exported:
                findings.add(_gap(piece))
            continue
        head = None if before is None else ChainHead(before.link.seq, before.digest)
        try:
            check_next(head, piece.link)
        except ChainError as error:
            file = envelope_path(piece.digest)
            findings.add(verdict_of(error, file=file, otherwise=Code.CHAIN_GAP))
    return unchecked


def _gap(piece: ChainPiece) -> Verdict:
    return Verdict(
        code=Code.CHAIN_GAP,
        file=envelope_path(piece.digest),
        expected=f"seq {piece.link.seq - 1}, envelope {piece.link.prev}",
        found="none",
    )
