"""`central anchor`: have the newest checkpoint dated by a time-stamping authority, now."""

import argparse
import json

from central import config
from central.commands.options import add_config, add_json
from central.data_folder import DataFolder
from central.log.anchors import AnchorFolder, date_newest
from central.log.reader import LogReader
from central.store import Store
from edge.evidence.policy import TrustPolicy


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "anchor",
        help="have the log dated (RFC 3161)",
        description="Ask the authorities of [anchors] tsa, in order, to date the newest"
        " checkpoint, and keep the first answer that an authority pinned in the policy signed."
        " A running central does this every [anchors] hours; it may be running.",
    )
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    folder = DataFolder(settings.central.data)
    store = Store.existing(folder.index)
    try:
        dated = date_newest(
            AnchorFolder(folder.anchors),
            LogReader(folder, store),
            TrustPolicy.parse(settings.trust.policy.read_bytes()),
            settings.anchors.tsa,
        )
    finally:
        store.close()
    facts = {"size": dated.size, "authority": dated.token.authority, "at": str(dated.token.at)}
    if arguments.json:
        print(json.dumps({**facts, "new": dated.new}))
    else:
        again = "" if dated.new else " (before)"
        print(f"{facts['size']} leaves dated {facts['at']} by {facts['authority']}{again}")
    return 0
