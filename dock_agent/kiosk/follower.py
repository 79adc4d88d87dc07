"""Follows the station: events as they come, a look whenever something may have changed.

One thread. A look that fails for a reason nobody foresaw ends the follower, and with it
the process: an old screen that calls a camera safe must not stay up. The supervisor starts
it again.
"""

import logging
import threading
from collections.abc import Callable

from dock_agent.config import StationConfig
from dock_agent.kiosk.facts import Eyes, Facts
from dock_agent.kiosk.progress import Copying
from dock_agent.kiosk.screen import Screen, compose
from dock_agent.kiosk.wire import Ear
from edge import clock

_PATIENCE_S = 0.25
_LOOK_EVERY_S = 2.0
_OLD_S = 10.0
_log = logging.getLogger(__name__)


class Follower:
    """`screen` is the newest one; `version` counts how often it changed."""

    def __init__(self, config: StationConfig, ear: Ear, failed: Callable[[], None]) -> None:
        self._config = config
        self._ear = ear
        self._failed = failed
        self._copying = Copying()
        self._stop = threading.Event()
        self._looked = float("-inf")
        self._seen: tuple[object, ...] = ()
        self.screen: Screen | None = None
        self.version = 0
        self._thread = threading.Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def is_fresh(self) -> bool:
        """Whether the screen is what was seen just now."""
        return clock.monotonic() - self._looked < _OLD_S

    def _run(self) -> None:
        eyes = Eyes(self._config)
        facts: Facts | None = None
        try:
            while not self._stop.is_set():
                news = self._hear()
                if facts is None or news or self._changed(eyes):
                    facts = eyes.look()
                    self._looked = clock.monotonic()
                self._show(compose(facts, self._copying.fresh(clock.monotonic())))
        except Exception:  # noqa: BLE001 - whatever it was, the screen would be old
            _log.exception("the follower ends")
            self._failed()

    def _hear(self) -> bool:
        """Take what the agent tells; True where more than a number moved."""
        news = False
        for event in self._ear.hear(_PATIENCE_S):
            self._copying.hear(event, clock.monotonic())
            news = news or event.get("event") != "copying"
        return news

    def _changed(self, eyes: Eyes) -> bool:
        """Ask cheaply whether a look is worth it; now and then it is anyway."""
        try:
            folder = self._config.announcements.stat().st_mtime_ns
        except OSError:
            folder = 0
        seen = (eyes.version(), folder)
        changed = seen != self._seen
        self._seen = seen
        return changed or clock.monotonic() - self._looked >= _LOOK_EVERY_S

    def _show(self, screen: Screen) -> None:
        if screen != self.screen:
            self.screen = screen
            self.version += 1
