"""A real site for each test: made by `init`, opened, closed; a broker where one is asked for."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from central import config
from central.opening import open_central
from central.pki.enrolment import NewStation, enrol
from central.pki.site import NewSite, init
from edge import clock
from tests.central.station import Station


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SiteUnderTest:
    """One site on disk, and its stations."""

    def __init__(self, root: Path) -> None:
        self.mqtt_port = free_port()
        self.root = root
        self.made = init(
            NewSite(
                folder=root / "central",
                name="test",
                http_port=free_port(),
                upload_port=free_port(),
                mqtt_port=self.mqtt_port,
            ),
            clock.now(),
        )
        self.config = config.load(self.made.config)

    def enrol(self, station: str) -> Station:
        out = self.root / station
        new = NewStation(
            id=station,
            out=out,
            host="127.0.0.1",
            mqtt_port=self.mqtt_port,
            upload_port=self.config.upload.port,
        )
        enrol(self.made, new, clock.now())
        return Station(station, out)

    def open(self, **options):
        return open_central(self.config, **options)


@pytest.fixture
def site(tmp_path):
    return SiteUnderTest(tmp_path)


@pytest.fixture
def station(site):
    return site.enrol("st-01")


@pytest.fixture
def opened(site, station):
    with site.open() as central:
        yield central


@pytest.fixture
def broker(site):
    child = subprocess.Popen(
        [sys.executable, "-m", "central", "broker", "run", "--config", str(site.made.config)]
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", site.mqtt_port)) == 0:
                break
        assert child.poll() is None
        time.sleep(0.05)
    yield child
    child.terminate()
    child.wait(10)
