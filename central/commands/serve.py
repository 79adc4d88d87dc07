"""`central serve`: API, pages, uploads and intake, in one process."""

import argparse
import logging
import sys

import uvloop

from central import config
from central.commands.options import add_config
from central.opening import open_central


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "serve",
        help="run central",
        description="Run central until SIGTERM or Ctrl-C: the pages and API on [http], the"
        " uploads of stations on [upload], the intake from the broker of [mqtt]. Prints one"
        " line with the URL when everything answers. Only one process works on a data folder.",
    )
    add_config(parser)
    parser.add_argument("--verbose", action="store_true", help="tell more on stderr")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from central.serving import serve  # the web parts: only this command waits for them

    settings = config.load(arguments.config)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if arguments.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )

    def ready() -> None:
        host = f"[{settings.http.host}]" if ":" in settings.http.host else settings.http.host
        print(f"central of {settings.central.name}: http://{host}:{settings.http.port}", flush=True)

    with open_central(settings) as central:
        uvloop.run(serve(central, ready))
    return 0
