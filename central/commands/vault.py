"""`central vault check`: every stored recording read back from the disk and compared."""

import argparse
import json

from central import config
from central.commands.options import add_config, add_json
from central.data_folder import DataFolder
from central.store import Store, recordings
from central.vault import NotKeptError, VaultDamagedError
from central.vault.folder import FolderVault


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("vault", help="stored footage", description="Stored footage.")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    checker = actions.add_parser(
        "check",
        help="read all of it back",
        description="Read every stored recording back from the disk and compare it with what"
        " the log says. Changes nothing, and works while central serves. Exits with 1 where"
        " one is missing or altered.",
    )
    add_config(checker)
    add_json(checker)
    checker.set_defaults(run=check)


def check(arguments: argparse.Namespace) -> int:
    folder = DataFolder(config.load(arguments.config).central.data)
    vault = FolderVault(folder.vault)
    store = Store.open(folder.index)
    try:
        with store.read() as connection:
            held = recordings.stored_content(connection)
    finally:
        store.close()
    problems = []
    for sha256, size in held:
        try:
            vault.recheck(sha256, size)
        except (NotKeptError, VaultDamagedError) as problem:
            problems.append({"code": problem.code, "sha256": str(sha256), "found": problem.found})
    _tell(arguments, len(held), problems)
    return 1 if problems else 0


def _tell(arguments: argparse.Namespace, files: int, problems: list[dict[str, str]]) -> None:
    if arguments.json:
        print(json.dumps({"files": files, "problems": problems}))
        return
    print(f"{files} files read back, {len(problems)} problems")
    for problem in problems:
        print(f"{problem['code']}: {problem['sha256']}: {problem['found']}")
