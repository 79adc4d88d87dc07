"""One bay while one camera is in it: a thread that works, then waits for a retry.

Ends when the camera is pulled or the agent stops. A failure that is not the camera's (the
ledger's disk is full, say) is reported, and the same docking is tried again: every step
knows whether it is done.
"""

import logging
import threading

from dock_agent.docking import Docking
from dock_agent.errors import AgentError, StationDiskError, StoppingError
from dock_agent.kit import Kit
from dock_agent.ledger import FileRow, Problem
from edge import clock
from edge.evidence.errors import EvidenceError
from firmware_hooks.announcement import Announcement

_LOOK_S = 1.0
_LONGEST_PAUSE_S = 60.0
_log = logging.getLogger(__name__)


class Bay:
    """One announcement's thread. `pull` may be called from any other."""

    def __init__(self, kit: Kit, announcement: Announcement) -> None:
        self.announcement = announcement
        self._kit = kit
        self._gone = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name=f"bay-{announcement.bay}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def pull(self) -> None:
        """The camera is gone; its thread finishes what can be said about that."""
        self._gone.set()

    def join(self, timeout: float) -> bool:
        """Wait for the thread; False where it still runs."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        docking = Docking(self._kit, self.announcement, self._gone)
        pause = self._kit.offload.retry_seconds
        while not self._kit.stop.is_set():
            try:
                docking.run()
            except StoppingError:
                break
            except (AgentError, EvidenceError) as failure:
                self._report(failure)
                self._kit.stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)
                continue
            pause = self._kit.offload.retry_seconds
            if self._gone.is_set():
                break
            self._await_work()
        self._kit.ledger.close()

    def _await_work(self) -> None:
        """Wait until someone asks for a retry, or the disk has room again."""
        ledger, docking = self._kit.ledger, self.announcement.docking
        while not self._gone.is_set() and not self._kit.stop.wait(_LOOK_S):
            files = ledger.files.of(docking)
            if any(file.state == "listed" for file in files):
                return
            if self._has_room_for([f for f in files if f.code == StationDiskError.code]):
                ledger.files.retry(docking)
                return

    def _has_room_for(self, files: list[FileRow]) -> bool:
        wanted = sum(file.size for file in files)
        return bool(files) and self._kit.vault.free_bytes() > wanted

    def _report(self, failure: AgentError | EvidenceError) -> None:
        said = self.announcement
        _log.warning("bay %s: %s: %s", said.bay, failure.code, failure)
        if isinstance(failure, EvidenceError):
            failure = AgentError(
                code=failure.code,
                expected=str(failure.facts.get("expected", "")),
                found=str(failure),
            )
        about = Problem(bay=said.bay, docking=said.docking)
        try:
            self._kit.problems.note(f"docking {said.docking}", failure, about=about)
        except AgentError:
            _log.exception("a problem at %s that the ledger does not take", clock.now())
