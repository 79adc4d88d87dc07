"""`central root`: the offline root, made and used on a machine without central's data."""

import argparse
from pathlib import Path

from central.errors import ConfigError
from central.pki import key_files
from central.pki.root import make_root
from edge import clock, durable
from edge.evidence.signers import Ed25519Signer
from edge.root_request import RootRequest


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "root",
        help="make and use the offline root",
        description="The root admits and revokes keys. Make it on a machine that is never on a"
        " network; carry its public half to `central init --root`, requests to it, and what it"
        " signs back into trust/keys.",
    )
    acts = parser.add_subparsers(required=True, metavar="ACT")
    init = acts.add_parser("init", help="make a root")
    init.add_argument("--out", type=Path, required=True, help="folder for root.key and root.pem")
    init.set_defaults(run=_init)
    sign = acts.add_parser("sign", help="sign a request, after a person compared fingerprints")
    sign.add_argument("request", type=Path)
    sign.add_argument("--root", type=Path, required=True, help="root.key")
    sign.add_argument("--out", type=Path, required=True, help="file for the signed statement")
    sign.add_argument(
        "--fingerprint",
        required=True,
        help="the key's fingerprint as the other machine printed it: its first 16 digits at least",
    )
    sign.set_defaults(run=_sign)
    show = acts.add_parser("show", help="what a request asks for, and its fingerprint")
    show.add_argument("request", type=Path)
    show.set_defaults(run=_show)


def _init(arguments: argparse.Namespace) -> int:
    public = make_root(arguments.out)
    print(f"root: {public}; carry this file to `central init --root`")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    request = RootRequest.parse(key_files.read(arguments.request))
    print(f"{request.action} {request.role} {request.name} ({request.algorithm})")
    if request.from_index is not None:
        print(f"from leaf {request.from_index}")
    print(request.fingerprint)
    return 0


def _sign(arguments: argparse.Namespace) -> int:
    request = RootRequest.parse(key_files.read(arguments.request))
    told = "".join(arguments.fingerprint.split()).lower()
    if len(told) < 16 or not request.fingerprint.replace(" ", "").startswith(told):
        raise ConfigError(expected=f"fingerprint {request.fingerprint}", found=told or "none")
    root = Ed25519Signer.from_pem(key_files.read(arguments.root))
    durable.make_folder(arguments.out.resolve().parent)
    key_files.write_public(arguments.out, request.event(root, clock.now()).raw)
    print(f"{request.action} {request.role} {request.name}: {arguments.out}")
    return 0
