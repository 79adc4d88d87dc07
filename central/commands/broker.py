"""`central broker run`: Mosquitto on this machine, with the generated configuration."""

import argparse
import signal
import subprocess
from pathlib import Path
from types import FrameType

from central import config
from central.broker.process import revocations_of, start
from central.commands.options import add_config
from central.errors import BrokerFailedError

_LOOK_S = 2.0


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "broker",
        help="run the broker of this site",
        description="Run Mosquitto with a configuration made from central.toml: TLS 1.3,"
        " client certificates, one pair of topics per station.",
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    runner = actions.add_parser("run", help="run until SIGTERM or Ctrl-C")
    add_config(runner)
    runner.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    child = start(settings)
    asked = False

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        child.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    status = _follow(child, revocations_of(settings))
    if not asked:
        raise BrokerFailedError(
            expected=f"mosquitto to keep running on port {settings.mqtt.port}",
            found=f"it ended with {status}; its last lines above say why",
            status=status,
        )
    return 0


def _follow(child: "subprocess.Popen[bytes]", revocations: Path) -> int:
    """Wait for the broker's end; have it read the list of revoked certificates when it changes."""
    known = _stamp(revocations)
    while True:
        try:
            return child.wait(_LOOK_S)
        except subprocess.TimeoutExpired:
            found = _stamp(revocations)
            if found != known:
                known = found
                child.send_signal(signal.SIGHUP)


def _stamp(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
