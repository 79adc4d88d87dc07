"""A chain goes on by exactly one, or the refusal says how it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.chain import NO_PREVIOUS, ChainHead, StationLink, check_next, next_link
from edge.evidence.digest import Digest
from edge.evidence.errors import (
    ChainError,
    ChainForkError,
    ChainGapError,
    ChainRollbackError,
)

BOOT = "0b" * 16
heads = (
    st.none()
    | st.just(ChainHead(-1, None))
    | st.builds(
        ChainHead,
        st.integers(0, 2**40),
        st.binary(min_size=32, max_size=32).map(Digest),
    )
)


def link(seq: int, prev: Digest = NO_PREVIOUS) -> StationLink:
    return StationLink(id="dock-01", boot=BOOT, seq=seq, prev=prev)


@given(heads, st.integers(1, 20))
def test_every_next_link_follows(head: ChainHead | None, count: int) -> None:
    for at in range(count):
        made = next_link(head, station="dock-01", boot=BOOT)
        check_next(head, made)
        head = ChainHead(made.seq, Digest.of(b"envelope %d" % at))


@given(heads, st.integers(0, 2**41), st.binary(min_size=32, max_size=32).map(Digest))
def test_nothing_else_follows(head: ChainHead | None, seq: int, prev: Digest) -> None:
    right = next_link(head, station="dock-01", boot=BOOT)
    if (seq, prev) == (right.seq, right.prev):
        return
    with pytest.raises(ChainError) as refused:
        check_next(head, link(seq, prev))
    kinds = {True: ChainGapError, False: ChainRollbackError}
    kind = ChainForkError if seq == right.seq else kinds[seq > right.seq]
    assert type(refused.value) is kind
    assert refused.value.facts["expected_seq"] == right.seq
    assert refused.value.facts["seq"] == seq
    assert refused.value.facts["station"] == "dock-01"


def test_first_link_has_seq_0_and_no_previous() -> None:
    assert next_link(None, station="dock-01", boot=BOOT) == link(0, Digest(bytes(32)))


def test_dropped_statement_is_a_gap() -> None:
    with pytest.raises(ChainGapError, match="expected seq 5, found seq 6") as refused:
        check_next(ChainHead(4, Digest.of(b"4")), link(6, Digest.of(b"5")))
    assert refused.value.code == "CHAIN_GAP"


def test_another_history_is_a_fork() -> None:
    with pytest.raises(ChainForkError) as refused:
        check_next(ChainHead(4, Digest.of(b"4")), link(5, Digest.of(b"another 4")))
    assert refused.value.code == "CHAIN_FORK"


def test_used_number_is_a_rollback() -> None:
    with pytest.raises(ChainRollbackError) as refused:
        check_next(ChainHead(4, Digest.of(b"4")), link(0))
    assert refused.value.code == "CHAIN_ROLLBACK"


@pytest.mark.parametrize(("seq", "digest"), [(0, None), (-1, Digest.of()), (-2, None)])
def test_a_head_has_a_digest_exactly_from_seq_0(seq: int, digest: Digest | None) -> None:
    with pytest.raises(ValueError, match="seq 0"):
        ChainHead(seq, digest)
