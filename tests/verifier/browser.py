"""`verify.html` in Debian's Chromium, from file://, with no network."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def opened(browser: Browser, page: Path, **options: Any) -> Page:
    """The page; whatever it complains about or asks the network for fails the test."""
    found = browser.new_context(**options).new_page()
    complaints: list[str] = []
    found.on("pageerror", lambda error: complaints.append(str(error)))
    found.on("console", lambda message: complaints.append(message.text))
    found.on("request", lambda request: complaints.append(request.url))
    found.goto(page.as_uri())
    assert complaints == [page.as_uri()]
    found.complaints = complaints  # type: ignore[attr-defined] # for `quiet`
    return found


def quiet(page: Page) -> bool:
    """Whether nothing was complained about and nothing was asked for since."""
    return len(page.complaints) == 1  # type: ignore[attr-defined] # see `opened`


def choose(page: Page, package: Path, policy: Path) -> None:
    page.set_input_files("#package", package)
    page.set_input_files("#policy", policy)


def verify(page: Page) -> dict[str, Any]:
    """Press the button, and wait for the report."""
    page.click("#start:enabled")
    page.wait_for_selector("#report", state="attached")
    report: dict[str, Any] = json.loads(page.text_content("#report") or "")
    return report
