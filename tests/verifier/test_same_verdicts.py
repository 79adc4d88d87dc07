"""Three verifiers, one answer: the module, `verify.py` alone, and `verify.html` in a browser.

The table of cases is everything that the tests of `edge.evidence` hold against the module, and
every file of a small package changed in some ways. What is compared is the whole report; only
the words about bytes that no parser can read may differ.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from edge.evidence.verify_report import Code, Grade
from edge.verifier.assets import verifiers
from tests.verifier.alone import Alone
from tests.verifier.browser import chromium, opened, quiet
from tests.verifier.cases import Case, CaseFolder
from tests.verifier.mutations import keep_mutations

pytestmark = pytest.mark.timeout(1200)
PROJECT = Path(__file__).parents[2]
RECORDED = ("test_verify.py", "test_verify_witnessed.py", "test_growth.py", "test_clip.py")
ABOUT_UNREADABLE_BYTES = {"STATEMENT_INVALID", "TSA_BAD", "PKG_ALTERED"}
RUN = """async ({files, policy}) => {
  globalThis.blobs ??= new Map(
    [...document.getElementById("package").files].map((file) => [file.name, file]));
  const named = new Map(Object.entries(files).map(([name, digest]) => [name, blobs.get(digest)]));
  return liuhenVerify(named, new TextEncoder().encode(policy));
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> CaseFolder:
    """Filled by the tests of the module itself, in a process of their own."""
    folder = CaseFolder(tmp_path_factory.mktemp("cases"))
    tests = [str(PROJECT / "tests" / "evidence" / name) for name in RECORDED]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.verifier.recorder", *tests],
        cwd=PROJECT,
        env=os.environ | {"LIUHEN_CASES": str(folder.path), "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    keep_mutations(folder)
    return folder


@pytest.fixture(scope="module")
def cases(folder: CaseFolder) -> list[Case]:
    return folder.load()


def essence(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report, verdicts in an order of their own, without what parsers say of bad bytes."""
    return {**report, "verdicts": sorted(map(_verdict, report["verdicts"]), key=json.dumps)}


def _verdict(verdict: Mapping[str, Any]) -> dict[str, Any]:
    loose = verdict["code"] in ABOUT_UNREADABLE_BYTES
    return {it: verdict[it] for it in verdict if not (loose and it in {"expected", "found"})}


def differing(cases: list[Case], reports: list[Mapping[str, Any]]) -> list[str]:
    pairs = zip(cases, reports, strict=True)
    return [case.name for case, found in pairs if essence(case.report) != essence(found)]


def test_the_table_has_every_code_that_the_module_can_give(cases: list[Case]) -> None:
    codes = {verdict["code"] for case in cases for verdict in case.report["verdicts"]}
    of_trims = {Code.CLIP_RETIMED}  # media tools compare packets; no stand-alone verifier does
    assert codes == {str(code) for code in Code} - {str(code) for code in of_trims}
    assert {case.report["grade"] for case in cases} == {str(grade) for grade in Grade}


def test_verify_py_gives_the_module_s_report_for_every_case(
    folder: CaseFolder, cases: list[Case], tmp_path: Path
) -> None:
    alone = Alone.prepare(tmp_path, verifiers()["data/verify.py"])
    placed = [case for case in cases if case.fits_a_disk]
    assert len(placed) > 0.9 * len(cases)
    folders = [folder.place(case, tmp_path / str(at)) for at, case in enumerate(placed)]
    answers = alone.drive((it / "package", it / "trust") for it in folders)
    assert differing(placed, [report for _, report in answers]) == []
    assert [code for code, _ in answers] == [0 if it.report["ok"] else 1 for it in placed]


@pytest.mark.browser
def test_verify_html_gives_the_module_s_report_for_every_case(
    folder: CaseFolder, cases: list[Case], tmp_path: Path
) -> None:
    page_file = tmp_path / "verify.html"
    page_file.write_bytes(verifiers()["data/verify.html"])
    with chromium() as browser:
        page = opened(browser, page_file)
        page.set_input_files("#package", folder.blobs)
        reports = [
            page.evaluate(RUN, {"files": dict(it.files), "policy": it.policy}) for it in cases
        ]
        assert quiet(page)
    assert differing(cases, reports) == []
