"""`python -m dock_agent`: run the agent, or ask it how it is.

Exit status: 0 fine, 1 a problem was found, 2 wrong usage or configuration.
"""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dock_agent import log, recheck, show, status
from dock_agent.config import StationConfig, load
from dock_agent.errors import AgentError, ConfigError, IdentityError
from dock_agent.events import EventStream, json_lines
from dock_agent.kiosk.wire import teller
from dock_agent.ledger import Ledger
from dock_agent.retry import retry
from dock_agent.vault import Vault

FINE, PROBLEM, USAGE = 0, 1, 2
_STATES = ("listed", "copied", "sealed", "logged", "stored", "known", "failed")


def main(words: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(words)
    log.begin(verbose=getattr(arguments, "verbose", False))
    try:
        if arguments.command == "enrol":
            return _enrol(arguments)
        config = load(arguments.config)
        code: int = arguments.act(config, arguments)
    except (ConfigError, IdentityError) as bad:
        return _complain(bad, USAGE)
    except AgentError as bad:
        return _complain(bad, PROBLEM)
    except BrokenPipeError:
        return FINE
    return code


def _run(config: StationConfig, arguments: argparse.Namespace) -> int:
    from dock_agent.agent import Agent

    events = EventStream()
    if arguments.events:
        events.subscribe(json_lines(sys.stdout))
    if config.kiosk.enabled:
        events.subscribe(teller(config.data))
    agent = Agent(config, events)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: agent.stop())
    agent.run()
    return FINE


def _enrol(arguments: argparse.Namespace) -> int:
    from dock_agent.enrol import Invitation, enrol

    invited = Invitation(
        url=arguments.central,
        token=arguments.token,
        station=arguments.station,
        origin=arguments.log,
    )
    told = enrol(invited, arguments.out)
    print(f"enrolled: {arguments.out / 'station.toml'}\nidentity {told}")
    return FINE


def _kiosk(config: StationConfig, _arguments: argparse.Namespace) -> int:
    from dock_agent.kiosk.serve import serve

    return serve(config)


def _status(config: StationConfig, arguments: argparse.Namespace) -> int:
    answer = status.status(config, Ledger.existing(config.ledger))
    return _answer(answer, arguments, show.status, ok=answer["ok"])


def _bays(config: StationConfig, arguments: argparse.Namespace) -> int:
    return _answer(status.bays(config, Ledger.existing(config.ledger)), arguments, show.bays)


def _recordings(config: StationConfig, arguments: argparse.Namespace) -> int:
    answer = status.recordings(
        Ledger.existing(config.ledger),
        after=arguments.after,
        limit=arguments.limit,
        state=arguments.state,
    )
    return _answer(answer, arguments, show.recordings)


def _verify(config: StationConfig, arguments: argparse.Namespace) -> int:
    def told(what: str, done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{what} {done}/{total} ", end="", file=sys.stderr, flush=True)

    answer = recheck.recheck(Ledger.existing(config.ledger), Vault(config.vault), told)
    return _answer(answer, arguments, show.verify, ok=answer["ok"])


def _retry(config: StationConfig, arguments: argparse.Namespace) -> int:
    answer = retry(Ledger.existing(config.ledger), config.announcements)
    return _answer(answer, arguments, show.retry)


def _answer(
    answer: dict[str, Any],
    arguments: argparse.Namespace,
    text: Callable[[dict[str, Any]], str],
    *,
    ok: bool = True,
) -> int:
    if arguments.json:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print(text(answer))
    return FINE if ok else PROBLEM


def _complain(bad: AgentError, code: int) -> int:
    print(f"{bad.code}: {bad}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dock-agent",
        description="Takes footage from docked cameras into the evidence chain.",
        epilog="Exit status: 0 fine, 1 a problem was found, 2 wrong usage or configuration.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, act: Callable[..., int], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.add_argument(
            "--config",
            type=Path,
            default=Path("station.toml"),
            metavar="FILE",
            help="the station's configuration (default: ./station.toml)",
        )
        made.set_defaults(act=act)
        return made

    text = "Make this station's keys, and have central admit them by a one-time token."
    new = commands.add_parser("enrol", help=text, description=text)
    new.add_argument("--central", required=True, metavar="URL", help="its enrolment listener")
    new.add_argument("--token", required=True, help="as `central enrol STATION --token` prints it")
    new.add_argument("--station", required=True, help="the id that the token is for")
    new.add_argument("--log", required=True, metavar="ORIGIN", help="[central] origin of central")
    new.add_argument("--out", type=Path, required=True, metavar="DIR", help="the station's folder")
    run = command("run", _run, "Run the agent until SIGTERM or Ctrl-C.")
    run.add_argument(
        "--events", action="store_true", help="print each event as a JSON line on stdout"
    )
    run.add_argument("--verbose", action="store_true", help="log the ordinary course of things too")
    command("kiosk", _kiosk, "Serve the officer's screen on loopback until SIGTERM.")
    asks = [
        command("status", _status, "Say how the station is; 1 where something is wrong."),
        command("bays", _bays, "List the docked cameras and how far each is."),
        command("recordings", _recordings, "List files and recordings, newest first."),
        command("verify", _verify, "Check the chain and hash every file in the vault again."),
        command("retry", _retry, "Try again what failed or was refused; clear old problems."),
    ]
    for ask in asks:
        ask.add_argument("--json", action="store_true", help="answer as JSON on stdout")
    page = asks[2]
    page.add_argument(
        "--limit", type=_count, default=50, metavar="N", help="rows a page (default: 50)"
    )
    page.add_argument("--after", type=_count, default=0, metavar="ID", help="go on after this row")
    page.add_argument("--state", choices=_STATES, help="only files in this state")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 2**53:
        message = f"expected a whole number from 0, found {text}"
        raise argparse.ArgumentTypeError(message)
    return number


if __name__ == "__main__":
    sys.exit(main())
