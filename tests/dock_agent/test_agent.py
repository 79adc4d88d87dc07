"""The agent against a real broker and a small real central, by its public commands."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.evidence.segments import recording_id
from tests.conftest import Mosquitto
from tests.dock_agent.broker import Broker
from tests.dock_agent.process import Process
from tests.dock_agent.standin import Standin
from tests.dock_agent.tree import Tree, footage

pytestmark = pytest.mark.broker


class Place:
    def __init__(self, folder: Path, mosquitto: Mosquitto, ports: list[int]) -> None:
        self.tree = Tree(folder, *ports)
        self.broker = Broker(mosquitto, folder / "broker", self.tree.pki, ports[0])
        self.central = Standin(self.tree, *ports)
        self.agent = Process(self.tree)

    def all_stored(self, count: int) -> bool:
        return len(self.central.stored) == count and self.agent_state("stored") == count

    def agent_state(self, state: str) -> int:
        return self.agent.ask("status")[1]["files"][state]


@pytest.fixture
def place(tmp_path, mosquitto, free_ports: Callable[[int], list[int]]) -> Iterator[Place]:
    made = Place(tmp_path, mosquitto, free_ports(2))
    made.broker.start()
    made.central.start()
    yield made
    made.agent.kill()
    made.central.stop()
    made.broker.stop()


def test_a_docked_camera_ends_stored_at_central(place: Place) -> None:
    files = footage(1, 0, 700, 3_000_001)
    place.agent.start()
    docking = place.tree.dock(place.tree.card(files))
    place.agent.until("stored", lambda: len(place.agent.named("stored")) == 3)
    assert sorted(place.central.vault) == sorted(
        {hashlib.sha256(c).hexdigest() for c in files.values()}
    )
    (inventory,) = place.central.inventories
    assert [e.path_bytes for e in inventory.entries] == sorted(files)
    order = [e["event"] for e in place.agent.events if e["event"] in {"inventory", "copying"}]
    assert order[0] == "inventory"
    (done,) = place.agent.named("docking_done")
    assert (done["outcome"], done["files"], done["new"]) == ("complete", 3, 3)
    place.agent.until("docking/v1", lambda: len(place.central.dockings) == 1)
    assert place.central.dockings[0].docking == docking
    inventory_digest = place.central.log[1].digest
    ids = {r.recording for r in place.central.recordings.values()}
    assert ids == {recording_id(inventory_digest, path) for path in files}
