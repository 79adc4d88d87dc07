"""`central token create`: a credential for a program, told once. Works while central serves."""

import argparse

from central import config
from central.accounts import sign_in
from central.accounts.roles import Role
from central.commands.options import add_config
from central.data_folder import DataFolder
from central.store import Store
from edge import clock


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "token", help="tokens of programs", description="Tokens of programs."
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    creator = actions.add_parser(
        "create",
        help="make a token",
        description="Make an account without a password and print its token, once. A program"
        " sends it as: Authorization: Bearer TOKEN",
    )
    creator.add_argument("name", help="the account's name, as the log will show it")
    creator.add_argument(
        "--role", required=True, choices=[str(role) for role in Role], help="what it may do"
    )
    add_config(creator)
    creator.set_defaults(run=create)


def create(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    store = Store.open(DataFolder(settings.central.data).index)
    try:
        token = sign_in.add_token(store, arguments.name, Role(arguments.role), clock.now())
    finally:
        store.close()
    print(token)
    return 0
