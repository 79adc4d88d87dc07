from dataclasses import replace
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from dock_agent.bays import BayEvent, BayProblem, Bays, BayWatch, Docked, Undocked
from firmware_hooks.announcement import Announcement, announce, retract

FIRST = Announcement(
    bay="3",
    docking="ab" * 16,
    mount="/run/bays/3",
    write_block="kernel",
    at="2026-11-23T08:30:15.123Z",
    serial="S1",
)
NEXT = replace(FIRST, docking="cd" * 16, serial="S2")
OTHER = replace(FIRST, bay="4", docking="ef" * 16)
SOON = 10.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "announcements"
    made.mkdir()
    return made


def test_what_was_announced_before_is_told_first(folder: Path) -> None:
    announce(FIRST, folder)
    announce(OTHER, folder)
    assert Bays(folder).look() == [Docked(FIRST), Docked(OTHER)]


def test_an_announcement_is_told_once(folder: Path) -> None:
    announce(FIRST, folder)
    bays = Bays(folder)
    assert bays.look() == [Docked(FIRST)]
    assert bays.look() == []
    announce(FIRST, folder)  # written again, nothing new in it
    assert bays.look() == []


def test_a_retracted_one_is_undocked(folder: Path) -> None:
    announce(FIRST, folder)
    bays = Bays(folder)
    bays.look()
    assert retract("3", folder)
    assert bays.look() == [Undocked("3", FIRST.docking)]
    assert bays.look() == []


def test_another_docking_in_the_bay_undocks_the_one_before(folder: Path) -> None:
    announce(FIRST, folder)
    bays = Bays(folder)
    bays.look()
    announce(NEXT, folder)
    assert bays.look() == [Undocked("3", FIRST.docking), Docked(NEXT)]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"format":"liuhen-announcement/v1"}']
)
def test_a_malformed_one_is_a_problem_told_once(folder: Path, content: bytes) -> None:
    (folder / "3.json").write_bytes(content)
    bays = Bays(folder)
    (event,) = bays.look()
    assert isinstance(event, BayProblem)
    assert event.bay == "3"
    assert event.problem.code == "ANNOUNCEMENT_MALFORMED"
    assert bays.look() == []


def test_a_malformed_one_undocks_whom_it_replaced(folder: Path) -> None:
    announce(FIRST, folder)
    bays = Bays(folder)
    bays.look()
    (folder / "3.json").write_bytes(b"not json")
    undocked, problem = bays.look()
    assert undocked == Undocked("3", FIRST.docking)
    assert isinstance(problem, BayProblem)
    announce(NEXT, folder)
    assert bays.look() == [Docked(NEXT)]


def test_one_that_speaks_for_another_bay_is_refused(folder: Path) -> None:
    announce(FIRST, folder).rename(folder / "9.json")
    (event,) = Bays(folder).look()
    assert isinstance(event, BayProblem)
    assert "'3'" in event.problem.found


def test_what_is_no_plain_file_is_not_opened(folder: Path) -> None:
    (folder / "3.json").symlink_to("/dev/zero")
    (folder / "4.json").mkdir()
    events = Bays(folder).look()
    assert all(isinstance(event, BayProblem) for event in events)
    assert len(events) == 2


def test_half_written_and_foreign_files_say_nothing(folder: Path) -> None:
    (folder / ".3.json").write_bytes(b"")
    (folder / ".3.0011.partial").write_bytes(b"{")
    (folder / "README").write_bytes(b"")
    assert Bays(folder).look() == []


def test_a_folder_that_is_gone_undocks_all(folder: Path) -> None:
    announce(FIRST, folder)
    bays = Bays(folder)
    bays.look()
    folder.rename(folder.with_name("elsewhere"))
    assert bays.look() == [Undocked("3", FIRST.docking)]


# --- the watcher: real inotify


def told(events: "SimpleQueue[BayEvent]") -> BayEvent:
    return events.get(timeout=SOON)


def test_the_watcher_tells_of_docks_and_undocks_as_they_happen(tmp_path: Path) -> None:
    events: SimpleQueue[BayEvent] = SimpleQueue()
    folder = tmp_path / "not" / "there" / "yet"
    with BayWatch(folder, events, rescan_seconds=600):
        announce(FIRST, folder)
        assert told(events) == Docked(FIRST)
        announce(NEXT, folder)
        assert told(events) == Undocked("3", FIRST.docking)
        assert told(events) == Docked(NEXT)
        retract("3", folder)
        assert told(events) == Undocked("3", NEXT.docking)
    with pytest.raises(Empty):
        events.get_nowait()


def test_the_slow_rescan_finds_what_inotify_missed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BayWatch, "on_any_event", lambda *_: None)
    events: SimpleQueue[BayEvent] = SimpleQueue()
    with BayWatch(folder, events, rescan_seconds=0.05):
        announce(FIRST, folder)
        assert told(events) == Docked(FIRST)


def test_the_watcher_ends_at_once(folder: Path) -> None:
    events: SimpleQueue[BayEvent] = SimpleQueue()
    with BayWatch(folder, events, rescan_seconds=600) as watch:
        pass
    assert not watch._thread.is_alive()
