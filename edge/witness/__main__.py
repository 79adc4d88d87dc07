"""`python -m edge.witness`: a witness of transparency logs that anyone can run.

Exit codes: 0 fine, 1 a problem with keys, logs or state, 2 wrong usage.
"""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from edge.witness.errors import WitnessError
from edge.witness.folder import StateFolder
from edge.witness.keys import WitnessKeys, read_keys, read_logs, write_keys
from edge.witness.server import WitnessServer
from edge.witness.store import WitnessStore

_EPILOG = """\
first:    python -m edge.witness keygen --name witness.example/w1 --key K --state DIR
          and give the verifier key that it prints to whoever writes trust policies
then:     python -m edge.witness --listen 127.0.0.1:7379 --key K --logs FILE --state DIR
          FILE holds one verifier key of a log on each line; # begins a comment

DIR must not be restored from a backup. When it was, cosigning stops (409 RESTORED_STATE) until
the log shows a newer checkpoint that this witness cosigned, or `accept-restored` says so.

Exit codes: 0 fine; 1 a problem with keys, logs or state, with a code; 2 wrong usage.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    missing = [name for name in options.needs if getattr(options, name) is None]
    if missing:
        parser.error("the following options are required: --" + ", --".join(missing))
    try:
        return run(options)
    except WitnessError as wrong:
        print(f"{wrong.code}: {wrong}", file=sys.stderr)
    except (OSError, ValueError) as wrong:
        print(f"{type(wrong).__name__}: {wrong}", file=sys.stderr)
    return 1


def _serve(options: argparse.Namespace) -> int:
    keys, logs = read_keys(options.key), read_logs(options.logs)
    store = WitnessStore.open(options.state, keys, logs)
    try:
        with WitnessServer(options.listen, store, keys.vkeys) as server:
            _stop_on_signals(server)
            for vkey in keys.vkeys:
                print(vkey)
            for origin in filter(store.memory.is_suspect, logs):
                print(f"RESTORED_STATE: {origin} is not cosigned, see --help", file=sys.stderr)
            host, port = server.server_address[:2]
            print(f"listening on http://{host!s}:{port}/ for {len(logs)} logs", flush=True)
            server.serve_forever()
    finally:
        store.close()
    return 0


def _stop_on_signals(server: WitnessServer) -> None:
    def stop(_number: int, _frame: object) -> None:
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


def _keygen(options: argparse.Namespace) -> int:
    if options.key.exists():
        raise FileExistsError(options.key)
    keys = WitnessKeys.generate(options.name, mldsa=options.ml_dsa)
    WitnessStore.create(options.state, keys)
    write_keys(options.key, keys)
    for vkey in keys.vkeys:
        print(vkey)
    return 0


def _show(options: argparse.Namespace) -> int:
    with StateFolder(options.state) as folder:
        memory, genuine = folder.read()
    shown = json.loads(memory.to_bytes())
    shown["suspect"] = shown["suspect"] or not genuine
    print(json.dumps(shown, ensure_ascii=False, indent=2))
    return 0


def _accept_restored(options: argparse.Namespace) -> int:
    keys, logs = read_keys(options.key), read_logs(options.logs)
    store = WitnessStore.open(options.state, keys, logs)
    try:
        chosen = list(logs) if options.log is None else [options.log]
        unknown = [origin for origin in chosen if origin not in logs]
        if unknown:
            raise ValueError(f"expected a log of {options.logs}, found {unknown[0]}")
        for origin in chosen:
            if store.memory.is_suspect(origin):
                store.accept_restored(origin)
                print(f"accepted: {origin}")
    finally:
        store.close()
    return 0


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        message = f"expected HOST:PORT, found {text}"
        raise argparse.ArgumentTypeError(message)
    return host.strip("[]"), int(port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m edge.witness",
        description="Cosign checkpoints of logs that only grow (C2SP tlog-witness over HTTP).",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--listen", type=_address, metavar="HOST:PORT", help="port 0: any free")
    parser.set_defaults(run=_serve, needs=("listen", "key", "logs", "state"))
    commands = parser.add_subparsers(metavar="COMMAND")

    keygen = commands.add_parser("keygen", help="make keys, and the state that belongs to them")
    keygen.add_argument("--name", metavar="NAME", help="as in witness.example/w1")
    keygen.add_argument("--ml-dsa", action="store_true", help="an ML-DSA-44 key as well")
    keygen.set_defaults(run=_keygen, needs=("name", "key", "state"))

    show = commands.add_parser("show", help="what it remembers, as JSON; not while it runs")
    show.set_defaults(run=_show, needs=("state",))

    accept = commands.add_parser(
        "accept-restored",
        help="vouch that a restored state is the newest",
        description=(
            "Cosign again from a restored state. Only after asking the log and other witnesses "
            "for the newest checkpoint that this witness cosigned: what it signed since the "
            "backup it no longer knows. When in doubt make new keys."
        ),
    )
    accept.add_argument("--log", metavar="ORIGIN", help="only this log; all of --logs otherwise")
    accept.set_defaults(run=_accept_restored, needs=("key", "logs", "state"))

    for command in (parser, *commands.choices.values()):
        keep = None if command is parser else argparse.SUPPRESS
        command.add_argument("--key", type=Path, metavar="FILE", default=keep, help="its keys")
        command.add_argument("--state", type=Path, metavar="DIR", default=keep, help="its memory")
        if command not in (keygen, show):
            command.add_argument("--logs", type=Path, metavar="FILE", default=keep, help="logs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
