"""`central status`: the log, the stations, what is owed and what was refused."""

import argparse
import json
from typing import Any

from central import config
from central.commands.options import add_config, add_json
from central.config import CentralConfig
from central.data_folder import DataFolder
from central.log.anchors import AnchorFolder
from central.log.witnessed import WitnessedLog
from central.pki.policy_file import PolicyFile
from central.store import Store, envelopes, outgoing, refused, stations
from edge import clock
from edge.evidence.instant import Instant
from edge.evidence.policy import TrustPolicy


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "status",
        help="tell how central and its stations are",
        description="Tell the size of the log, each station's last word, what is still to be"
        " sent and what was refused. Reads the index; central may be running.",
    )
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    folder = DataFolder(settings.central.data)
    store = Store.existing(folder.index)
    try:
        status = _status(store, folder, settings)
    finally:
        store.close()
    if arguments.json:
        print(json.dumps(status, ensure_ascii=False))
    else:
        _tell(status)
    return 0


def _status(store: Store, folder: DataFolder, settings: CentralConfig) -> dict[str, Any]:
    now = clock.now()
    policy = TrustPolicy.parse(settings.trust.policy.read_bytes())
    log = WitnessedLog(folder, store, PolicyFile(settings.trust.policy, policy))
    newest = log.newest()
    with store.read() as connection:
        latest = log.mark(envelopes.size(connection) - 1)
    with store.read() as connection:
        return {
            "site": settings.central.name,
            "at": str(now),
            "leaves": envelopes.size(connection),
            "witnessed": 0 if newest is None else newest.size,
            "witnesses": {"agreed": latest.witnesses, "known": latest.known, "met": latest.met},
            "anchored": max(AnchorFolder(folder.anchors).sizes(), default=0),
            "unsent": outgoing.count_unsent(connection),
            "refused": refused.count(connection),
            "stations": [_station(view, now) for view in stations.all_stations(connection)],
        }


def _station(view: stations.StationView, now: Instant) -> dict[str, Any]:
    beat = view.heartbeat
    known: dict[str, Any] = {
        "id": view.id,
        "recordings": view.recordings,
        "refused": view.refused,
        "logged_seq": view.logged_seq,
    }
    if beat is not None:
        known |= {
            "heard_s_ago": now.minus(beat.received) // 1000,
            "outbox": beat.outbox,
            "disk_free": beat.disk_free,
            "disk_total": beat.disk_total,
            "clock_offset_ms": view.clock_offset_ms,
            "version": beat.version,
        }
    return known


def _tell(status: dict[str, Any]) -> None:
    print(
        f"{status['site']}: {status['leaves']} leaves in the log, {status['unsent']} answers"
        f" to send, {status['refused']} refused"
    )
    last = status["witnesses"]
    print(
        f"  witnessed up to {status['witnessed']} leaves; the newest checkpoint by"
        f" {last['agreed']} of {last['known']}{'' if last['met'] else ' (unwitnessed)'};"
        f" dated up to {status['anchored']} leaves"
    )
    for station in status["stations"]:
        heard = station.get("heard_s_ago")
        spoke = "never heard" if heard is None else f"heard {heard} s ago"
        print(
            f"  {station['id']}: {spoke}, {station['recordings']} recordings,"
            f" {station.get('outbox', '?')} waiting, {station['refused']} refused"
        )
