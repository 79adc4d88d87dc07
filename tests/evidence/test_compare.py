"""Two packages of one log: consistent, or the log signed two histories, or not to be told."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from edge.evidence.__main__ import main
from edge.evidence.compare import CompareError, Outcome, compare, tell_comparison, view_of
from edge.evidence.consistency import TreeState, consistency
from edge.evidence.encoding import encode, encode_base64
from edge.evidence.errors import CheckpointError
from edge.evidence.merkle import consistency_path, root_of
from edge.evidence.package import CHECKPOINT, build
from edge.evidence.signers import Ed25519Signer
from edge.evidence.verify_source import MemorySource
from tests.evidence.makers import ORIGIN, enrolment
from tests.evidence.package_makers import Desk, flipped, honest

Files = dict[str, bytes]


@pytest.fixture
def desk() -> Desk:
    return honest()


def grown(desk: Desk, *, forged: int | None = None) -> Desk:
    """Later, with another export; `forged` is a leaf that is another one now."""
    later = replace(desk, log=list(desk.log))
    if forged is not None:
        other = enrolment("station", "forged", Ed25519Signer.generate())
        later.put(other, later.site.root)
        later.log[forged] = later.log.pop()
    for i in range(9):
        later.put(enrolment("station", f"more-{i}", Ed25519Signer.generate()), later.site.root)
    later.export(list(later.contents), export="f0" * 8)
    return later


def packed(desk: Desk, *, only_last: bool = False, since: int | None = None) -> Files:
    """`only_last`: nothing but the last export and what it needs; `since`: a growth proof."""
    leaves = desk.leaf_hashes()
    exhibits = desk.exhibits()
    if only_last:
        names = set(desk.contents)
        exhibits = [it for it in exhibits if it.envelope.digest in names] + exhibits[-1:]
    proofs = []
    if since is not None:
        states = [TreeState(it, root_of(leaves[:it])) for it in (since, len(leaves))]
        path = consistency_path(since, len(leaves), leaves)
        proofs = [consistency(ORIGIN, states[0], states[1], path)]
    package = build(
        exhibits,
        checkpoint=desk.site.checkpoint(leaves),
        leaves=desk.leaves(),
        consistency=proofs,
    )
    return dict(package.files)


def outcome(desk: Desk, one: Files, other: Files) -> Outcome:
    views = [view_of(MemorySource(it), desk.policy()) for it in (one, other)]
    found = compare(views[0], views[1])
    assert compare(views[1], views[0]).outcome is found.outcome
    return found.outcome


def test_same_package_is_consistent_with_itself(desk: Desk) -> None:
    assert outcome(desk, packed(desk), packed(desk)) is Outcome.CONSISTENT


def test_later_package_that_holds_the_earlier_export_is_consistent(desk: Desk) -> None:
    assert outcome(desk, packed(desk), packed(grown(desk))) is Outcome.CONSISTENT


def test_growth_proof_alone_is_enough(desk: Desk) -> None:
    later = packed(grown(desk), only_last=True, since=len(desk.log))
    assert outcome(desk, packed(desk), later) is Outcome.CONSISTENT


def test_without_anything_that_leads_over_it_is_undecided(desk: Desk) -> None:
    later = packed(grown(desk), only_last=True)
    assert outcome(desk, packed(desk, only_last=True), later) is Outcome.UNDECIDED


@pytest.mark.parametrize("leaf", [0, 3, -1])
def test_another_leaf_at_one_place_is_a_split_view(desk: Desk, leaf: int) -> None:
    at = leaf % len(desk.log)
    first = packed(desk)
    second = packed(grown(desk, forged=at))
    views = [view_of(MemorySource(it), desk.policy()) for it in (first, second)]
    found = compare(views[0], views[1])
    assert (found.outcome, found.leaves) == (Outcome.SPLIT_VIEW, (at, at + 1))


def test_same_size_and_other_root_is_a_split_view(desk: Desk) -> None:
    other = replace(desk, log=[*desk.log[:-1]])
    other.export(list(desk.contents), purpose="told to somebody else")
    views = [
        view_of(MemorySource({CHECKPOINT: packed(it)[CHECKPOINT]}), desk.policy())
        for it in (desk, other)
    ]
    found = compare(views[0], views[1])
    assert (found.outcome, found.leaves) == (Outcome.SPLIT_VIEW, (0, len(desk.log)))
    wire = found.to_wire()
    assert wire["verdict"]["code"] == "SPLIT_VIEW"
    assert wire["checkpoints"] == [view.note for view in views]
    told = tell_comparison(found)
    assert all(view.note in told for view in views)


def test_growth_that_leaves_out_the_earlier_state_is_a_split_view(desk: Desk) -> None:
    """Nothing in common but sizes: the proof itself convicts."""
    later = packed(grown(desk, forged=7), only_last=True, since=len(desk.log))
    assert outcome(desk, packed(desk, only_last=True), later) is Outcome.SPLIT_VIEW


def test_altered_proofs_are_passed_over(desk: Desk) -> None:
    files = packed(desk)
    broken = {
        name: flipped(data, 3) if name.endswith(".tlog-proof") else data
        for name, data in files.items()
    }
    assert outcome(desk, files, broken) is Outcome.CONSISTENT


def test_two_logs_are_not_comparable(desk: Desk) -> None:
    files = packed(desk)
    note = files[CHECKPOINT].decode().replace(ORIGIN, "other.test/log")
    views = [view_of(MemorySource(it), None) for it in (files, {CHECKPOINT: note.encode()})]
    with pytest.raises(CompareError):
        compare(views[0], views[1])
    with pytest.raises(CompareError):
        view_of(MemorySource({}), None)


def test_checkpoint_that_the_log_did_not_sign_is_refused_under_a_policy(desk: Desk) -> None:
    size = f"\n{len(desk.log)}\n".encode()
    forged = {CHECKPOINT: packed(desk)[CHECKPOINT].replace(size, b"\n2\n")}
    with pytest.raises(CheckpointError):
        view_of(MemorySource(forged), desk.policy())
    assert not view_of(MemorySource(forged), None).signed


# The command


def placed(folder: Path, files: Files) -> str:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return str(folder)


def trust(desk: Desk, folder: Path) -> str:
    root = {
        "name": "r",
        "algorithm": "ed25519",
        "public": encode_base64(desk.site.root.public),
    }
    wire = {
        "format": "liuhen-trust-policy/v1",
        "roots": [root],
        "logs": [{"origin": ORIGIN, "vkey": desk.site.log.vkey}],
        "witnesses": [],
        "quorum": {"stations": 0, "outsiders": 0},
        "tsa": [],
    }
    return placed(folder, {"policy.json": encode(wire)})


def test_command_says_consistent_split_and_undecided_by_its_exit_code(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = placed(tmp_path / "a", packed(desk))
    known = ["--trust", trust(desk, tmp_path / "trust")]
    good = placed(tmp_path / "b", packed(grown(desk)))
    assert main(["compare", first, good, *known]) == 0
    assert "consistent" in capsys.readouterr().out
    assert main(["compare", first, good, "--json"]) == 0
    assert "verdict" not in json.loads(capsys.readouterr().out)

    split = placed(tmp_path / "c", packed(grown(desk, forged=3)))
    assert main(["compare", first, split, *known, "--json"]) == 1
    wire = json.loads(capsys.readouterr().out)
    assert (wire["outcome"], wire["signed"]) == ("split-view", True)
    assert wire["verdict"]["leaves"] == [3, 4]

    assert main(["compare", first, split]) == 1
    assert "No signature was checked" in capsys.readouterr().out

    short = placed(tmp_path / "d", packed(grown(desk), only_last=True))
    lone = placed(tmp_path / "e", packed(desk, only_last=True))
    assert main(["compare", lone, short, *known]) == 2
    assert "undecided" in capsys.readouterr().out


def test_command_refuses_what_it_cannot_compare(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = placed(tmp_path / "a", packed(desk))
    assert main(["compare", first, str(tmp_path / "none")]) == 2
    assert "PACKAGE_NOT_FOUND" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert main(["compare", first, str(tmp_path / "empty"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "NOT_COMPARABLE"
    note = packed(desk)[CHECKPOINT].decode().replace(ORIGIN, "other.test/log")
    other = placed(tmp_path / "b", {CHECKPOINT: note.encode()})
    assert main(["compare", first, other]) == 2
    known = trust(desk, tmp_path / "trust")
    assert main(["compare", first, other, "--trust", known]) == 2
    assert "LOG_SIG_BAD" in capsys.readouterr().err
