"""The demo's own site: keys, ports, broker, central and one station, all on loopback."""

import json
import secrets
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from central.demo.children import Children, run
from central.demo.desk import Desk
from central.demo.follow import Follower, SilenceError
from edge import clock

STATION = "demo-station-01"
SITE = "demo"
USER = "demo"
WITNESS = "outsider.example/demo"
BAY = "1"
_START_S = 60.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Free loopback ports."""

    http: int
    upload: int
    mqtt: int
    witness: int

    @classmethod
    def free(cls) -> "Ports":
        """Ports that the kernel says are free now, all held until each is known."""
        sockets = [socket.socket() for _ in range(4)]
        try:
            for each in sockets:
                each.bind(("127.0.0.1", 0))
            http, upload, mqtt, witness = (each.getsockname()[1] for each in sockets)
        finally:
            for each in sockets:
                each.close()
        return cls(http=http, upload=upload, mqtt=mqtt, witness=witness)


class Site:
    """Where everything of one demo run lives, and how each part is started."""

    def __init__(self, root: Path, ports: Ports) -> None:
        self.root = root
        self.ports = ports
        self.url = f"http://127.0.0.1:{ports.http}"
        self.password = secrets.token_urlsafe(9)
        self.announcements = root / "announcements"
        self.config = root / "central" / "central.toml"
        self.station = root / "station" / "station.toml"
        self.witness = root / "witness"

    def prepare(self) -> None:
        """Root key, certificate authority, configuration, a station's bundle, one account."""
        central, station = self.root / "central", self.root / "station"
        self.announcements.mkdir()
        ports = self.ports
        run(
            "central",
            "init",
            *("--data", str(central), "--site", SITE),
            *("--http-port", str(ports.http), "--upload-port", str(ports.upload)),
            *("--mqtt-port", str(ports.mqtt)),
            *("--outsider", f"http://127.0.0.1:{ports.witness}"),
        )
        config = ("--config", str(self.config))
        run(
            "central",
            *("enrol", STATION, *config, "--out", str(station)),
            *("--announcements", str(self.announcements)),
        )
        self._name_witness(config)
        secret = self.root / "password"
        secret.touch(mode=0o600)
        secret.write_text(self.password, encoding="utf-8")
        run(
            "central",
            *("user", "add", USER, *config, "--role", "handler"),
            *("--password-file", str(secret)),
        )

    def _name_witness(self, config: tuple[str, str]) -> None:
        """Keys of an outside witness; the policy asks for it and for one station."""
        keys = ("--key", str(self.witness / "key"), "--state", str(self.witness / "state"))
        vkey = run("edge.witness", "keygen", "--name", WITNESS, *keys).strip()
        run("central", "policy", "witness", vkey, *config)
        run("central", "policy", "quorum", "--stations", "1", "--outsiders", "1", *config)
        policy = json.loads((self.root / "central" / "trust" / "policy.json").read_bytes())
        logs = self.witness / "logs"
        logs.write_text("".join(f"{log['vkey']}\n" for log in policy["logs"]), encoding="utf-8")

    def start_witness(self, children: Children) -> None:
        """The outside witness: in real life a machine of somebody else's."""
        files = ((name, str(self.witness / name)) for name in ("key", "logs", "state"))
        words = [word for name, path in files for word in (f"--{name}", path)]
        listen = ("--listen", f"127.0.0.1:{self.ports.witness}")
        child = children.start("witness", "edge.witness", *listen, *words)
        deadline = clock.monotonic() + _START_S
        while not _listens(self.ports.witness):
            child.check()
            _wait_until(deadline, f"a listener on port {self.ports.witness}")

    def start_broker(self, children: Children) -> None:
        """Mosquitto, through the command that any embedded site uses."""
        child = children.start("broker", "central", "broker", "run", "--config", str(self.config))
        deadline = clock.monotonic() + _START_S
        while not _listens(self.ports.mqtt):
            child.check()
            _wait_until(deadline, f"a listener on port {self.ports.mqtt}")

    def start_central(self, children: Children, desk: Desk) -> None:
        """Central, until its health page answers."""
        child = children.start("central", "central", "serve", "--config", str(self.config))
        deadline = clock.monotonic() + _START_S
        while not desk.healthy():
            child.check()
            _wait_until(deadline, f"central to answer at {self.url}")

    def start_station(self, children: Children, follower: Follower) -> None:
        """The dock agent, its events handed to `follower`."""
        words = ("run", "--config", str(self.station), "--events")
        children.start("station", "dock_agent", *words, on_line=follower.hear)

    def dock(self, card: Path, serial: str) -> None:
        """Announce the card as the bay helper does for a mounted camera."""
        run(
            "firmware_hooks",
            *("announce", "--bay", BAY, "--folder", str(card)),
            *("--announcements", str(self.announcements), "--serial", serial),
        )

    def undock(self) -> None:
        """Withdraw the announcement, as on a pulled camera."""
        run(
            "firmware_hooks",
            *("retract", "--bay", BAY, "--announcements", str(self.announcements)),
        )

    def copy_trust(self, to: Path) -> None:
        """What a verifier must be handed by another way than the package."""
        to.mkdir(parents=True, exist_ok=True)
        for name in ("policy.json", "root.pem"):
            shutil.copyfile(self.root / "central" / "trust" / name, to / name)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_until(deadline: float, what: str) -> None:
    if clock.monotonic() > deadline:
        message = f"expected {what} within {_START_S:.0f} s, found nothing"
        raise SilenceError(message)
    time.sleep(_POLL_S)
