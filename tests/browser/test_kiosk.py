"""A shift change in front of the officer's screen: cameras docked, pulled, docked again.

Cameras come and go through the bay helper's own command, and a person's view is all that
is read: tiles, and the QR code by a reader that is not ours, held against central's log.
"""

import os
import subprocess
import sys

import pytest

from dock_agent.kiosk.receipt import Receipt, files_root
from edge.evidence.digest import Digest
from edge.evidence.statement import Docking, Statement
from tests.conftest import PROJECT
from tests.dock_agent.kiosk.scene import SHOTS, Scene, chromium, decode, scene, station, wait
from tests.dock_agent.tree import footage, os_path

pytestmark = [pytest.mark.browser, pytest.mark.broker]

LONG = b"DCIM/100MEDIA/DCAM_LH002_012388_20261121_090500.mp4"


@pytest.fixture(scope="module")
def browser():
    pytest.importorskip("playwright.sync_api")
    with chromium() as started:
        yield started


@pytest.fixture
def shown(tmp_path, mosquitto, free_ports, browser):
    with (
        station(tmp_path, mosquitto, free_ports(3)) as (place, kiosk),
        scene(place, kiosk, browser) as made,
    ):
        yield made


def hooks(shown: Scene, *words: str) -> None:
    folder = str(shown.place.tree.announcements)
    command = [sys.executable, "-m", "firmware_hooks", *words, "--announcements", folder]
    subprocess.run(command, check=True, cwd=PROJECT, capture_output=True)


def dock(shown: Scene, bay: str, card, serial: str) -> None:
    hooks(shown, "announce", "--bay", bay, "--folder", str(card), "--serial", serial)


def pull(shown: Scene, bay: str) -> None:
    hooks(shown, "retract", "--bay", bay)


def test_cameras_are_docked_pulled_and_docked_again(shown: Scene) -> None:
    place = shown.place
    place.agent.start()
    whole = place.tree.card(footage(1, 0, 700, 3_000_001), name="whole")
    cut = place.tree.card({LONG: b""}, name="cut")
    os.truncate(os_path(cut, LONG), 300_000_000)
    dock(shown, "1", whole, "LH001")
    dock(shown, "2", cut, "LH002")
    wait("bay 2 copies", lambda: any(e["bay"] == "2" for e in place.agent.named("copying")))
    assert shown.verdict("2") == "stay"
    pull(shown, "2")
    shown.until("2", "pulled")
    assert "请放回" in shown.tile("2")
    assert "Dock it again" in shown.tile("2", "en")
    shown.until("1", "stored")
    assert "可以取走" in shown.tile("1")
    pull(shown, "1")
    shown.until("1", "idle")
    dock(shown, "1", cut, "LH002")
    shown.until("1", "stored")
    shown.until("2", "idle")
    dock(shown, "2", whole, "LH001")
    shown.until("2", "nothing-new")
    assert "没有新文件" in shown.tile("2")
    assert shown.page.locator("#past li").count() == 3


def test_no_card_is_called_safe_before_its_docking_is_sealed(shown: Scene) -> None:
    """Every change that the page ever showed, against the order of the agent's events."""
    place = shown.place
    shown.page.evaluate("""() => {
      window.seen = [];
      new MutationObserver(() => {
        const tile = document.querySelector('.tile[data-bay="1"]');
        if (tile) seen.push([tile.dataset.verdict, Date.now()]);
      }).observe(document.getElementById("tiles"), { childList: true });
    }""")
    place.agent.start()
    card = place.tree.card(footage(2, *([400_000] * 12)))
    dock(shown, "1", card, "LH001")
    shown.until("1", "stored")
    seen = shown.page.evaluate("() => window.seen")
    first = next(at for verdict, at in seen if verdict == "take")
    assert {verdict for verdict, at in seen if at < first} <= {"free", "out", "stay"}
    assert {verdict for verdict, at in seen if at >= first} == {"take"}
    done = place.agent.named("docking_done")[0]["at"]
    sealed = shown.page.evaluate("(at) => Date.parse(at)", done)
    assert sealed <= first


def test_the_agent_is_killed_and_comes_back_and_the_screen_with_it(shown: Scene) -> None:
    place = shown.place
    place.agent.start()
    card = place.tree.card({LONG: b""})
    os.truncate(os_path(card, LONG), 300_000_000)
    dock(shown, "1", card, "LH002")
    shown.until("1", "copying")
    place.agent.kill()
    shown.until("1", "stalled")
    shown.until("2", "out")
    assert "Do not remove" in shown.tile("1", "en")
    place.agent.start()
    shown.until("2", "idle")
    shown.until("1", "stored")
    place.agent.kill()
    shown.page.wait_for_selector('.wrong[data-code="AGENT_NOT_RUNNING"]')
    assert shown.verdict("1") == "take"  # what is sealed stays sealed


def test_the_kiosk_is_killed_and_open_pages_find_it_again(shown: Scene) -> None:
    place = shown.place
    place.agent.start()
    shown.until("1", "idle")
    shown.kiosk.kill()
    shown.page.wait_for_selector("html[data-live=no]", timeout=20_000)
    assert shown.page.is_visible("#lost")
    dock(shown, "1", place.tree.card(footage(4, 900)), "LH001")
    shown.kiosk.start()
    shown.until("1", "stored")
    assert not shown.page.is_visible("#lost")


def test_the_receipt_that_the_code_carries_is_what_the_log_holds(shown: Scene) -> None:
    place = shown.place
    place.agent.start()
    files = footage(9, 0, 700, 2_000_001)
    dock(shown, "1", place.tree.card(files), "LH 001/ü")
    shown.until("1", "stored")
    link = '.tile[data-bay="1"] .receipt'
    docking = shown.page.get_attribute('.tile[data-bay="1"]', "data-docking")
    wait("logged", lambda: "log ?" not in shown.kiosk.get(f"/receipt.txt?docking={docking}"))
    on_tile = SHOTS / "tile-code.png"
    wait("its code is drawn again", lambda: "log ?" not in _code(shown, link, on_tile))
    shown.page.click(link)
    shown.page.wait_for_selector(".code .qr")
    (text,) = decode(shown.photograph(shown.page, "receipt.zh.1024x600"))
    assert text == _code_of(on_tile)
    receipt = Receipt.parse(text)
    central = place.central
    assert receipt.index == central.index[receipt.closing]
    envelope = central.log[receipt.index]
    assert envelope.digest == receipt.closing
    closing = Statement.parse(envelope.payload).predicate
    assert isinstance(closing, Docking)
    assert (closing.docking, closing.bay, closing.outcome) == (docking, "1", receipt.outcome)
    assert closing.finished == receipt.at
    assert receipt.camera == closing.camera.serial == "LH 001/ü"
    recordings = central.recordings.values()
    logged = [(each.source.path_bytes, each.file.sha256) for each in recordings]
    assert receipt.root == files_root(logged)
    assert receipt.root == files_root([(path, Digest.of(raw)) for path, raw in files.items()])
    assert (receipt.proven, receipt.files, receipt.stored) == (3, 3, 3)
    assert receipt.size == sum(map(len, files.values()))
    assert (receipt.error_ms, receipt.source) == (
        central.inventories[0].time.error_ms,
        central.inventories[0].time.source,
    )


def test_a_receipt_returns_to_the_bays_and_a_language_lasts_one_visit(shown: Scene) -> None:
    shown.place.agent.start()
    dock(shown, "1", shown.place.tree.card(footage(3, 10)), "LH001")
    shown.until("1", "stored")
    page = shown.open("/")
    assert page.get_attribute("html", "lang") == "zh-Hans"
    page.click("[data-key=lang-en]")
    page.click("#past a")
    page.wait_for_selector("text=Everything on the card is sealed")
    page.click("[data-key=back]")
    page.wait_for_selector("text=Safe to take")
    small = page.evaluate("""() => [...document.querySelectorAll("a")]
      .map((link) => link.getBoundingClientRect())
      .filter((box) => box.width && (box.height < 44 || box.width < 44)).length""")
    assert small == 0
    page.close()


def _code(shown: Scene, selector: str, into) -> str:
    shown.page.screenshot(path=into)
    return _code_of(into)


def _code_of(picture) -> str:
    return "".join(decode(picture)) or "log ?"
