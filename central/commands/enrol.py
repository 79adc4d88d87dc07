"""`central enrol`: a station's bundle, and the root's statement that its key counts."""

import argparse
from pathlib import Path

from central import config
from central.commands.options import add_config
from central.config import CentralConfig
from central.data_folder import DataFolder
from central.pki.enrolment import Asked, NewStation, enrol
from central.pki.site_folder import SiteFolder
from central.store import Store
from central.workflows.admission import invite
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
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--out", type=Path, help="folder of the bundle, new")
    how.add_argument(
        "--token",
        action="store_true",
        help="no bundle: a one-time token with which the station enrols itself and keeps its keys"
        " (dock-agent enrol); needs [enrolment] port",
    )
    parser.add_argument("--hours", type=int, default=24, help="life of the token: %(default)s")
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
    if arguments.token:
        return _invite(arguments, settings)
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


def _invite(arguments: argparse.Namespace, settings: CentralConfig) -> int:
    store = Store.open(DataFolder(settings.central.data).index)
    try:
        site = SiteFolder(arguments.config.resolve().parent)
        token = invite(site, store, arguments.station, clock.now(), arguments.hours)
    finally:
        store.close()
    print(token)
    host, port = settings.broker.name, settings.enrolment.port
    print(
        f"on the station: dock-agent enrol --central https://{host}:{port}"
        f" --token {token} --station {arguments.station}"
        f" --log {settings.central.origin} --out DIR",
    )
    return 0
