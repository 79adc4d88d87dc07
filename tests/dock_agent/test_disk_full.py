"""A full disk is said, nothing is lost, and work goes on when there is room."""

import os
import subprocess

import pytest

from tests.dock_agent.conftest import Place
from tests.dock_agent.tree import os_path

pytestmark = [pytest.mark.broker, pytest.mark.root]


def mount(place: Place, size: str, *, again: bool = False) -> None:
    options = f"{'remount,' if again else ''}size={size}"
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place.tree.data)]
    subprocess.run(command, check=True)


def test_full_disk_is_reported_and_the_file_is_taken_when_there_is_room(place: Place) -> None:
    card = place.tree.card({b"DCIM/long.mp4": b"", b"DCIM/short.mp4": b"s"})
    os.truncate(os_path(card, b"DCIM/long.mp4"), 60_000_000)
    place.tree.data.mkdir()
    mount(place, "300m")  # the vault keeps 256 MiB of it for the ledger
    try:
        place.agent.start()
        place.tree.dock(card)
        place.stored(1)
        place.closed(1)
        assert place.central.dockings[0].outcome == "incomplete"
        assert [p.code for p in place.central.dockings[0].problems] == ["DISK_FULL"]
        assert "DISK_FULL" in place.codes()
        mount(place, "500m", again=True)
        place.stored(2)
        place.closed(2)
        assert place.central.dockings[1].outcome == "complete"
        assert len(place.central.recordings) == 2
        assert len(place.central.inventories) == 1
        assert place.codes() == set()
    finally:
        place.agent.kill()
        subprocess.run(["umount", str(place.tree.data)], check=True)
