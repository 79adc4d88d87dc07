"""One recording, from its first frame to its note: the recorder's story in order.

1. There is room for it; the devices open; whatever opens is recorded.
2. Frames and blocks go through a bounded feed into the reel of segments.
3. It ends when it is asked to, when its time is up, or when it cannot go on.
4. What still waits is encoded, within a bound; the last segment is finished.
5. The note says what there is, what was dropped, and why it ended.

Does not decide when to record: the recorder does.
"""

from dataclasses import dataclass

from edge.capture.errors import CaptureError, DiskError, NothingToRecordError
from edge.capture.events import Events
from edge.capture.feed import Feed
from edge.capture.finisher import Ended
from edge.capture.note import Note
from edge.capture.reel import Reel, Track
from edge.capture.segment import Picture, Sound
from edge.capture.sources import Sources
from edge.capture.spool import Spool
from edge.clock import monotonic, now, reading
from edge.config import CameraSettings, MicrophoneSettings, SegmentSettings
from edge.evidence.instant import Instant

DRAIN_SECONDS = 1.5
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What and how to record."""

    station: str
    camera: CameraSettings
    microphone: MicrophoneSettings
    segments: SegmentSettings


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a recording ended. `hanging` names devices that no longer answer."""

    note: Note
    hanging: tuple[str, ...]


class Recording:
    """Records once. `end` may be called from any thread, and more than once."""

    def __init__(self, setup: Setup, spool: Spool, events: Events, dockings: list[str]) -> None:
        self._setup = setup
        self._spool = spool
        self._events = events
        self._dockings = dockings
        self._ended_by: str | None = None
        self._wall, self._steady = now(), monotonic()

    def joined_by(self, docking: str) -> None:
        """A further camera was docked meanwhile: the note names it too."""
        self._dockings.append(docking)

    def end(self, reason: str) -> None:
        """Ask it to end; the first reason is kept. Takes no lock: signal handlers may call."""
        self._ended_by = self._ended_by or reason

    def run(self) -> Outcome:
        """Record until asked to end. Raises CaptureError where nothing could begin."""
        self._spool.recount()
        self._spool.check_room()
        sources = Sources(self._setup.camera, self._setup.microphone, self._events.problem)
        if sources.camera is None and sources.microphone is None:
            raise NothingToRecordError(
                expected="a camera or a microphone", found="neither could be opened"
            )
        self._events.publish(
            "recording",
            dockings=list(self._dockings),
            camera=sources.camera.name if sources.camera else None,
            microphone=sources.microphone.name if sources.microphone else None,
        )
        reel = Reel(self._spool, self._track(sources), self._tell)
        feed = sources.start(self._setup.camera.rate, self._setup.segments)
        try:
            self._follow(sources, feed, reel)
        except CaptureError as fault:
            self._cannot_go_on(fault)
        hanging = sources.stop()
        segments = self._finish(feed, reel)
        return Outcome(self._concluded(sources, feed, reel, segments), tuple(hanging))

    def _track(self, sources: Sources) -> Track:
        settings, camera, microphone = self._setup.segments, sources.camera, sources.microphone
        picture = None
        if camera:
            picture = Picture(
                width=camera.width,
                height=camera.height,
                rate=self._setup.camera.rate,
                codec=settings.codec,
                kbit_s=settings.kbit_s,
            )
        return Track(
            picture=picture,
            sound=Sound(rate=microphone.rate) if microphone else None,
            seconds=settings.seconds,
            note=f"station {self._setup.station}, docking {' '.join(self._dockings) or 'none'}",
            wall=self._instant,
        )

    def _follow(self, sources: Sources, feed: Feed, reel: Reel) -> None:
        """Steps 2 and 3."""
        while self._ended_by is None:
            if item := feed.take(_POLL_SECONDS):
                reel.take(item)
            elif not sources.running:
                self.end("DEVICES_LOST")
            if sources.camera_lost.is_set():
                reel.picture_lost()

    def _finish(self, feed: Feed, reel: Reel) -> list[Ended]:
        """Step 4. A fault of the disk leaves what was written before it."""
        until = monotonic() + DRAIN_SECONDS
        try:
            while monotonic() < until and (item := feed.take(0.0)):
                reel.take(item)
        except CaptureError as fault:
            self._cannot_go_on(fault)
        feed.abandon()
        segments = reel.finish()
        for each in reel.faults:
            self._cannot_go_on(each)
        return segments

    def _cannot_go_on(self, fault: CaptureError) -> None:
        if self._ended_by != fault.code:
            self._events.problem(fault)
        self._ended_by = fault.code

    def _concluded(self, sources: Sources, feed: Feed, reel: Reel, segments: list[Ended]) -> Note:
        """Step 5."""
        camera, microphone = sources.camera, sources.microphone
        note = Note(
            station=self._setup.station,
            dockings=tuple(self._dockings),
            camera=f"{camera.name} {camera.width}x{camera.height}" if camera else None,
            microphone=f"{microphone.name} {microphone.rate} Hz" if microphone else None,
            started=self._wall,
            ended=self._instant(monotonic()),
            ended_by=self._ended_by or "",
            clock=reading(),
            segments=tuple(segments),
            dropped_frames=feed.dropped_frames,
            dropped_blocks=feed.dropped_blocks,
            overflows=microphone.overflows if microphone else 0,
            deepest_queue=feed.deepest,
            longest_step_us=round(reel.longest_step * 1_000_000),
        )
        self._write(note)
        self._events.publish(
            "recorded",
            dockings=list(note.dockings),
            ended_by=note.ended_by,
            segments=len(note.segments),
            frames=note.frames,
            dropped_frames=note.dropped_frames,
            dropped_blocks=note.dropped_blocks,
            overflows=note.overflows,
            deepest_queue=note.deepest_queue,
            longest_step_us=note.longest_step_us,
        )
        return note

    def _write(self, note: Note) -> None:
        if not note.segments:
            return
        try:
            self._spool.write_note(note.segments[0].path, note.to_bytes())
        except OSError as failure:
            self._events.problem(
                DiskError(expected="to write the note of a recording", found=str(failure))
            )

    def _tell(self, ended: Ended) -> None:
        self._events.publish(
            "segment",
            path=str(ended.path.relative_to(self._spool.card)),
            bytes=ended.size,
            frames=ended.frames,
            heard_ms=ended.heard_ms,
            start_us=ended.start_us,
            last_frame_us=ended.last_frame_us,
        )

    def _instant(self, at: float) -> Instant:
        return self._wall.plus_ms(round((at - self._steady) * 1000))
