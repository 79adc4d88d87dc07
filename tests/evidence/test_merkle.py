"""The tree is RFC 6962's: others' vectors, and properties of every proof."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.evidence.digest import Digest
from edge.evidence.errors import EvidenceError, InconsistentLogError, ProofError
from edge.evidence.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_from,
    consistency_path,
    inclusion_from,
    inclusion_path,
    leaf_data,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from tests.evidence.vectors import VECTORS, below, load

PROBES = "rfc6962-merkle-probes"
TREE = load("rfc6962-tree-constants", "tree.json")
INPUTS = [bytes.fromhex(text) for text in TREE["leaf_inputs_hex"]]
ROOTS = [Digest.parse(text) for text in TREE["root_hashes_hex_by_size"]]


def leaves(count: int) -> list[Digest]:
    return [leaf_hash(b"%d" % at) for at in range(count)]


def label(path: Path) -> str:
    return str(path.relative_to(VECTORS / PROBES))


def digest(text: str) -> Digest:
    return Digest(base64.b64decode(text or ""))


def path_of(probe: dict[str, Any]) -> list[Digest]:
    return [digest(node) for node in probe["proof"] or ()]


def probe_inclusion(probe: dict[str, Any]) -> None:
    verify_inclusion(
        digest(probe["leafHash"]),
        probe["leafIdx"],
        probe["treeSize"],
        path_of(probe),
        digest(probe["root"]),
    )


def probe_consistency(probe: dict[str, Any]) -> None:
    verify_consistency(
        probe["size1"],
        probe["size2"],
        path_of(probe),
        digest(probe["root1"]),
        digest(probe["root2"]),
    )


@pytest.mark.parametrize("path", below(PROBES, "inclusion"), ids=label)
def test_inclusion_probe_is_judged_as_its_authors_say(path: Path) -> None:
    probe = json.loads(path.read_text("utf-8"))
    if probe["wantErr"]:
        with pytest.raises(EvidenceError):
            probe_inclusion(probe)
    else:
        probe_inclusion(probe)


@pytest.mark.parametrize("path", below(PROBES, "consistency"), ids=label)
def test_consistency_probe_is_judged_as_its_authors_say(path: Path) -> None:
    probe = json.loads(path.read_text("utf-8"))
    not_a_digest = probe["root1"] == "ZG9uJ3QgY2FyZSAy"  # "don't care 2": 12 bytes, not 32
    if probe["wantErr"] or not_a_digest:
        with pytest.raises(EvidenceError):
            probe_consistency(probe)
    else:
        probe_consistency(probe)


@pytest.mark.parametrize("size", range(9))
def test_root_is_that_of_the_classic_tree(size: int) -> None:
    assert root_of(leaf_hash(data) for data in INPUTS[:size]) == ROOTS[size]


def test_hashes_are_those_of_the_classic_tree() -> None:
    _, empty_leaf, leaf, node = (Digest.parse(entry["hex"]) for entry in TREE["hasher"])
    assert leaf_hash(b"") == empty_leaf
    assert leaf_hash(b"L123456") == leaf
    assert Digest.of(b"\x01", b"N123", b"N456") == node


def test_leaf_data_is_a_label_and_the_envelope_digest() -> None:
    name = Digest.of(b"x")
    assert leaf_data(name) == b"liuhen-leaf-v1\n" + name.raw


def test_leaf_and_node_hashes_never_meet() -> None:
    left, right = leaves(2)
    assert leaf_hash(left.raw + right.raw) != node_hash(left, right)


@given(st.data())
@settings(deadline=None)
def test_every_leaf_is_proven_and_no_other_passes_for_it(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    every = leaves(size)
    path, root = inclusion_path(index, size, every), root_of(every)
    verify_inclusion(every[index], index, size, path, root)
    other = data.draw(st.integers(0, size - 1).filter(lambda at: at != index) | st.just(size))
    with pytest.raises(ProofError):
        verify_inclusion(leaf_hash(b"%d" % other), index, size, path, root)
    with pytest.raises(ProofError):
        verify_inclusion(every[index], other, size, path, root)


@given(st.data())
@settings(deadline=None)
def test_growth_is_proven_and_a_changed_past_is_not(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 300))
    old = data.draw(st.integers(1, new))
    every = leaves(new)
    path = consistency_path(old, new, every)
    old_root, new_root = root_of(every[:old]), root_of(every)
    verify_consistency(old, new, path, old_root, new_root)
    at = data.draw(st.integers(0, old - 1))
    forged = [*every[:at], leaf_hash(b"forged"), *every[at + 1 :]]
    with pytest.raises(InconsistentLogError):
        verify_consistency(old, new, consistency_path(old, new, forged), old_root, root_of(forged))


@given(st.integers(0, 300), st.integers(0, 40))
@settings(deadline=None)
def test_tree_restored_from_its_right_edge_grows_on(size: int, more: int) -> None:
    every = leaves(size + more)
    whole = Tree()
    for leaf in every[:size]:
        whole.append(leaf)
    from_edge = Tree(whole.size, whole.edge)
    from_nodes = Tree.restore(
        lambda level, index: root_of(every[index << level : (index + 1) << level]), size
    )
    for leaf in every[size:]:
        whole.append(leaf)
        from_edge.append(leaf)
        from_nodes.append(leaf)
    assert whole.root() == from_edge.root() == from_nodes.root() == root_of(every)
    assert whole.size == size + more


def test_proofs_read_only_a_handful_of_nodes() -> None:
    size, reads = (1 << 40) + 12345, []

    def reader(level: int, index: int) -> Digest:
        assert (index + 1) << level <= size, "a subtree that is not complete was asked for"
        reads.append((level, index))
        return Digest.of(b"%d/%d" % (level, index))

    inclusion_from(reader, 1 << 39, size)
    consistency_from(reader, (1 << 40) - 77, size)
    Tree.restore(reader, size)
    assert len(reads) < 200


def test_empty_tree_has_the_hash_of_nothing() -> None:
    assert Tree().root() == EMPTY_ROOT == Digest.of()


def test_impossible_requests_are_programming_errors() -> None:
    with pytest.raises(ValueError, match="index below 3"):
        inclusion_path(3, 3, leaves(3))
    with pytest.raises(ValueError, match="old"):
        consistency_path(0, 3, leaves(3))
    with pytest.raises(ValueError, match="edge"):
        Tree(3, leaves(1))
    with pytest.raises(ValueError, match="leaf hashes"):
        inclusion_path(0, 5, leaves(3))


def test_refusals_carry_their_codes() -> None:
    with pytest.raises(ProofError) as refused:
        verify_inclusion(leaves(1)[0], 0, 2, [], EMPTY_ROOT)
    assert refused.value.code == "LOG_NOT_INCLUDED"
    with pytest.raises(InconsistentLogError) as inconsistent:
        verify_consistency(0, 2, [], EMPTY_ROOT, EMPTY_ROOT)
    assert inconsistent.value.code == "LOG_INCONSISTENT"
