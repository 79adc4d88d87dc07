"""The agent against a real broker and a small real central, by its public commands."""

import hashlib
import os

import pytest

from edge.evidence.segments import recording_id
from tests.dock_agent.conftest import Place
from tests.dock_agent.tree import footage, os_path

pytestmark = pytest.mark.broker


def test_a_docked_camera_ends_stored_at_central(place: Place) -> None:
    files = footage(1, 0, 700, 3_000_001)
    place.agent.start()
    docking = place.tree.dock(place.tree.card(files))
    place.agent.until("stored", lambda: len(place.agent.named("stored")) == 3)
    assert sorted(place.central.vault) == sorted(
        {hashlib.sha256(c).hexdigest() for c in files.values()}
    )
    (inventory,) = place.central.inventories
    assert [e.path_bytes for e in inventory.entries] == sorted(files)
    order = [e["event"] for e in place.agent.events if e["event"] in {"inventory", "copying"}]
    assert order[0] == "inventory"
    (done,) = place.agent.named("docking_done")
    assert (done["outcome"], done["files"], done["new"]) == ("complete", 3, 3)
    place.agent.until("docking/v1", lambda: len(place.central.dockings) == 1)
    assert place.central.dockings[0].docking == docking
    inventory_digest = place.central.log[1].digest
    ids = {r.recording for r in place.central.recordings.values()}
    assert ids == {recording_id(inventory_digest, path) for path in files}


def test_the_same_card_again_is_known_by_content(place: Place) -> None:
    files = footage(2, 10, 2_000_000)
    card = place.tree.card(files)
    place.agent.start()
    place.tree.dock(card)
    place.stored(2)
    place.tree.undock()
    place.agent.until("vanished", lambda: bool(place.agent.named("vanished")))
    place.tree.dock(card, bay="2")
    place.closed(2)
    again = place.central.dockings[1]
    assert again.outcome == "nothing-new"
    assert {k.recording for k in again.known} == {
        r.recording for r in place.central.recordings.values()
    }
    assert len(place.central.recordings) == 2


def test_other_content_under_the_same_name_is_another_recording(place: Place) -> None:
    card = place.tree.card({b"DCIM/a.mp4": b"one" * 1000})
    place.agent.start()
    place.tree.dock(card)
    place.stored(1)
    place.tree.undock()
    before = (card / "DCIM/a.mp4").stat()
    (card / "DCIM/a.mp4").write_bytes(b"two" * 1000)
    os.utime(card / "DCIM/a.mp4", ns=(before.st_atime_ns, before.st_mtime_ns))
    place.tree.dock(card)
    place.stored(2)
    place.closed(2)
    assert place.central.dockings[1].outcome == "complete"
    assert len(place.central.vault) == 2


def test_unmarked_cameras_never_pass_for_one_another(place: Place) -> None:
    card = place.tree.card({b"a.mp4": b""})
    place.agent.start()
    place.tree.dock(card, serial=None)
    place.closed(1)
    place.tree.undock()
    place.tree.dock(card, serial=None)
    place.closed(2)
    assert [d.new for d in place.central.dockings] == [1, 1]


def test_names_that_are_no_text_are_kept_as_bytes(place: Place) -> None:
    name = b"DCIM/\xff\xfe\xb5.mp4"
    place.agent.start()
    place.tree.dock(place.tree.card({name: b"x", b"DCIM/empty.mp4": b""}))
    place.stored(2)
    by_path = {r.source.path_bytes: r for r in place.central.recordings.values()}
    assert by_path[name].source.path_raw == name
    assert "name-not-utf8" in by_path[name].flags
    assert "empty" in by_path[b"DCIM/empty.mp4"].flags


def test_important_files_go_first(place: Place) -> None:
    ordinary = b"DCIM/DCAM_LH001_012345_20261121_090200.mp4"
    important = b"DCIM/DCAM_LH001_012345_20261121_090300_IMP.mp4"
    place.agent.start()
    place.tree.dock(place.tree.card({ordinary: b"1", important: b"2"}))
    place.stored(2)
    assert [e["path"].encode() for e in place.agent.named("sealed")] == [important, ordinary]


def test_bays_work_side_by_side_in_one_chain(place: Place) -> None:
    place.agent.start()
    for bay in range(4):
        card = place.tree.card(footage(bay, 5_000_000, 10, 0), name=f"card{bay}")
        place.tree.dock(card, bay=str(bay), serial=f"LH00{bay}")
    place.stored(12)
    place.closed(4)
    assert len(place.central.recordings) == 12
    assert place.central.refused == []


def test_a_camera_pulled_in_mid_copy_is_closed_as_incomplete_and_taken_whole_later(
    place: Place,
) -> None:
    card = place.tree.card({b"DCIM/long.mp4": b"", b"DCIM/short.mp4": b"s"})
    os.truncate(os_path(card, b"DCIM/long.mp4"), 300_000_000)
    place.agent.start()
    place.tree.dock(card)
    place.agent.until("copying", lambda: any(e["bytes"] for e in place.agent.named("copying")))
    place.tree.undock()
    place.closed(1)
    first = place.central.dockings[0]
    assert first.outcome == "incomplete"
    assert {p.code for p in first.problems} == {"CAMERA_VANISHED"}
    assert "CAMERA_VANISHED" in place.codes()
    place.tree.dock(card)
    place.stored(2)
    place.closed(2)
    assert place.central.dockings[1].outcome == "complete"
    assert place.codes() == set()


def test_what_was_open_when_the_agent_died_and_is_gone_is_closed(place: Place) -> None:
    card = place.tree.card({b"DCIM/long.mp4": b""})
    os.truncate(os_path(card, b"DCIM/long.mp4"), 300_000_000)
    place.agent.start()
    place.tree.dock(card)
    place.agent.until("copying", lambda: any(e["bytes"] for e in place.agent.named("copying")))
    place.agent.kill()
    place.tree.undock()
    place.agent.start()
    place.closed(1)
    assert place.central.dockings[0].outcome == "incomplete"


def test_a_file_that_will_not_hold_still_is_kept_and_flagged(place: Place) -> None:
    card = place.tree.card({b"DCIM/live.mp4": b"a" * 1000})
    listed = (card / "DCIM/live.mp4").stat()
    place.agent.start()
    place.tree.dock(card)
    with (card / "DCIM/live.mp4").open("ab") as live:
        while not place.agent.named("sealed"):
            live.write(b"b" * 100)
            live.flush()
    place.stored(1)
    place.closed(1)
    (recording,) = place.central.recordings.values()
    assert "source-changed" in recording.flags
    assert recording.file.size >= listed.st_size
    assert {p.code for p in place.central.dockings[0].problems} == {"SOURCE_CHANGED"}
    assert hashlib.sha256(place.central.vault[str(recording.file.sha256)]).digest()


def test_what_a_card_holds_beside_files_is_said_and_not_followed(place: Place) -> None:
    card = place.tree.card({b"DCIM/a.mp4": b"a"})
    (card / "DCIM" / "link.mp4").symlink_to("/etc/passwd")
    place.agent.start()
    place.tree.dock(card)
    place.closed(1)
    (problem,) = place.central.dockings[0].problems
    assert (problem.code, problem.path) == ("LINK_NOT_FOLLOWED", "DCIM/link.mp4")
    assert place.central.dockings[0].outcome == "incomplete"


def test_heartbeats_tell_how_far_the_station_is(place: Place) -> None:
    place.agent.start()
    place.agent.until("heartbeat", lambda: bool(place.central.heartbeats))
    assert place.central.heartbeats[0].id == "dock-01"
    assert place.central.heartbeats[0].last_seq == 0


def test_sigterm_in_mid_copy_ends_within_five_seconds_and_resumes(place: Place) -> None:
    card = place.tree.card({b"DCIM/long.mp4": b""})
    os.truncate(os_path(card, b"DCIM/long.mp4"), 300_000_000)
    place.agent.start()
    place.tree.dock(card)
    place.agent.until("copying", lambda: any(e["bytes"] for e in place.agent.named("copying")))
    assert place.agent.terminate(5.0) == 0
    place.agent.start()
    place.stored(1)
    place.closed(1)
    assert len(place.central.inventories) == 1
    assert place.central.dockings[0].outcome == "complete"
