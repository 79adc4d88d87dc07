"""How far a camera's copying is, told often enough to watch and not more.

`bytes` of `total` are those of the whole camera, as its inventory lists them; `mb_s` is
the mean since this pass began. Numbers for people; nothing is decided by them.
"""

from dock_agent.events import EventStream
from dock_agent.ledger import DockingRow, FileRow
from edge import clock

_EVERY_S = 0.25
_WAITS = frozenset({"listed", "copied"})


class Progress:
    """One pass over one camera's files."""

    def __init__(self, events: EventStream, docking: DockingRow, files: list[FileRow]) -> None:
        self._events = events
        self._docking = docking
        self._numbers = {file.id: number for number, file in enumerate(files, start=1)}
        self._total = sum(file.size for file in files)
        self._before = sum(file.size for file in files if file.state not in _WAITS)
        self._file: FileRow | None = None
        self._moved = 0
        self._began = clock.monotonic()
        self._told = float("-inf")

    def start(self, file: FileRow) -> None:
        """Turn to the next file; the one before counts as whole."""
        if self._file is not None:
            self._before += self._file.size
            self._moved += self._file.size
        self._file = file
        self._told = float("-inf")
        self(0)

    def __call__(self, done: int) -> None:
        """Take note of `done` bytes of the current file."""
        file, now = self._file, clock.monotonic()
        if file is None or (now - self._told < _EVERY_S and done < file.size):
            return
        self._told = now
        rate = (self._moved + done) / max(now - self._began, 0.001) / 1e6
        self._events.publish(
            "copying",
            bay=self._docking.bay,
            docking=self._docking.docking,
            path=file.name,
            n=self._numbers[file.id],
            of=len(self._numbers),
            bytes=self._before + done,
            total=self._total,
            mb_s=round(rate, 1),
        )
