"""`central enrol`: a station's bundle, and the root's statement that its key counts."""

import argparse
from pathlib import Path

from central import config
from central.commands.options import add_config
from central.pki.enrolment import Asked, NewStation, enrol
from central.pki.site_folder import SiteFolder
from edge import clock


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "enrol",
        help="make the bundle of a new station",
        description="Make a station's bundle (keys, certificates, trust, station.toml) and"
        " sign its enrolment. Needs the authority's key in the site's offline folder; where"
        " the root key is not there, writes the request that the root has to sign. A running"
        " central takes the station without a restart.",
    )
    parser.add_argument("station", help="the station's id: A-Z a-z 0-9 . _ -")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle, new")
    parser.add_argument(
        "--announcements",
        default="/run/liuhen/announcements",
        help="folder where the bay helper announces cameras (default: %(default)s)",
    )
    parser.add_argument("--host", help="how this station reaches central (default: [broker] name)")
    add_config(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    station = NewStation(
        id=arguments.station,
        out=arguments.out.resolve(),
        host=arguments.host or settings.broker.name,
        mqtt_port=settings.mqtt.port,
        upload_port=settings.upload.port,
        announcements=arguments.announcements,
    )
    done = enrol(SiteFolder(arguments.config.resolve().parent), station, clock.now())
    print(f"station {station.id}: {station.out / 'station.toml'}")
    if isinstance(done, Asked):
        print(f"not enrolled yet: the root has to sign {done.file}")
        print(f"fingerprint {done.request.fingerprint}")
    return 0
