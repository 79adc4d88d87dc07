"""`central revoke`: end a station's service, for the log, for intake and for the broker."""

import argparse

from central import config
from central.commands.options import add_config
from central.pki.revocation import revoke
from central.pki.site_folder import SiteFolder
from edge import clock


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "revoke",
        help="end a station's service",
        description="Have the root revoke a station's identity, and put its certificate on the"
        " broker's list. A running central takes it over by itself and refuses what the station"
        " signs from then on; sessions that are open end with the broker's next restart. Where"
        " the root key is elsewhere, writes the request that it has to sign.",
    )
    parser.add_argument("station", help="the station's id")
    parser.add_argument(
        "--from-index",
        type=int,
        help="first leaf that does not count any more, where that was earlier (stolen before)",
    )
    add_config(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    config.load(arguments.config)
    site = SiteFolder(arguments.config.resolve().parent)
    done = revoke(site, arguments.station, clock.now(), arguments.from_index)
    if done.event is None:
        print(f"the root has to sign {done.file}; put its answer into {site.key_events}")
    else:
        print(f"revoked: {arguments.station}, {done.file}")
    if not done.certificate:
        print("its certificate is not on the broker's list: the authority's key is not here")
    return 0
