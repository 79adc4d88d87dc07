"""kill -9 at random moments of the journey: the same result, nothing lost, nothing doubled.

The seed is printed; `LIUHEN_KILL_SEED` replays it.
"""

import json
import os
import random
import time
from pathlib import Path

import pytest

from central.demo import offline
from central.demo.children import Child, Children, run
from central.demo.desk import Desk
from central.demo.follow import Follower
from central.demo.site import STATION, USER, Ports, Site
from edge import clock

MOMENTS = 10
FILES = 8
PATIENCE_S = 90.0

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


def card_of(folder: Path, seed: int) -> Path:
    """A card whose copying takes long enough to be hit in the middle."""
    source = random.Random(seed)
    media = folder / "DCIM" / "100MEDIA"
    media.mkdir(parents=True)
    for number in range(FILES):
        size = source.choice((0, 700, 1 << 20, 3_000_001, 9_000_000))
        name = f"DCAM_LH2026A7_012345_20261121_0902{number:02d}.mp4"
        (media / name).write_bytes(source.randbytes(size))
    return folder


@pytest.fixture(scope="module")
def seed() -> int:
    chosen = int(os.environ.get("LIUHEN_KILL_SEED", time.time_ns() % 1_000_000))
    print(f"LIUHEN_KILL_SEED={chosen}")
    return chosen


@pytest.mark.parametrize("victim", ["station", "central"])
def test_killed_at_random_moments_ends_the_same(victim, seed, tmp_path):
    print(f"LIUHEN_KILL_SEED={seed}")
    source = random.Random(f"{seed}-{victim}")
    site = Site(tmp_path, Ports.free())
    card = card_of(tmp_path / "card", seed)
    site.prepare()
    with Children(tmp_path / "logs") as children, Desk(site.url) as desk:
        site.start_broker(children)
        site.start_witness(children)
        site.start_central(children, desk)
        follower = Follower(children)
        site.start_station(children, follower)
        site.dock(card, "LH2026A7")
        for _ in range(MOMENTS):
            time.sleep(source.uniform(0.0, 1.2))
            kill(children, victim)
            if victim == "station":
                site.start_station(children, follower)
            else:
                site.start_central(children, desk)
        desk.sign_in(USER, site.password)
        rows = all_stored(desk, children)
        assert_exactly_the_card(rows, card)
        assert_package_holds(desk, rows, site, tmp_path)
    fsck = run("central", "fsck", "--config", str(site.config), "--json")
    assert json.loads(fsck)["findings"] == []
    assert STATION in (tmp_path / "station" / "station.toml").read_text(encoding="utf-8")


def kill(children: Children, name: str) -> None:
    child: Child = next(c for c in reversed(children.running) if c.name == name)
    child.process.kill()
    child.process.wait()
    children.running.remove(child)


def all_stored(desk: Desk, children: Children) -> list[dict]:
    deadline = clock.monotonic() + PATIENCE_S
    while clock.monotonic() < deadline:
        children.check()
        rows = desk.recordings()
        if len(rows) >= FILES and all(row["state"] == "stored" for row in rows):
            time.sleep(1.0)  # a doubled recording would come now
            return desk.recordings()
        time.sleep(0.3)
    pytest.fail(f"not all stored after {PATIENCE_S} s: {desk.recordings()}")


def assert_exactly_the_card(rows: list[dict], card: Path) -> None:
    expected = sorted(
        (str(path.relative_to(card)), path.stat().st_size)
        for path in card.rglob("*")
        if path.is_file()
    )
    assert sorted((row["path"], row["size"]) for row in rows) == expected
    assert len({row["id"] for row in rows}) == FILES


def assert_package_holds(desk: Desk, rows: list[dict], site: Site, folder: Path) -> None:
    import zipfile

    case = desk.open_case("陵市监罚〔2026〕13号", "kill")
    for row in rows:
        desk.link(case["id"], row["id"], "test")
    archive = folder / "package.zip"
    desk.download(desk.export(case["id"], "test"), archive)
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder / "package")
    site.copy_trust(folder / "trust")
    assert offline.verify(folder / "package", folder / "trust", expect=0)["ok"] is True
