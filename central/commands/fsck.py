"""`central fsck`: the log's own files against everything that was derived from them."""

import argparse
import json
from dataclasses import asdict

from central import config
from central.commands.options import add_config, add_json
from central.data_folder import DataFolder
from central.log.audit import audit
from central.store import Store
from edge.evidence.policy import TrustPolicy


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "fsck",
        help="check log and index against the envelopes",
        description="Verify every envelope of the log again, make tree, tiles, checkpoints and"
        " index from them, and compare. Reads only; central may be running. Exits with 1 where"
        " anything differs.",
    )
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    folder = DataFolder(settings.central.data)
    policy = TrustPolicy.parse(settings.trust.policy.read_bytes())
    store = Store.existing(folder.index)
    try:
        leaves, findings = audit(folder, store, policy, settings.central.origin)
    finally:
        store.close()
    if arguments.json:
        listed = [asdict(finding) for finding in findings]
        print(json.dumps({"leaves": leaves, "findings": listed}, ensure_ascii=False))
    else:
        for each in findings:
            print(f"{each.code} {each.where}: expected {each.expected}, found {each.found}")
        print(f"{leaves} leaves, {len(findings)} findings")
    return 1 if findings else 0
