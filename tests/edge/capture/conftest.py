"""One station with a recorder, and a sound device where the machine can have one."""

from collections.abc import Iterator

import pytest

from tests.edge.capture.process import Station
from tests.edge.capture.sound import write_device


@pytest.fixture
def station(tmp_path) -> Iterator[Station]:
    made = Station(tmp_path)
    yield made
    if made.child is not None:
        made.end(kill=True)


@pytest.fixture
def speaking(station) -> Station:
    """A station with a microphone."""
    station.environment["ALSA_CONFIG_PATH"] = str(write_device(station.root))
    return station
