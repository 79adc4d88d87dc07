"""`central policy`: witnesses, quorum and time authorities of the site's own trust policy."""

import argparse
from pathlib import Path

from central import config
from central.commands.options import add_config
from central.pki import key_files, policy_file
from edge.evidence.policy import TrustPolicy
from edge.evidence.witnesses import KINDS, OUTSIDERS


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "policy",
        help="who has to vouch for the log",
        description="Show or extend the site's trust policy. A running central takes it over"
        " by itself. Copies that were handed out do not change: hand out the new one.",
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    show = acts.add_parser("show", help="witnesses, quorum and authorities")
    show.set_defaults(run=_show)
    witness = acts.add_parser("witness", help="name a witness by its verifier key")
    witness.add_argument("vkey", help="as `python -m edge.witness keygen` prints it")
    witness.add_argument("--kind", choices=KINDS, default=OUTSIDERS, help="default: %(default)s")
    witness.set_defaults(run=_witness)
    quorum = acts.add_parser("quorum", help="how many witnesses of each kind a checkpoint needs")
    quorum.add_argument("--stations", type=int, required=True)
    quorum.add_argument("--outsiders", type=int, required=True)
    quorum.set_defaults(run=_quorum)
    tsa = acts.add_parser("tsa", help="pin a time-stamping authority (RFC 3161)")
    tsa.add_argument("name")
    tsa.add_argument("certificate", type=Path, help="the authority's own certificate, PEM")
    tsa.add_argument(
        "--chain", type=Path, action="append", default=[], help="an issuer's; may be repeated"
    )
    tsa.set_defaults(run=_tsa)
    for each in (show, witness, quorum, tsa):
        add_config(each)


def _path(arguments: argparse.Namespace) -> Path:
    return config.load(arguments.config).trust.policy


def _show(arguments: argparse.Namespace) -> int:
    policy = TrustPolicy.parse(key_files.read(_path(arguments)))
    for witness in policy.witnesses:
        print(f"{witness.kind}: {witness.verifier.vkey}")
    for authority in policy.tsa:
        print(f"tsa: {authority.name}, {authority.certificate.subject.rfc4514_string()}")
    print(f"quorum: {policy.quorum.stations} stations, {policy.quorum.outsiders} outsiders")
    return 0


def _witness(arguments: argparse.Namespace) -> int:
    name = policy_file.add_witness(_path(arguments), arguments.vkey, arguments.kind)
    print(f"{arguments.kind}: {name}")
    return 0


def _quorum(arguments: argparse.Namespace) -> int:
    asked = {"stations": arguments.stations, "outsiders": arguments.outsiders}
    policy_file.set_quorum(_path(arguments), **asked)
    print(f"quorum: {arguments.stations} stations, {arguments.outsiders} outsiders")
    return 0


def _tsa(arguments: argparse.Namespace) -> int:
    policy_file.add_authority(
        _path(arguments),
        arguments.name,
        arguments.certificate.read_bytes(),
        [path.read_bytes() for path in arguments.chain],
    )
    print(f"tsa: {arguments.name}")
    return 0
