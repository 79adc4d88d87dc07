"""Every state of the officer's screen, as a real station comes to it; pictures of each.

Pictures go to test-output/kiosk/<state>.<language>.<width>x<height>.png, for people to look
at. Nothing is fed to the page: a real agent works against a real broker and a small real
central, and is stopped (SIGSTOP), killed or cut off where a state would pass too quickly.
"""

import os
import subprocess
import time
from pathlib import Path

import pytest

from dock_agent.ledger import Ledger
from tests.dock_agent.conftest import Place
from tests.dock_agent.kiosk.scene import (
    SIZES,
    Scene,
    chromium,
    decode,
    frozen,
    scene,
    station,
    wait,
)
from tests.dock_agent.tree import footage, os_path

pytestmark = [pytest.mark.browser, pytest.mark.broker]

LONG = b"DCIM/100MEDIA/DCAM_LH002_012388_20261121_090500.mp4"
MIB = 1 << 20


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


def long_card(place: Place, name: str = "long", size: int = 400) -> Path:
    short = {LONG.replace(b"0905", b"0%d" % n): b"film" * n for n in (901, 912)}
    card = place.tree.card({LONG: b"", **short}, name=name)
    os.truncate(os_path(card, LONG), size * MIB)
    return card


def in_mid_copy(shown: Scene, share: float = 0.3) -> None:
    def reached() -> bool:
        told = shown.place.agent.named("copying")
        return bool(told) and told[-1]["bytes"] > share * told[-1]["total"]

    wait("mid-copy", reached)


def test_idle_detected_copying_and_the_agent_killed(shown: Scene) -> None:
    place = shown.place
    place.agent.start()
    shown.until("4", "idle")
    shown.page.wait_for_selector('[data-fact=network][data-value="fine"]')
    shown.shoot("idle")
    with frozen(place):
        place.tree.dock(long_card(place), serial="LH002")
        shown.until("1", "detected")
        assert shown.verdict("1") == "stay"
        shown.shoot("detected")
    in_mid_copy(shown)
    with frozen(place):
        shown.until("1", "copying")
        shown.shoot("copying")
        told = shown.tile("1")
        assert "请勿取走" in told
        assert "012388" in told
        assert "LH002" in told
        place.agent.kill()
    shown.until("1", "stalled")
    assert shown.verdict("1") == "stay"
    shown.shoot("agent-down")
    assert "AGENT_NOT_RUNNING" in shown.page.inner_text("#wrong")
    place.agent.start()
    shown.until("1", "stored")


def test_sealing(shown: Scene) -> None:
    place = shown.place
    place.agent.start()
    place.agent.until("its ledger", place.tree.data.joinpath("ledger.sqlite").is_file)
    ledger = Ledger(place.tree.data / "ledger.sqlite")
    place.tree.dock(place.tree.card({LONG: b"no film" * 1000}), serial="LH002")
    wait("copied and not yet sealed", lambda: ledger.files.counts() == {"copied": 1})
    with frozen(place):
        shown.until("1", "sealing")
        assert shown.verdict("1") == "stay"
        shown.shoot("sealing")
    shown.until("1", "stored")


def test_sending_and_stored_and_nothing_new(shown: Scene) -> None:
    place = shown.place
    place.central.mute = True
    place.agent.start()
    card = place.tree.card(footage(1, 0, 700, 3_000_001))
    place.tree.dock(card)
    shown.until("1", "sending")
    assert shown.verdict("1") == "take"
    shown.shoot("safe-sending")
    place.central.mute = False
    shown.until("1", "stored")
    shown.shoot("safe-stored")
    place.tree.undock()
    shown.until("1", "idle")
    place.tree.dock(card, bay="2")
    shown.until("2", "nothing-new")
    assert shown.verdict("2") == "take"
    shown.shoot("nothing-new")


def test_waiting_for_the_network_and_its_receipt(shown: Scene) -> None:
    place = shown.place
    place.broker.stop()
    place.agent.start()
    docking = place.tree.dock(place.tree.card(footage(3, 5_000, 700)))
    shown.page.wait_for_selector('[data-fact=network][data-value="down"]')
    shown.until("1", "waiting")
    assert shown.verdict("1") == "take"
    shown.shoot("safe-waiting")
    pages = {
        (language, size): shown.open(f"/receipt?docking={docking}&lang={language}", size)
        for language in ("zh", "en")
        for size in SIZES
    }
    for (language, size), page in pages.items():
        assert page.get_attribute(".where", "data-log") == "no"
        picture = shown.photograph(page, f"receipt-waiting.{language}.{size[0]}x{size[1]}")
        (text,) = decode(picture)
        assert "\nlog ?\n" in text
    place.broker.start()
    for (language, size), page in pages.items():
        page.wait_for_selector(".where[data-log=yes]", timeout=60_000)
        page.wait_for_function("document.querySelector('.where').textContent.length > 10")
        shown.photograph(page, f"receipt-logged.{language}.{size[0]}x{size[1]}")
        page.close()


def test_pulled_too_early_and_docked_again(shown: Scene) -> None:
    place = shown.place
    place.agent.start()
    card = long_card(place)
    place.tree.dock(card, serial="LH002")
    in_mid_copy(shown)
    place.tree.undock()
    shown.until("1", "pulled")
    assert shown.verdict("1") == "return"
    shown.shoot("pulled")
    place.tree.dock(card, bay="3", serial="LH002")
    shown.until("3", "stored")
    shown.until("1", "idle")


def test_failed_files_empty_card_and_a_bay_that_cannot_be_read(shown: Scene) -> None:
    place = shown.place
    place.agent.start()
    linked = place.tree.card(footage(6, 900, 400), name="linked")
    (linked / "DCIM" / "shortcut.mp4").symlink_to("/etc/hostname")
    place.tree.dock(linked, bay="1", serial="LH006")
    lost = long_card(place)
    place.tree.dock(lost, bay="2", serial="LH002")
    in_mid_copy(shown, 0.05)
    with frozen(place):
        gone = next((lost / "DCIM" / "100MEDIA").glob("*_0912*"))
        gone.rename(lost / "moved.mp4")
    empty = place.tree.root / "empty"
    empty.mkdir()
    place.tree.dock(empty, bay="3", serial="LH007")
    (place.tree.announcements / "4.json").write_text("{")
    for bay, state in (("1", "failed"), ("2", "failed"), ("3", "empty"), ("4", "unreadable")):
        shown.until(bay, state)
    assert [shown.verdict(bay) for bay in "1234"] == ["stay", "stay", "take", "stay"]
    assert "LINK_NOT_FOLLOWED" in shown.tile("1", "en")
    shown.shoot("failed-empty-unreadable")
    docking = shown.page.get_attribute('.tile[data-bay="1"]', "data-docking")
    for language in ("zh", "en"):
        page = shown.open(f"/receipt?docking={docking}&lang={language}")
        shown.photograph(page, f"receipt-incomplete.{language}.1024x600")
        page.close()


@pytest.mark.root
def test_disk_full(shown: Scene) -> None:
    place = shown.place
    place.tree.data.mkdir(exist_ok=True)
    tmpfs = ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(place.tree.data)]
    subprocess.run(tmpfs, check=True)  # the vault keeps 256 MiB of it for the ledger
    try:
        place.agent.start()
        place.tree.dock(long_card(place, size=60), serial="LH002")
        shown.until("1", "disk-full")
        assert shown.verdict("1") == "stay"
        assert "将满" in shown.page.inner_text("[data-fact=disk]")
        shown.shoot("disk-full")
    finally:
        place.agent.kill()
        shown.kiosk.kill()
        subprocess.run(["umount", str(place.tree.data)], check=True)


def test_unregistered_camera_recorder_and_more_bays_than_four(shown: Scene) -> None:
    place = shown.place
    place.agent.start()
    place.tree.dock(place.tree.card(footage(7, 900), name="plain"), bay="1", serial=None)
    names = (b"DCIM/20261123/STN_dock-01_20261123_083015.mp4",)
    own = place.tree.card(dict.fromkeys(names, b"station"), name="own")
    place.tree.dock(own, bay="recorder", serial="STN_dock-01")
    shown.until("1", "stored")
    shown.page.wait_for_selector('.recorder[data-state="stored"]')
    assert "未登记" in shown.tile("1")
    assert shown.page.locator('.tile[data-bay="recorder"]').count() == 0
    time.sleep(1)
    shown.shoot("unregistered-and-recorder")
    with frozen(place):
        for bay in "567":
            card = place.tree.card(footage(int(bay), 800), name=f"card{bay}")
            place.tree.dock(card, bay=bay, serial=f"LH00{bay}")
        shown.until("7", "detected")
    for bay in "567":
        shown.until(bay, "stored")
    shown.shoot("seven-bays")


def test_a_screen_that_lost_the_station_shows_no_verdict(shown: Scene) -> None:
    place = shown.place
    place.agent.start()
    place.tree.dock(place.tree.card(footage(8, 900)))
    shown.until("1", "stored")
    shown.kiosk.kill()
    for page in shown.pages.values():
        page.wait_for_selector("html[data-live=no]", timeout=20_000)
        assert not page.is_visible(".tile")
    shown.shoot("screen-lost")
    shown.kiosk.start()
    for page in shown.pages.values():
        page.wait_for_selector("html[data-live=yes]", timeout=30_000)
        page.wait_for_selector('.tile[data-state="stored"]')


def test_a_working_morning(shown: Scene) -> None:
    """All four bays at work, as in the picture of the README."""
    place = shown.place
    place.agent.start()
    place.tree.dock(place.tree.card(footage(1, 0, 700, 3_000_001), name="a"), bay="2")
    shown.until("2", "stored")
    pulled = long_card(place, name="p", size=300)
    place.tree.dock(pulled, bay="4", serial="LH004")
    wait("copying in bay 4", lambda: any(e["bay"] == "4" for e in place.agent.named("copying")))
    place.tree.undock("4")
    shown.until("4", "pulled")
    place.agent.events.clear()
    place.tree.dock(long_card(place, name="b"), bay="1", serial="LH002")
    in_mid_copy(shown)
    with frozen(place):
        shown.until("1", "copying")
        shown.shoot("morning")
