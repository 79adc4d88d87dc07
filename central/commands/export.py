"""`central export`: a case's package into a folder. Works while central serves, and without.

The export is an act of the account that --as names, and a leaf like any other. While central
serves, it is asked over its own API; otherwise this command opens the data folder itself.
"""

import argparse
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from central import config
from central.accounts import sign_in
from central.accounts.roles import Power, Role, demand
from central.accounts.sign_in import Opened
from central.commands.options import add_config, add_json
from central.config import CentralConfig
from central.data_folder import DataFolder
from central.errors import CentralError, DataFolderInUseError
from central.opening import open_central
from central.store import Store
from central.workflows.errors import CaseUnknownError
from edge import clock

if TYPE_CHECKING:
    import httpx

_OPERATOR = "operator"
_PATIENCE_S = 3600.0  # the footage of a large case is read once for the archive


class ExportFailedError(CentralError):
    """The running central did not make the package; its own words follow."""

    code = "EXPORT_FAILED"


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser(
        "export",
        help="hand out a case as a package",
        description="Export everything that is linked to a case into OUT: a package that"
        " anyone verifies offline with `evidence verify`. It is written into the log as an"
        " act of the account that --as names.",
    )
    parser.add_argument("--case", required=True, help="the case's number")
    parser.add_argument("--purpose", required=True, help="for whom and for what")
    parser.add_argument("--out", type=Path, required=True, help="a folder to make")
    parser.add_argument(
        "--as",
        dest="actor",
        default=_OPERATOR,
        help=f"the account that hands it out (default: {_OPERATOR}, who has no password)",
    )
    add_config(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    out: Path = arguments.out
    if out.exists():
        raise ExportFailedError(expected=f"{out} to be free", found="something there")
    try:
        export = _alone(settings, arguments, out)
    except DataFolderInUseError:
        export = _over_api(settings, arguments, out)
    if arguments.json:
        print(json.dumps({"export": export, "package": str(out)}))
    else:
        print(f"package {export}: {out}")
    return 0


def _alone(settings: CentralConfig, arguments: argparse.Namespace, out: Path) -> str:
    from central.workflows.cases import case_numbered
    from central.workflows.export import export_case
    from central.workflows.opened import site_of
    from central.workflows.package import written

    with open_central(settings) as central:
        site = site_of(central)
        caller = _opened(site.store, arguments.actor).caller
        demand(caller.role, Power.EXPORT)
        case = case_numbered(site, arguments.case)
        done = export_case(site, caller.name, case=case.id, purpose=arguments.purpose)
        shutil.copytree(written(site, done).folder, out)
    return done.id


def _over_api(settings: CentralConfig, arguments: argparse.Namespace, out: Path) -> str:
    folder = DataFolder(settings.central.data)
    store = Store.open(folder.index)
    try:
        opened = _opened(store, arguments.actor)
        export = _ask(settings, arguments, opened)
        sign_in.sign_out(store, opened.cookie, clock.now())
    finally:
        store.close()
    shutil.copytree(folder.exports / export / "package", out)
    return export


def _opened(store: Store, actor: str) -> Opened:
    if actor == _OPERATOR:
        sign_in.make_local(store, actor, Role.AUDITOR, clock.now())
    return sign_in.sign_in_locally(store, actor, clock.now())


def _ask(settings: CentralConfig, arguments: argparse.Namespace, opened: Opened) -> str:
    import httpx

    from central.api.gate import COOKIE, CSRF_HEADER

    base = f"http://{settings.http.host}:{settings.http.port}/api/v1"
    with httpx.Client(
        headers={CSRF_HEADER: opened.caller.csrf or ""},
        cookies={COOKIE: opened.cookie},
        timeout=_PATIENCE_S,
        trust_env=False,
    ) as api:
        found = _answer(api.get(f"{base}/cases", params={"q": arguments.case}))
        named = [each["id"] for each in found["items"] if each["number"] == arguments.case]
        if not named:
            raise CaseUnknownError(expected="the number of a case", found=arguments.case)
        body = {"case": named[0], "purpose": arguments.purpose}
        return str(_answer(api.post(f"{base}/exports", json=body))["id"])


def _answer(answer: "httpx.Response") -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    if answer.is_success:
        return told
    error = told["error"]
    raise ExportFailedError(
        expected=f"{answer.request.method} {answer.request.url.path} to be taken",
        found=f"{error['code']}: {error['message']}",
        cause=error["code"],
    )
