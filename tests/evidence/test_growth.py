"""Consistency proofs as files, and what audit paths give away about other sizes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.consistency import Consistency, TreeState, consistency
from edge.evidence.digest import Digest
from edge.evidence.errors import InconsistentLogError
from edge.evidence.merkle import consistency_path, inclusion_path, leaf_hash, root_of
from edge.evidence.subtrees import KnownSubtrees

LEAVES = [leaf_hash(bytes([i])) for i in range(40)]


def state(size: int) -> TreeState:
    return TreeState(size, root_of(LEAVES[:size]))


def made(old: int, new: int) -> Consistency:
    return consistency("log.test/a", state(old), state(new), consistency_path(old, new, LEAVES))


@given(sizes=st.tuples(st.integers(1, 40), st.integers(1, 40)))
def test_proof_survives_its_file_and_leads_from_either_end_to_the_other(
    sizes: tuple[int, int],
) -> None:
    old, new = sorted(sizes)
    proof = Consistency.parse(made(old, new).to_text())
    proof.check()
    assert proof.beyond(state(old)) == state(new)
    assert proof.beyond(state(new)) == (state(old) if old != new else state(new))
    assert proof.beyond(TreeState(old, Digest.of(b"other"))) is None


def test_file_reads_as_specified() -> None:
    lines = made(2, 3).to_text().split("\n")
    assert lines[:2] == ["liuhen-consistency/v1", "log.test/a"]
    assert [line.split(" ")[:2] for line in lines[2:4]] == [["old", "2"], ["new", "3"]]
    assert (len(lines), lines[-1]) == (6, "")


def test_no_byte_of_the_file_can_change() -> None:
    raw = made(5, 9).to_text().encode()
    origin = raw.index(b"log.test/a")
    for at in range(len(raw)):
        other = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        if origin <= at < origin + 10:
            continue  # the name of the log: compared by whoever knows it
        with pytest.raises(InconsistentLogError):
            Consistency.parse(other.decode("utf-8", "replace")).check()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "liuhen-consistency/v2\na\n",
        made(2, 3).to_text().replace("log.test/a", ""),
        made(2, 3).to_text().replace("old 2", "old 02"),
        made(2, 3).to_text().replace("old 2", "old 9999999999999999"),
        made(2, 3).to_text().replace("old", "new"),
        made(2, 3).to_text()[:-1],
        made(2, 3).to_text() + "AAAA\n",
        made(2, 3).to_text() + ("A" * 43 + "=\n") * 130,
    ],
    ids=range(9),
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(InconsistentLogError):
        Consistency.parse(text)


def test_proof_that_proves_nothing_is_not_made() -> None:
    with pytest.raises(InconsistentLogError):
        consistency("log.test/a", state(2), state(3), [])


def known(size: int, indices: list[int]) -> KnownSubtrees:
    found = KnownSubtrees()
    for index in indices:
        found.add_path(LEAVES[index], index, size, inclusion_path(index, size, LEAVES))
    return found


@given(size=st.integers(1, 40), data=st.data())
def test_root_that_follows_from_paths_is_the_root(size: int, data: st.DataObject) -> None:
    indices = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=6))
    found = known(size, indices)
    for earlier in range(41):
        root = found.root_at(earlier)
        if root is not None:
            assert earlier <= size or earlier == 0
            assert root == root_of(LEAVES[:earlier])


@given(size=st.integers(1, 40), data=st.data())
def test_leaf_tells_the_root_at_its_own_place_and_after_it(size: int, data: st.DataObject) -> None:
    """A manifest that saw the log right before it was logged needs no other proof."""
    index = data.draw(st.integers(0, size - 1))
    found = known(size, [index])
    assert found.root_at(index) == root_of(LEAVES[:index])
    assert found.root_at(index + 1) == root_of(LEAVES[: index + 1])


def test_paths_of_a_forked_log_contradict_at_the_smallest_subtree() -> None:
    other = [*LEAVES[:6], leaf_hash(b"forged"), *LEAVES[7:]]
    first = known(12, [6, 9])
    second = KnownSubtrees()
    second.add_path(other[6], 6, 15, inclusion_path(6, 15, other))
    assert first.contradiction(second) == (0, 6)
    assert first.contradiction(first) is None


def test_subtrees_of_every_pair_of_leaves_agree_in_an_honest_log() -> None:
    for size, other in itertools.combinations(range(10, 20), 2):
        assert known(size, [3, 7]).contradiction(known(other, [2, 8])) is None
