"""The log's one writer: many callers, one commit for all that wait (group commit).

`append` returns when its entries are in the log, indexed, and their receipts are queued;
until then nobody was told anything. An envelope that is in the log keeps its place and gets
a fresh proof. A commit takes up to 500 entries or what comes within 5 ms.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from central.errors import LogClosedError
from central.log.committer import Appended, Committer, Prepared, prepare
from central.log.groups import Entry
from edge import clock

__all__ = ["Appended", "Entry", "LogWriter"]

GROUP_ENTRIES = 500
GROUP_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class _Request:
    batch: list[Prepared]
    done: Future[list[Appended]] = field(default_factory=Future)


class LogWriter:
    """Appends from any thread. Close it to end its thread; what was submitted is done."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self._requests: queue.Queue[_Request | None] = queue.Queue()
        self._listeners: list[Callable[[], None]] = []
        self._closing = threading.Lock()
        self._closed = False
        committer.open()
        self._thread = threading.Thread(target=self._run, name="log-writer")
        self._thread.start()

    def append(self, batch: Sequence[Entry]) -> list[Appended]:
        """Log verified entries and wait; the results are in the order of `batch`.

        Raises EvidenceError or ValueError for what cannot be a leaf (nothing is logged
        then), OSError where the disk fails (try again: what is logged stays logged; an
        empty batch completes what a failure left half done).
        """
        return self.submit(batch).result()

    def submit(self, batch: Sequence[Entry]) -> Future[list[Appended]]:
        """The same without waiting."""
        request = _Request([prepare(entry) for entry in batch])
        with self._closing:
            if self._closed:
                raise LogClosedError(expected="an open log", found="a closed one")
            self._requests.put(request)
        return request.done

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit, from the writer's thread: keep it short."""
        self._listeners.append(listener)

    def close(self) -> None:
        """Finish what was submitted, then end. Twice is once."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._requests.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._requests.get()) is not None:
            requests, ended = self._gather(first)
            self._commit(requests)
            if ended:
                return

    def _gather(self, first: _Request) -> tuple[list[_Request], bool]:
        requests, entries = [first], len(first.batch)
        deadline = clock.monotonic() + GROUP_SECONDS
        while entries < GROUP_ENTRIES:
            try:
                wait = max(0.0, deadline - clock.monotonic())
                request = self._requests.get(timeout=wait)
            except queue.Empty:
                break
            if request is None:
                return requests, True
            requests.append(request)
            entries += len(request.batch)
        return requests, False

    def _commit(self, requests: list[_Request]) -> None:
        batch = [prepared for request in requests for prepared in request.batch]
        try:
            appended = iter(self._committer.commit(batch))
        except BaseException as failure:  # noqa: BLE001 - each caller gets it, this thread lives on
            for request in requests:
                request.done.set_exception(failure)
            return
        for request in requests:
            request.done.set_result([next(appended) for _ in request.batch])
        for listener in self._listeners:
            listener()
