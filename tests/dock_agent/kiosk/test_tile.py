"""The verdict: only a closed, whole, sealed docking that is still in its bay is safe to take."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dock_agent.kiosk.facts import BayFacts, DockingFacts
from dock_agent.kiosk.progress import Progress
from dock_agent.kiosk.state import State, Verdict
from dock_agent.kiosk.tile import Around, tile
from dock_agent.ledger import DockingRow, Problem, Tally
from firmware_hooks.announcement import Announcement

DOCKING = "d0" * 16
AROUND = Around(running=True, broken=None, network=True, register=False)
SAID = Announcement(
    bay="1",
    docking=DOCKING,
    mount="/card",
    write_block="none",
    at="2026-11-23T00:00:00.000Z",
    serial="LH001",
)
ROW = DockingRow(
    docking=DOCKING,
    bay="1",
    camera_key="serial LH001 fs -",
    camera={"serial": "LH001", "profile": "dcam", "write_block": "none", "assigned": False},
    started="2026-11-23T00:00:00.000Z",
    state="closed",
    inventory="ab" * 32,
    outcome="complete",
    finished="2026-11-23T00:10:00.000Z",
)
STATES = ("listed", "copied", "sealed", "logged", "stored", "known", "failed")
PROVEN = {"sealed", "logged", "stored", "known"}


def bay(row: DockingRow = ROW, announced: Announcement | None = SAID, **tally) -> BayFacts:
    counted = Tally(**{"states": {"sealed": 2}, **tally})
    return BayFacts(bay="1", announced=announced, docking=DockingFacts(row=row, tally=counted))


def judged(facts: BayFacts, around: Around = AROUND, progress: Progress | None = None) -> State:
    return tile(facts, around, progress).state


counts = st.dictionaries(st.sampled_from(STATES), st.integers(0, 3))
codes = st.lists(st.sampled_from(["DISK_FULL", "SOURCE_CHANGED", "VAULT_FAILED"]), max_size=2)
subjects = st.sampled_from([f"docking {DOCKING}", f"scan {DOCKING}", "camera x", "broker"])


@given(
    states=counts,
    failed=codes,
    state=st.sampled_from(["open", "closed"]),
    outcome=st.sampled_from([None, "complete", "nothing-new", "incomplete", "new-word"]),
    noted=st.lists(subjects, max_size=2),
    station=st.tuples(
        st.booleans(), st.booleans(), st.sampled_from([None, "LEDGER_BAD"]), st.integers(0, 100)
    ),
)
def test_nothing_else_is_ever_safe(*, states, failed, state, outcome, noted, station) -> None:
    here, running, broken, done = station
    row = replace(ROW, state=state, outcome=outcome)
    facts = bay(row, SAID if here else None, states=states, codes=tuple(failed), size=100)
    problems = tuple(Problem(subject=each, code="X_Y", docking=DOCKING) for each in noted)
    facts = replace(facts, docking=replace(facts.docking, problems=problems))
    around = replace(AROUND, running=running, broken=broken)
    shown = tile(facts, around, Progress(done=done, size=100, rate=1))
    proven = not {name for name, n in states.items() if n} - PROVEN
    of_card = [each for each in noted if DOCKING in each]
    safe = (
        here
        and state == "closed"
        and outcome in {"complete", "nothing-new"}
        and proven
        and not failed
        and not of_card
    )
    assert (shown.verdict is Verdict.TAKE) == safe


def test_a_docking_of_another_announcement_says_nothing_about_this_camera() -> None:
    other = replace(SAID, docking="e1" * 16)
    facts = BayFacts(bay="1", announced=other)
    assert judged(facts) is State.DETECTED
    assert tile(facts, AROUND, None).verdict is Verdict.STAY


def test_a_file_that_a_retry_put_back_makes_the_camera_stay() -> None:
    assert judged(bay(states={"stored": 2, "listed": 1})) is State.COPYING


@pytest.mark.parametrize(
    ("states", "outcome", "stored", "network", "expected"),
    [
        ({"stored": 2}, "complete", 2, True, State.STORED),
        ({"sealed": 2}, "complete", 0, True, State.SENDING),
        ({"sealed": 1, "stored": 1}, "complete", 1, False, State.WAITING),
        ({"known": 2}, "nothing-new", 0, False, State.NOTHING_NEW),
        ({}, "nothing-new", 0, True, State.EMPTY),
    ],
)
def test_safe_says_where_the_footage_is(states, outcome, stored, network, expected) -> None:
    facts = bay(replace(ROW, outcome=outcome), states=states, stored=stored)
    assert judged(facts, replace(AROUND, network=network)) is expected


def test_events_move_the_bar_and_no_verdict() -> None:
    open_row = replace(ROW, state="open", outcome=None)
    facts = bay(open_row, states={"listed": 1, "sealed": 1}, size=100, proven=40)
    shown = tile(facts, AROUND, Progress(done=100, size=100, rate=10))
    assert (shown.state, shown.verdict) == (State.COPYING, Verdict.STAY)
    assert (shown.done, shown.seconds_left) == (100, 0)
    assert tile(facts, AROUND, None).done == 40


def test_an_empty_bay_asks_for_the_camera_that_left_too_early() -> None:
    gone = Problem(subject="camera x", code="CAMERA_VANISHED", docking=DOCKING, bay="1")
    facts = bay(replace(ROW, outcome="incomplete"), None, states={"failed": 1})
    asked = replace(facts, docking=replace(facts.docking, problems=(gone,)))
    assert judged(asked) is State.PULLED
    assert judged(facts) is State.IDLE
    assert judged(bay(replace(ROW, state="open"), None)) is State.PULLED


def test_an_empty_bay_is_out_of_use_while_the_agent_is_down() -> None:
    down = replace(AROUND, running=False)
    assert judged(BayFacts(bay="1"), down) is State.OUT
    assert judged(BayFacts(bay="1"), replace(AROUND, broken="LEDGER_BAD")) is State.OUT


def test_without_a_register_only_a_camera_that_says_nothing_is_unregistered() -> None:
    silent = {"profile": "generic", "write_block": "none", "assigned": False}
    assert not tile(bay(), AROUND, None).unregistered
    assert tile(bay(replace(ROW, camera=silent)), AROUND, None).unregistered
    kept = replace(AROUND, register=True)
    assert tile(bay(), kept, None).unregistered
    listed = replace(ROW, camera={**ROW.camera, "assigned": True})
    assert not tile(bay(listed), kept, None).unregistered
