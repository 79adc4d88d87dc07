"""`central user add`: an account for a person. Works while central serves."""

import argparse
import getpass
import sys
from pathlib import Path

from central import config
from central.accounts import sign_in
from central.accounts.roles import Role
from central.commands.options import add_config
from central.data_folder import DataFolder
from central.store import Store
from edge import clock


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "user", help="accounts of people", description="Accounts of people."
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    adder = actions.add_parser(
        "add",
        help="make an account",
        description="Make an account; its password is asked for, or read from stdin or a file.",
    )
    adder.add_argument("name", help="the account's name: letters, digits, . _ @ -")
    adder.add_argument(
        "--role", required=True, choices=[str(role) for role in Role], help="what it may do"
    )
    source = adder.add_mutually_exclusive_group()
    source.add_argument("--password-stdin", action="store_true", help="first line of stdin")
    source.add_argument("--password-file", type=Path, help="first line of a file")
    add_config(adder)
    adder.set_defaults(run=add)


def add(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    password = _password(arguments)
    store = Store.open(DataFolder(settings.central.data).index)
    try:
        role = Role(arguments.role)
        sign_in.add_user(store, arguments.name, role, password, clock.now())
    finally:
        store.close()
    print(f"user {arguments.name}: {arguments.role}")
    return 0


def _password(arguments: argparse.Namespace) -> str:
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if arguments.password_file is not None:
        text = Path(arguments.password_file).read_text(encoding="utf-8")
        return text.split("\n", 1)[0].rstrip("\r")
    return getpass.getpass("password: ")
