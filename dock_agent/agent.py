"""The whole story, in order: assemble, begin an epoch, watch bays, deliver, end.

Crash-only: a start after kill -9 is the same as any other. What was open is found in the
ledger; what is still announced goes on, what is not is closed as incomplete. `stop` ends
everything within seconds; what it interrupts resumes at the next start.
"""

import threading
from queue import Empty

from dock_agent import closing
from dock_agent.assembly import assemble
from dock_agent.bay import Bay
from dock_agent.bays import BayEvent, BayProblem, BayQueue, Bays, BayWatch, Docked
from dock_agent.config import StationConfig
from dock_agent.docking import leave_behind
from dock_agent.errors import VanishedError
from dock_agent.events import EventStream
from edge import clock

_GRACE_S = 3.0
_POLL_S = 0.5
_NUDGE_S = 10.0


class Agent:
    """One run of the agent."""

    def __init__(self, config: StationConfig, events: EventStream) -> None:
        self._config = config
        self._events = events
        self._stop = threading.Event()
        self._parts = assemble(config, events, self._stop)
        self._bays: dict[str, Bay] = {}
        self._next_nudge = clock.monotonic() + _NUDGE_S

    def stop(self) -> None:
        """Ask everything to end; safe from a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Work until `stop`; returns once everything ended, or would not in time."""
        parts = self._parts
        parts.pulse.begin(parts.kit.sealer.begin_epoch())
        self._close_what_left()
        workers = self._start_workers()
        queue: BayQueue = BayQueue()
        with BayWatch(self._config.announcements, queue):
            while not self._stop.is_set():
                self._next(queue)
                self._nudge()
        parts.courier.wake()
        parts.uploader.wake()
        deadline = clock.monotonic() + _GRACE_S
        for bay in self._bays.values():
            bay.join(max(deadline - clock.monotonic(), 0.0))
        for worker in workers:
            worker.join(max(deadline - clock.monotonic(), 0.0))

    def _close_what_left(self) -> None:
        """Dockings that were open when the last run ended, whose cameras are gone."""
        kit = self._parts.kit
        here = {
            event.announcement.docking
            for event in Bays(self._config.announcements).look()
            if isinstance(event, Docked)
        }
        for row in kit.ledger.dockings.open():
            if row.docking not in here:
                gone = VanishedError(
                    expected=f"the camera in bay {row.bay} until everything is copied",
                    found="an empty bay when the agent started",
                )
                leave_behind(kit, row, gone)
                self._events.publish("vanished", bay=row.bay, docking=row.docking)
                closing.close(kit, row)

    def _start_workers(self) -> list[threading.Thread]:
        parts, stop = self._parts, self._stop
        workers = [threading.Thread(target=parts.courier.run, args=[stop], name="courier")]
        for number in range(self._config.upload.parallel):
            name = f"uploader-{number}"
            workers.append(threading.Thread(target=parts.uploader.run, args=[stop], name=name))
        for worker in workers:
            worker.daemon = True
            worker.start()
        return workers

    def _next(self, queue: BayQueue) -> None:
        try:
            event = queue.get(timeout=_POLL_S)
        except Empty:
            return
        self._take(event)

    def _take(self, event: BayEvent) -> None:
        match event:
            case Docked(announcement):
                self._bays[announcement.bay] = bay = Bay(self._parts.kit, announcement)
                bay.start()
            case BayProblem(bay=name, problem=problem):
                self._parts.kit.problems.note(f"bay {name}", problem)
            case _:
                self._events.publish("vanished", bay=event.bay, docking=event.docking)
                self._parts.kit.problems.over(f"bay {event.bay}")
                gone = self._bays.pop(event.bay, None)
                if gone is not None:
                    gone.pull()

    def _nudge(self) -> None:
        """Ask now and then about receipts that are overdue."""
        if clock.monotonic() >= self._next_nudge:
            self._next_nudge = clock.monotonic() + _NUDGE_S
            self._parts.uploader.nudge()
