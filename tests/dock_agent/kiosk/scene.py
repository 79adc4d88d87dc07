"""A station with its screen: real agent, broker and kiosk, and pages that stay open.

Each scene has the page open four times, in both languages and at both sizes, from before
anything happens; what is photographed came to it by its own stream, never by a reload.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import zxingcpp

from edge import clock
from tests.conftest import CHROMIUM, PROJECT, Mosquitto
from tests.dock_agent.conftest import Place

SHOTS = PROJECT / "test-output" / "kiosk"
CONTRAST = PROJECT / "tests" / "browser" / "contrast.js"
SIZES = ((1024, 600), (1920, 1080))
LANGUAGES = ("zh", "en")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
PATIENCE_S = 30.0
# Texts that do not fit into the box they stand in; the last dockings may be cut by dots.
CUT = """() => [...document.querySelectorAll(".tile, .inside, .band, .bar, .wrong, .sheet, .told")]
  .filter((box) => box.checkVisibility())
  .filter((box) => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1)
  .map((box) => `${box.className} ${box.scrollHeight}/${box.clientHeight}: ${box.innerText}`)"""


class Kiosk:
    """`python -m dock_agent kiosk`, as the unit starts it."""

    def __init__(self, config: Path, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._config = config
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = [sys.executable, "-m", "dock_agent", "kiosk", "--config", str(self._config)]
        self._child = subprocess.Popen(words, cwd=PROJECT)
        wait("the kiosk answers", self._answers)

    def kill(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def terminate(self) -> int:
        child, self._child = self._child, None
        assert child is not None
        child.terminate()
        return child.wait(10)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.read().decode()

    def _answers(self) -> bool:
        assert self._child is None or self._child.poll() is None
        try:
            self.get("/static/icon.svg")
        except OSError:
            return False
        return True


class Scene:
    def __init__(self, place: Place, kiosk: Kiosk, browser) -> None:
        self.place, self.kiosk = place, kiosk
        self.wrong: list[str] = []
        self.foreign: list[str] = []
        self._browser = browser
        self.pages = {
            (language, size): self.open(f"/?lang={language}", size)
            for language in LANGUAGES
            for size in SIZES
        }

    @property
    def page(self):
        return self.pages["zh", SIZES[0]]

    def open(self, path: str, size: tuple[int, int] = SIZES[0]):
        page = self._browser.new_page(viewport={"width": size[0], "height": size[1]})
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", self._heard)
        page.on("request", self._asked)
        page.goto(self.kiosk.url + path)
        page.wait_for_selector("html[data-live=yes]")
        return page

    def until(self, bay: str, state: str, patience: float = PATIENCE_S) -> None:
        """Wait until every open page shows a bay in a state."""
        for page in self.pages.values():
            page.wait_for_selector(
                f'.tile[data-bay="{bay}"][data-state="{state}"]', timeout=patience * 1000
            )

    def tile(self, bay: str, language: str = "zh") -> str:
        """What a person reads on a tile."""
        return self.pages[language, SIZES[0]].inner_text(f'.tile[data-bay="{bay}"]')

    def verdict(self, bay: str) -> str:
        found = self.page.get_attribute(f'.tile[data-bay="{bay}"]', "data-verdict")
        assert found is not None
        return found

    def shoot(self, name: str) -> None:
        """Photograph every page; nothing is cut, everything has enough contrast."""
        for (language, size), page in self.pages.items():
            self.photograph(page, f"{name}.{language}.{size[0]}x{size[1]}")

    def photograph(self, page, name: str) -> Path:
        path = SHOTS / f"{name}.png"
        page.screenshot(path=path)
        cut = page.evaluate(CUT)
        assert cut == [], f"{name}: {cut}"
        assert page.evaluate(CONTRAST.read_text()) == [], name
        scrolled = "() => document.documentElement.scrollHeight - innerHeight"
        assert page.evaluate(scrolled) <= 0, name
        return path

    def _heard(self, message) -> None:
        if message.type in {"error", "warning"} and "ERR_" not in message.text:
            self.wrong.append(message.text)

    def _asked(self, request) -> None:
        if not request.url.startswith(self.kiosk.url):
            self.foreign.append(request.url)


@contextmanager
def station(folder: Path, mosquitto: Mosquitto, ports: list[int]) -> Iterator[tuple[Place, Kiosk]]:
    """Broker, central and kiosk run; the agent waits to be started."""
    place = Place(folder, mosquitto, ports[:2])
    config = place.tree.config
    config.write_text(f"{config.read_text()}\n[kiosk]\nport = {ports[2]}\n")
    kiosk = Kiosk(config, ports[2])
    place.broker.start()
    place.central.start()
    try:
        kiosk.start()
        yield place, kiosk
    finally:
        kiosk.kill()
        place.agent.kill()
        place.central.stop()
        place.broker.stop()


@contextmanager
def scene(place: Place, kiosk: Kiosk, browser) -> Iterator[Scene]:
    SHOTS.mkdir(parents=True, exist_ok=True)
    made = Scene(place, kiosk, browser)
    try:
        yield made
        assert made.wrong == []
        assert made.foreign == []
    finally:
        for page in made.pages.values():
            page.close()


@contextmanager
def chromium() -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(ARGUMENTS))
        yield started
        started.close()


@contextmanager
def frozen(place: Place) -> Iterator[None]:
    """The agent holds still, in mid-work and with its lock held."""
    child = place.agent._child
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        if child.poll() is None:
            os.kill(child.pid, signal.SIGCONT)


def decode(image: Path) -> list[str]:
    """Every QR code in a picture, by a reader that is not ours."""
    with av.open(str(image)) as opened:
        frame = next(opened.decode(video=0)).reformat(format="gray")
    plane = frame.planes[0]
    raw, line = bytes(plane), plane.line_size
    rows = b"".join(raw[y * line : y * line + frame.width] for y in range(frame.height))
    pixels = memoryview(rows).cast("B", shape=[frame.height, frame.width])
    return [found.text for found in zxingcpp.read_barcodes(pixels)]


def wait(what: str, reached: Callable[[], bool], patience: float = PATIENCE_S) -> None:
    deadline = clock.monotonic() + patience
    while not reached():
        assert clock.monotonic() < deadline, f"not reached: {what}"
        time.sleep(0.02)
