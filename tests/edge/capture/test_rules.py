"""The recorder's decisions and small parts, without a process or a device."""

import json

import pytest

from edge.capture.dockings import Docking, announce_card, dockings_in
from edge.capture.errors import ConfigError, SpoolError, SpoolFullError
from edge.capture.feed import Block, Feed
from edge.capture.source_clock import SourceClock
from edge.capture.spool import RESERVE, Spool
from edge.capture.turns import MAXIMUM, UNDOCKED, Turns
from edge.config import MIB, load
from edge.evidence.instant import Instant
from firmware_hooks import announcement

AT = Instant.parse("2026-11-23T08:30:15.123Z")


def docking(number: int, at: Instant = AT) -> Docking:
    return Docking(str(number), f"{number:032x}", at)


def test_a_docking_has_its_turn_once_and_no_longer_than_its_maximum() -> None:
    turns = Turns(maximum=120)
    assert turns.look([docking(1)], 10.0, AT) == [docking(1)]
    assert turns.next_end() == 130.0
    assert turns.look([docking(1)], 129.0, AT) == []
    assert turns.until
    assert turns.look([docking(1)], 130.0, AT) == []
    assert (turns.until, turns.why_over) == ({}, MAXIMUM)
    assert turns.look([docking(1)], 131.0, AT) == []
    assert not turns.until


def test_undocking_ends_a_turn_and_docking_again_begins_one() -> None:
    turns = Turns(maximum=120)
    turns.look([docking(1)], 0.0, AT)
    turns.look([], 5.0, AT)
    assert (turns.until, turns.why_over) == ({}, UNDOCKED)
    again = Docking("1", "f" * 32, AT)
    assert turns.look([again], 6.0, AT) == [again]


@pytest.mark.parametrize(("age_ms", "left"), [(0, 120), (50_000, 70), (-3_600_000, 120)])
def test_a_docking_older_than_the_recorder_gets_what_is_left(age_ms, left) -> None:
    turns = Turns(maximum=120)
    turns.look([docking(1)], 0.0, AT.plus_ms(age_ms))
    assert turns.next_end() == left


def test_what_was_given_up_is_not_tried_again() -> None:
    turns = Turns(maximum=120)
    turns.look([docking(1)], 0.0, AT)
    turns.give_up()
    assert turns.look([docking(1)], 1.0, AT) == []
    assert not turns.until


def test_steps_are_the_device_s_own_however_late_they_arrive() -> None:
    clock = SourceClock()
    placed = [clock.place(i / 30, 100 + i / 30 + late) for i, late in enumerate((0, 0.3, 0.01))]
    assert placed == pytest.approx([100, 100 + 1 / 30, 100 + 2 / 30])
    assert clock.jumps == 0


def test_a_device_that_strays_for_long_is_anchored_anew() -> None:
    clock = SourceClock(stray=0.5, patience=3)
    clock.place(0.0, 100.0)
    placed = [clock.place(i / 10, 102 + i / 10) for i in range(1, 6)]
    assert placed[:3] == pytest.approx([100.1, 100.2, 100.3])
    assert placed[3:] == pytest.approx([102.4, 102.5])
    assert clock.jumps == 1


def test_samples_left_out_by_the_device_show_as_a_step() -> None:
    clock = SourceClock()
    clock.place(0.04, 100.04)
    clock.lost()
    assert clock.place(0.08, 101.0) == 101.0
    assert clock.jumps == 1


def test_placed_time_never_goes_back() -> None:
    clock = SourceClock()
    clock.place(1.0, 100.0)
    clock.lost()
    assert clock.place(1.1, 99.0) == 100.0


def test_a_full_feed_drops_the_newcomer_and_counts_it() -> None:
    feed = Feed(frames=0, blocks=2)
    for number in range(3):
        feed.give(Block(bytes([number, 0]), float(number)))
    assert feed.dropped_blocks == 1
    taken = [feed.take(0.0) for _ in range(3)]
    assert [item and item.at for item in taken] == [0.0, 1.0, None]


def test_what_is_abandoned_is_counted_as_dropped() -> None:
    feed = Feed(frames=0, blocks=9)
    for number in range(4):
        feed.give(Block(b"\0\0", float(number)))
    feed.take(0.0)
    feed.abandon()
    assert feed.dropped_blocks == 3
    assert feed.take(0.0) is None


def test_the_agent_can_read_what_the_recorder_announces(tmp_path) -> None:
    said = announce_card(tmp_path, tmp_path / "card", "ST01", AT)
    read = announcement.read(tmp_path / "recorder.json")
    assert (read.docking, read.bay, read.write_block, read.at) == (
        said,
        "recorder",
        "none",
        str(AT),
    )


def test_the_recorder_reads_what_the_bay_helper_announces(tmp_path) -> None:
    said = announcement.Announcement(
        bay="7", docking="a" * 32, mount="/media/7", write_block="kernel", at=str(AT)
    )
    announcement.announce(said, tmp_path)
    announce_card(tmp_path, tmp_path / "card", "ST01", AT)
    assert dockings_in(tmp_path) == [Docking("7", "a" * 32, AT)]


def test_two_segments_within_a_second_have_two_names(tmp_path) -> None:
    spool = Spool(tmp_path, "a_b", MIB * 10)
    names = []
    for content in (b"one", b"two", b"three"):
        scratch = spool.begin(AT)
        scratch.write_bytes(content)
        names.append(spool.publish(scratch).relative_to(spool.card).as_posix())
    stem = "DCIM/20261123/STN_a_b_20261123_083015"
    assert names == [f"{stem}.mp4", f"{stem}-2.mp4", f"{stem}-3.mp4"]
    assert (spool.card / names[0]).read_bytes() == b"one"
    assert spool.used == 11


def test_a_spool_refuses_before_it_passes_its_limit(tmp_path) -> None:
    spool = Spool(tmp_path, "ST01", RESERVE + 1000)
    spool.check_room(1000)
    with pytest.raises(SpoolFullError) as refused:
        spool.check_room(1001)
    assert refused.value.code == "SPOOL_FULL"


def test_an_empty_file_of_a_killed_recorder_is_kept_too(tmp_path) -> None:
    spool = Spool(tmp_path, "ST01", MIB * 10)
    spool.begin(AT).touch()
    (published,) = spool.salvage()
    assert published.stat().st_size == 0
    assert spool.salvage() == []


def test_a_spool_that_cannot_be_written_is_named(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpoolError) as refused:
        Spool(tmp_path / "file", "ST01", MIB)
    assert "file" in refused.value.expected


GOOD = """
[recorder]
station = "ST01"
announcements = "bays"
[spool]
folder = "spool"
[camera]
source = "test"
[microphone]
source = "none"
"""


def test_defaults_are_complete_and_paths_lie_beside_the_file(tmp_path) -> None:
    (tmp_path / "recorder.toml").write_text(GOOD)
    found = load(tmp_path / "recorder.toml")
    assert found.maximum_seconds == 120
    assert found.spool.folder == tmp_path / "spool"
    assert found.announcements == tmp_path / "bays"
    assert (found.camera.width, found.camera.height, found.camera.rate) == (1280, 720, 30)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (GOOD + "[segments]\nlenght = 3", "lenght"),
        (GOOD + "[sgements]\nseconds = 3", "[sgements]"),
        (GOOD.replace('"test"', '"webcam"'), "webcam"),
        (GOOD.replace('"ST01"', '"ST 01"'), "ST 01"),
        (GOOD.replace('source = "test"', 'source = "test"\nwidth = 641'), "641"),
        (GOOD.replace("[spool]", "maximum_seconds = 0\n[spool]"), "0"),
        (GOOD.replace('folder = "spool"', ""), "no such key"),
        (GOOD.replace("[camera]", "camera = 3\n[x]"), "[x]"),
        ("= 3", "line 1"),
    ],
)
def test_a_wrong_config_names_what_is_wrong(tmp_path, wrong, named) -> None:
    (tmp_path / "recorder.toml").write_text(wrong)
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "recorder.toml")
    assert named in refused.value.found
    assert "recorder.toml" in refused.value.expected


def test_what_an_event_says_is_one_line_of_json(capsys) -> None:
    import sys

    from edge.capture.events import Events

    events = Events(sys.stdout)
    events.problem(SpoolFullError(expected="少于\n一行", found="x"))
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["code"] == "SPOOL_FULL"
