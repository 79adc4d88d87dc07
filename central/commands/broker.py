"""`central broker run`: Mosquitto on this machine, with the generated configuration."""

import argparse
import signal
from types import FrameType

from central import config
from central.broker.process import start
from central.commands.options import add_config
from central.errors import BrokerFailedError


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
    status = child.wait()
    if not asked:
        raise BrokerFailedError(
            expected=f"mosquitto to keep running on port {settings.mqtt.port}",
            found=f"it ended with {status}; its last lines above say why",
            status=status,
        )
    return 0
