"""`central init`: keys, certificates, trust policy and central.toml of a new site."""

import argparse
from pathlib import Path

from central.pki.site import NewSite, init
from edge import clock


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "init",
        help="make a new site",
        description="Make a new site: its keys, certificates, trust policy and central.toml."
        " Refuses a folder that holds anything. Afterwards move the offline folder away.",
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder to make")
    parser.add_argument("--site", required=True, help="the site's name, for ever in its log")
    parser.add_argument("--http-port", type=int, default=8420, help="API and pages")
    parser.add_argument("--upload-port", type=int, default=8421, help="uploads of stations")
    parser.add_argument(
        "--enrol-port", type=int, default=0, help="where stations enrol themselves (default: off)"
    )
    parser.add_argument("--mqtt-port", type=int, default=8883, help="the broker")
    parser.add_argument(
        "--listen",
        default="127.0.0.1",
        help="address for stations to connect to (default: only this machine)",
    )
    parser.add_argument(
        "--host",
        action="append",
        default=[],
        help="a name or address by which stations reach this machine; may be repeated",
    )
    parser.add_argument(
        "--outsider", action="append", default=[], help="address of a witness; may be repeated"
    )
    parser.add_argument(
        "--tsa", action="append", default=[], help="address of a time authority; may be repeated"
    )
    parser.add_argument(
        "--root",
        type=Path,
        help="root.pem of a root that is elsewhere (central root init); without it one is made",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    site = NewSite(
        folder=arguments.data.resolve(),
        name=arguments.site,
        http_port=arguments.http_port,
        upload_port=arguments.upload_port,
        mqtt_port=arguments.mqtt_port,
        listen=arguments.listen,
        hosts=tuple(arguments.host),
        root=arguments.root,
        enrol_port=arguments.enrol_port,
        outsiders=tuple(arguments.outsider),
        tsa=tuple(arguments.tsa),
    )
    made = init(site, clock.now())
    print(f"site {site.name}: {made.config}")
    if site.root is None:
        print(f"root key and authority, keep them off this machine: {made.offline}")
    else:
        print(f"the root has to sign {made.requests / 'central.json'}; then put it into")
        print(f"{made.key_events / 'central.json'}, and start central")
    return 0
