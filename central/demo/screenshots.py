"""`./run screenshots`: the pictures of the README, taken from a journey that really ran.

Walks the demo's journey, opens its pages in Debian's Chromium in both languages, and writes
PNG files. Needs the development requirements and Chromium.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from central.demo.camera import fill_card
from central.demo.children import Children
from central.demo.desk import Desk
from central.demo.follow import Follower
from central.demo.journey import Journey
from central.demo.narrator import Narrator
from central.demo.site import USER, Ports, Site
from central.demo.words import LANGUAGES, Words

_PROJECT = Path(__file__).resolve().parents[2]
_TO = _PROJECT / "central" / "web" / "screenshots"
_PLAYED_MS = 2500
_BROWSER_WORDS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def main(words: list[str] | None = None) -> int:
    """Take the pictures; exit 3 where Chromium is missing."""
    parser = argparse.ArgumentParser(prog="./run screenshots", description=__doc__)
    parser.add_argument(
        "--to", metavar="DIR", type=Path, default=_TO, help="where to (%(default)s)"
    )
    arguments = parser.parse_args(words)
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("run: expected Debian's package chromium, found none\n")
        return 3
    arguments.to.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="liuhen-demo-") as folder,
        _journey(Path(folder)) as journey,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=list(_BROWSER_WORDS))
        for language in LANGUAGES:
            _take(browser, journey, language, arguments.to)
        browser.close()
    return 0


@contextmanager
def _journey(root: Path) -> Iterator[Journey]:
    """A journey that has been walked, its site still up."""
    site, card = Site(root, Ports.free()), root / "card"
    fill_card(card, _PROJECT / "tests" / "samples")
    with Children(root / "logs") as children, Desk(site.url) as desk:
        journey = Journey(
            narrator=Narrator(Console(), Words("en")),
            site=site,
            children=children,
            follower=Follower(children),
            desk=desk,
            card=card,
            out=root / "kept",
            own_card=False,
        )
        journey.out.mkdir()
        journey.run()
        yield journey


def _take(browser: Browser, journey: Journey, language: str, to: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800}, device_scale_factor=1)
    url = journey.site.url
    page.goto(f"{url}/login?lang={language}")
    page.fill("input[name=user]", USER)
    page.fill("input[name=password]", journey.site.password)
    page.click("button[type=submit]")
    page.wait_for_url("**/recordings**")
    playable = next(row["id"] for row in journey.recordings if "_0902" in row["path"])
    pages = {
        "recordings": "/recordings",
        "recording": f"/recordings/{playable}",
        "case": f"/cases/{journey.case}",
    }
    for name, path in pages.items():
        page.goto(f"{url}{path}?lang={language}", wait_until="networkidle")
        if name == "recording":
            _play_a_little(page)
        target = to / f"{name}.{language}.png"
        page.screenshot(path=target, full_page=name != "recording")
        sys.stdout.write(f"{target}\n")
    page.close()


def _play_a_little(page: Page) -> None:
    """Show a frame of the footage instead of an empty player."""
    player = page.locator("video")
    player.evaluate("player => player.play()")
    page.wait_for_timeout(_PLAYED_MS)
    player.evaluate("player => player.pause()")


if __name__ == "__main__":
    sys.exit(main())
