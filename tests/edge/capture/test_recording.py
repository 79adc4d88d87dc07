"""Recordings with devices that misbehave in ways that no device here can be made to."""

import io
import threading
import time

import pytest

from edge.capture import recording as recordings
from edge.capture import sources
from edge.capture.camera import open_camera
from edge.capture.events import Events
from edge.capture.feed import Block, Frame
from edge.capture.recording import Recording, Setup
from edge.capture.reel import Reel, Track
from edge.capture.segment import Picture, Segment, Sound
from edge.capture.spool import Spool
from edge.config import MIB, CameraSettings, MicrophoneSettings, SegmentSettings
from edge.evidence.instant import Instant
from tests.edge.capture.probe import decoded_frames, loudness, needs_ffmpeg, streams, times

AT = Instant.parse("2026-11-23T08:30:15.123Z")
SMALL = CameraSettings(source="test", width=160, height=120)
PICTURE = Picture(width=160, height=120, rate=30, codec="libx264", kbit_s=500)
LOUD = (b"\x00\x30" * 48 + b"\x00\xd0" * 48) * 20  # 40 ms at 48 kHz of 500 Hz


class HangingCamera:
    """Delivers a second of frames, then never comes back: a driver that is stuck."""

    name, width, height = "hanging", 160, 120

    def __init__(self) -> None:
        self.closed = False

    def run(self, see, stop: threading.Event) -> None:
        camera = open_camera(SMALL)
        enough = threading.Event()
        count = 0

        def seen(frame: Frame) -> None:
            nonlocal count
            see(frame)
            count += 1
            if count == 30:
                enough.set()

        camera.run(seen, enough)
        threading.Event().wait(30)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def spool(tmp_path) -> Spool:
    return Spool(tmp_path, "ST01", 100 * MIB)


def setup(**segments) -> Setup:
    return Setup(
        station="ST01",
        camera=SMALL,
        microphone=MicrophoneSettings(source="none"),
        segments=SegmentSettings(**segments),
    )


def images(count: int) -> list[Frame]:
    """Frames of the pattern, as fast as they are made."""
    frames: list[Frame] = []
    stop = threading.Event()

    def see(frame: Frame) -> None:
        frames.append(frame)
        if len(frames) == count:
            stop.set()

    camera = open_camera(CameraSettings(source="test", width=160, height=120, rate=120))
    camera.run(see, stop)
    camera.close()
    return frames


@needs_ffmpeg
def test_a_camera_that_hangs_does_not_keep_a_recording_from_ending(spool, monkeypatch) -> None:
    hanging = HangingCamera()
    monkeypatch.setattr(sources, "open_camera", lambda _settings: hanging)
    out = io.StringIO()
    recording = Recording(setup(), spool, Events(out), [])
    threading.Timer(2.0, recording.end, ["UNDOCKED"]).start()
    began = time.monotonic()
    outcome = recording.run()
    assert time.monotonic() - began < 7
    assert outcome.hanging == ("camera",)
    assert not hanging.closed
    assert outcome.note.frames == 30
    assert decoded_frames(outcome.note.segments[0].path) == 30


def test_an_encoder_too_slow_drops_counted_frames_and_keeps_the_rest(spool, monkeypatch) -> None:
    def slow(self, frame, see=Segment.see) -> None:
        time.sleep(0.2)
        see(self, frame)

    monkeypatch.setattr(Segment, "see", slow)
    monkeypatch.setattr(recordings, "DRAIN_SECONDS", 0.5)
    recording = Recording(setup(queue_seconds=1), spool, Events(None), [])
    threading.Timer(4.0, recording.end, ["UNDOCKED"]).start()
    note = recording.run().note
    assert note.dropped_frames > 30
    assert note.frames > 10
    assert note.deepest_queue == 30
    assert b'"dropped_frames": %d' % note.dropped_frames in note.to_bytes()


@needs_ffmpeg
def test_missing_sound_is_silence_of_the_same_length(tmp_path) -> None:
    segment = Segment(tmp_path / "a.mp4", 100.0, None, Sound(rate=48_000), "")
    for number in range(25):
        segment.hear(Block(LOUD, 100.0 + number * 0.04))
    for number in range(25):
        segment.hear(Block(LOUD, 102.0 + number * 0.04))
    segment.finish()
    segment.seal()
    assert segment.filled_ms == 1000
    levels = loudness(segment.path)
    assert len(levels) in {30, 31}
    assert min(levels[1:9]) > 5000
    assert max(levels[12:18]) < 10
    assert min(levels[21:29]) > 5000


@needs_ffmpeg
def test_frames_keep_their_own_times_when_the_rate_varies(tmp_path) -> None:
    frames = images(6)
    wanted = [0.0, 0.033, 0.066, 0.5, 0.533, 1.4]
    segment = Segment(tmp_path / "a.mp4", 50.0, PICTURE, None, "")
    for frame, at in zip(frames, wanted, strict=True):
        segment.see(Frame(frame.image, 50.0 + at))
    segment.finish()
    segment.seal()
    assert times(segment.path, "v") == pytest.approx(wanted, abs=1e-4)


@needs_ffmpeg
def test_a_recording_begins_with_its_first_picture(spool) -> None:
    reel = Reel(spool, track(), lambda _ended: None)
    for number in range(20):
        reel.take(Block(LOUD, 10 + number * 0.04))
    for number, frame in enumerate(images(10)):
        reel.take(Frame(frame.image, 11 + number / 30))
        reel.take(Block(LOUD, 11 + number / 30))
    (ended,) = reel.finish()
    assert ended.start == AT.plus_ms(11_000)
    assert times(ended.path, "v")[0] == times(ended.path, "a")[0] == 0.0


@needs_ffmpeg
def test_where_no_picture_comes_in_time_the_held_sound_is_kept(spool) -> None:
    reel = Reel(spool, track(), lambda _ended: None)
    for number in range(200):
        reel.take(Block(LOUD, 10 + number * 0.04))
    ended = reel.finish()
    assert sum(float(streams(each.path)["audio"]["duration"]) for each in ended) >= 7.9
    assert ended[0].start == AT.plus_ms(10_000)


@needs_ffmpeg
def test_a_camera_that_is_late_still_comes_into_the_recording(spool) -> None:
    reel = Reel(spool, track(), lambda _ended: None)
    for number in range(200):
        reel.take(Block(LOUD, 10 + number * 0.04))
    for number, frame in enumerate(images(30)):
        reel.take(Frame(frame.image, 18 + number / 30))
    alone, both = reel.finish()
    assert set(streams(alone.path)) == {"audio"}
    assert decoded_frames(both.path) == 30


def test_a_slow_sync_keeps_no_frame_waiting(spool, monkeypatch) -> None:
    def slow(self, seal=Segment.seal) -> None:
        time.sleep(1.5)
        seal(self)

    monkeypatch.setattr(Segment, "seal", slow)
    recording = Recording(setup(seconds=1, queue_seconds=1), spool, Events(None), [])
    threading.Timer(4.5, recording.end, ["UNDOCKED"]).start()
    note = recording.run().note
    assert len(note.segments) == 5
    assert note.dropped_frames == 0
    assert note.deepest_queue < 20


@needs_ffmpeg
def test_a_segment_that_cannot_be_published_is_told_and_stays_for_the_next_start(
    spool, monkeypatch
) -> None:
    def refused(*_args) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Spool, "publish", refused)
        reel = Reel(spool, track(), lambda _ended: None)
        for frame in images(10):
            reel.take(frame)
        assert reel.finish() == []
    (fault,) = reel.faults
    assert (fault.code, "No space left" in fault.found) == ("DISK_FAILED", True)
    (published,) = spool.salvage()
    assert decoded_frames(published) == 10


def track() -> Track:
    return Track(
        picture=PICTURE,
        sound=Sound(rate=48_000),
        seconds=60,
        note="",
        wall=lambda at: AT.plus_ms(round(at * 1000)),
    )
