"""One station, a real broker and a small real central, together."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Mosquitto
from tests.dock_agent.broker import Broker
from tests.dock_agent.process import Process
from tests.dock_agent.standin import Standin
from tests.dock_agent.tree import Tree


class Place:
    def __init__(self, folder: Path, mosquitto: Mosquitto, ports: list[int]) -> None:
        self.tree = Tree(folder, *ports)
        self.broker = Broker(mosquitto, folder / "broker", self.tree.pki, ports[0])
        self.central = Standin(self.tree, *ports)
        self.agent = Process(self.tree)

    def stored(self, count: int) -> None:
        """Wait until the station holds that many verified stored receipts."""
        self.agent.until(f"{count} stored", lambda: len(self.agent.named("stored")) >= count)

    def closed(self, count: int) -> None:
        self.agent.until(
            f"{count} dockings at central", lambda: len(self.central.dockings) >= count
        )

    def files(self) -> dict[str, int]:
        return self.agent.ask("status")[1]["files"]

    def codes(self) -> set[str]:
        return {each["code"] for each in self.agent.ask("status")[1].get("problems", ())}


@pytest.fixture
def place(tmp_path, mosquitto, free_ports: Callable[[int], list[int]]) -> Iterator[Place]:
    made = Place(tmp_path, mosquitto, free_ports(2))
    made.broker.start()
    made.central.start()
    yield made
    made.agent.kill()
    made.central.stop()
    made.broker.stop()
