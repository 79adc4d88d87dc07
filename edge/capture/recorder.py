"""The recorder of a station: watches the bays, records dockings, hands its card over.

Promise: a docking in a real bay starts a recording within a moment; when it ended, the card
is announced as the pseudo-bay `recorder`, and again at every start, so that nothing stays
behind after a crash. When told to stop it ends the recording first. It removes nothing,
reads nothing from cameras, and knows neither the agent nor the network.
"""

from queue import Empty, SimpleQueue
from threading import Thread

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from edge.capture.dockings import dockings_in
from edge.capture.errors import CaptureError, DiskError
from edge.capture.events import Events
from edge.capture.handover import Handover
from edge.capture.recording import Outcome, Recording, Setup
from edge.capture.spool import Spool
from edge.capture.turns import MAXIMUM, UNDOCKED, Turns
from edge.clock import monotonic, now
from edge.config import RecorderConfig

RESCAN_SECONDS = 5.0
STOPPED = "STOPPED"
_AS_TOLD = frozenset({UNDOCKED, MAXIMUM, STOPPED})


class Recorder:
    """Runs until `stop`. One thread records; the one that calls `run` decides."""

    def __init__(self, config: RecorderConfig, spool: Spool, events: Events) -> None:
        self._config = config
        self._spool = spool
        self._events = events
        self._turns = Turns(maximum=config.maximum_seconds)
        self._handover = Handover(config, spool, events)
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._running: _Running | None = None
        self._stopping = False
        self._hanging = False
        self._trouble = ""

    def stop(self) -> None:
        """End soon. Takes no lock: signal handlers may call it."""
        self._stopping = True
        self._wakes.put(None)

    def run(self) -> int:
        """Record until told to stop. 0: as told; 1: a device hangs, start me again."""
        watch = _Watch(self._wakes)
        try:
            watch.start(self._config)
        except OSError as failure:  # slower, and still complete
            self._tell_once(failure)
        self._events.publish("ready", station=self._config.station, spool=self._spool.used)
        self._salvage()
        try:
            while not self._stopping and not self._hanging:
                self._look()
                self._handover.settle()
                self._wait()
            self._leave()
        finally:
            watch.stop()
        return 1 if self._hanging else 0

    def _salvage(self) -> None:
        for path in self._spool.salvage():
            self._events.publish("salvaged", path=path.name, bytes=path.stat().st_size)
        if not self._spool.is_empty():
            self._handover.owe()

    def _look(self) -> None:
        try:
            present = dockings_in(self._config.announcements)
        except OSError as failure:  # a folder that cannot be listed undocks nobody
            self._tell_once(failure)
            return
        self._trouble = ""
        begun = self._turns.look(present, monotonic(), now())
        for each in begun:
            self._events.publish("docked", bay=each.bay, docking=each.docking)
        if self._running and not self._running.is_alive():
            self._collect(self._running)
        if self._running is None:
            self._start()
        elif not self._turns.until:
            self._running.recording.end(self._turns.why_over)
        else:
            for each in begun:
                self._running.recording.joined_by(each.docking)

    def _start(self) -> None:
        if not self._turns.until:
            return
        setup = Setup(
            station=self._config.station,
            camera=self._config.camera,
            microphone=self._config.microphone,
            segments=self._config.segments,
        )
        recording = Recording(setup, self._spool, self._events, list(self._turns.until))
        self._running = _Running(recording, self._wakes)
        self._running.start()

    def _collect(self, running: "_Running") -> None:
        """Take in how a recording ended. One that could not go on is not tried again."""
        self._running = None
        outcome = running.outcome()
        if isinstance(outcome, CaptureError):
            self._events.problem(outcome)
            self._turns.give_up()
            return
        if outcome.note.ended_by not in _AS_TOLD:
            self._turns.give_up()
        if outcome.note.segments:
            self._handover.owe()
        if outcome.hanging:
            self._hanging = True
            found = ", ".join(outcome.hanging)
            self._events.problem(
                CaptureError(code="DEVICE_HANGS", expected="devices that stop", found=found)
            )

    def _wait(self) -> None:
        """Until something changed, an end is due, or it is time to look again anyway."""
        waits = [RESCAN_SECONDS]
        if (end := self._turns.next_end()) is not None:
            waits.append(end - monotonic())
        if (due := self._handover.due_in()) is not None:
            waits.append(due)
        try:
            self._wakes.get(timeout=max(0.01, min(waits)))
            while True:  # one look answers all that is waiting
                self._wakes.get_nowait()
        except Empty:
            return

    def _leave(self) -> None:
        if self._running is not None:
            self._running.recording.end(STOPPED)
            self._running.join()
            self._collect(self._running)
        self._handover.settle(at_once=True)
        self._events.publish("stopped")

    def _tell_once(self, failure: OSError) -> None:
        if str(failure) != self._trouble:
            self._trouble = str(failure)
            expected = f"announcements in {self._config.announcements}"
            fault = DiskError(
                code="ANNOUNCEMENTS_UNREADABLE", expected=expected, found=self._trouble
            )
            self._events.problem(fault)


class _Running(Thread):
    """A recording under way; wakes the recorder when it ended."""

    def __init__(self, recording: Recording, wakes: "SimpleQueue[None]") -> None:
        super().__init__(name="recording")
        self.recording = recording
        self._wakes = wakes
        self._outcome: Outcome | BaseException | None = None

    def run(self) -> None:
        try:
            self._outcome = self.recording.run()
        except BaseException as fault:  # noqa: BLE001 - raised again where it is collected
            self._outcome = fault
        finally:
            self._wakes.put(None)

    def outcome(self) -> Outcome | CaptureError:
        """How it ended; a fault that is not of the family is raised here."""
        if isinstance(self._outcome, Outcome | CaptureError):
            return self._outcome
        raise self._outcome or RuntimeError("a recording that has not ended")


class _Watch(FileSystemEventHandler):
    """Wakes the recorder when the announcement folder changes."""

    def __init__(self, wakes: "SimpleQueue[None]") -> None:
        self._wakes = wakes
        self._observer = Observer()

    def start(self, config: RecorderConfig) -> None:
        self._observer.schedule(self, str(config.announcements))
        self._observer.start()

    def stop(self) -> None:
        if self._observer.is_alive():
            self._observer.stop()
            self._observer.join()

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Wake on writes only: watchdog also tells of files that are merely opened."""
        if event.event_type in {"created", "moved", "deleted", "closed", "modified"}:
            self._wakes.put(None)
