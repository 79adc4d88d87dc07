"""The recorder by its public command: docked, recorded, announced, ended, killed, full."""

import hashlib
import resource

from edge import clock
from firmware_hooks import announcement
from firmware_hooks.registry import Registry
from tests.edge.capture.probe import decoded_frames, needs_ffmpeg, plays

pytestmark = needs_ffmpeg


def test_a_docking_is_recorded_until_it_is_undocked(station) -> None:
    station.start()
    docking = station.dock()
    station.past(50_000)
    station.undock()
    done = station.until_event("recorded")
    assert (done["ended_by"], done["dockings"]) == ("UNDOCKED", [docking])
    assert done["dropped_frames"] == 0
    assert station.segments
    assert all(plays(path) for path in station.segments)
    assert sum(decoded_frames(path) for path in station.segments) == done["frames"] > 0
    (note,) = station.notes
    assert note["dockings"] == [docking]
    assert [each["name"] for each in note["segments"]] == [p.name for p in station.segments]


def test_a_recording_ends_at_its_maximum_and_the_docking_is_not_recorded_again(station) -> None:
    station.configure(maximum=2)
    station.start()
    station.dock()
    done = station.until_event("recorded")
    assert done["ended_by"] == "MAXIMUM"
    assert 30 <= done["frames"] <= 75
    station.dock("2")
    station.until_event("recorded", 2)
    assert len(station.named("recording")) == 2


def test_the_finished_card_is_announced_as_the_bay_recorder(station) -> None:
    station.configure(maximum=1)
    station.start()
    station.dock()
    told = station.until_event("announced")
    said = announcement.read(station.announcements / "recorder.json")
    assert (said.bay, said.docking) == ("recorder", told["docking"])
    assert said.mount == str(station.spool / "card")
    registry = Registry.load()
    profile = registry.identify(station.spool / "card", said.serial)
    assert profile.name == "station-recorder"
    for path in station.segments:
        claims = profile.claims(str(path.relative_to(said.mount)))
        assert (claims.kind, claims.device) == ("media", "ST_01")
        assert claims.name_time is not None


def test_the_own_card_starts_no_recording(station) -> None:
    station.configure(maximum=1)
    station.start()
    station.dock()
    station.until_event("announced")
    station.dock("2")
    station.until_event("announced", 2)
    assert len(station.named("docked")) == 2
    assert {each["bay"] for each in station.named("docked")} == {"1", "2"}


def test_dockings_that_overlap_share_a_recording(station) -> None:
    station.start()
    first = station.dock("1")
    station.past(50_000)
    second = station.dock("2")
    station.until_event("docked", 2)
    station.undock("1")
    station.past(50_000)
    assert not station.named("recorded")
    station.undock("2")
    assert station.until_event("recorded")["dockings"] == [first, second]


def test_a_docking_from_long_ago_is_not_recorded(station) -> None:
    station.dock("1", at=clock.now().plus_ms(-600_000))
    station.start()
    fresh = station.dock("2")
    started = station.until_event("recording")
    assert started["dockings"] == [fresh]


def test_a_malformed_announcement_is_left_to_the_agent(station) -> None:
    (station.announcements / "1.json").write_text('{"format": "liuhen-announcement/v1", "bay": 1')
    (station.announcements / "2.json").write_text("[]")
    station.start()
    docking = station.dock("3")
    assert station.until_event("recording")["dockings"] == [docking]


def test_sigterm_ends_the_segment_within_five_seconds(station) -> None:
    station.configure(segments="seconds = 600")
    station.start()
    station.dock()
    station.past(50_000)
    began = clock.monotonic()
    assert station.end() == 0
    assert clock.monotonic() - began < 5
    (segment,) = station.segments
    assert plays(segment)
    assert station.notes[0]["ended_by"] == "STOPPED"
    assert (station.announcements / "recorder.json").exists()
    assert not station.unfinished_bytes()


def test_kill_leaves_a_playable_prefix_that_the_next_start_hands_over(station) -> None:
    station.configure(segments="seconds = 600")
    station.start()
    station.dock()
    station.past(400_000)
    station.end(kill=True)
    (partial,) = (station.spool / "unfinished").iterdir()
    content = partial.read_bytes()
    frames = decoded_frames(partial)
    assert frames >= 30
    station.undock()
    station.start()
    salvaged = station.until_event("salvaged")
    station.until_event("announced")
    (segment,) = station.segments
    assert (segment.name, segment.read_bytes()) == (salvaged["path"], content)


def test_a_full_spool_stops_recording_and_changes_nothing_in_it(station) -> None:
    station.configure(limit_mib=3, segments="seconds = 1")
    station.start()
    station.dock("1")
    done = station.until_event("recorded")
    assert done["ended_by"] == "SPOOL_FULL"
    assert station.codes() == ["SPOOL_FULL"]
    station.until_event("announced")
    before = digests(station)
    assert sum(path.stat().st_size for path in station.segments) <= 3 << 20
    assert all(plays(path) for path in station.segments)
    station.dock("2")
    station.until("told again", lambda: station.codes() == ["SPOOL_FULL", "SPOOL_FULL"])
    assert station.end() == 0
    assert digests(station) == before


def test_a_failing_disk_leaves_what_was_written_before(station) -> None:
    station.configure(segments="seconds = 600")
    largest = 400_000
    station.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest)))
    station.dock()
    done = station.until_event("recorded")
    assert done["ended_by"] == "DISK_FAILED"
    (segment,) = station.segments
    assert segment.stat().st_size == largest
    assert decoded_frames(segment) > 15
    assert station.notes[0]["segments"][0]["ended"] == "DISK_FAILED"


def test_a_codec_that_is_not_there_is_named_and_leaves_nothing_behind(station) -> None:
    station.configure(segments='codec = "h269"')
    station.start()
    station.dock()
    assert station.until_event("recorded")["ended_by"] == "ENCODER_FAILED"
    assert station.codes() == ["ENCODER_FAILED"]
    assert station.end() == 0
    assert not list(station.spool.rglob("*.mp4*"))


def test_a_second_recorder_on_the_same_spool_is_refused(station) -> None:
    station.start()
    other = type(station)(station.root)
    other.run("record", "--config", str(station.config))
    assert other.ended() == 1
    assert other.codes() == ["RECORDER_ALREADY_RUNNING"]


def test_no_device_is_a_problem_and_the_next_docking_is_tried(station) -> None:
    station.configure(camera='source = "v4l2"\ndevice = "/dev/video99"')
    station.start()
    station.dock("1")
    station.until("first", lambda: "NOTHING_TO_RECORD" in station.codes())
    station.dock("2")
    station.until("second", lambda: station.codes().count("NOTHING_TO_RECORD") == 2)
    assert station.codes().count("CAMERA_UNAVAILABLE") == 2
    assert station.end() == 0


def digests(station) -> dict[str, str]:
    found = sorted(path for path in (station.spool / "card").rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}
