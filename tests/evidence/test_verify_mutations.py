"""Any change to any byte of a package is found, and no bad package makes the verifier fall over.

Every byte in turn takes minutes (`slow`); the quick test takes the ends of each file and a
sample between them, another sample for each of its files.
"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.evidence.package_bag import MANIFEST
from edge.evidence.verify_report import Code, Report
from tests.evidence.package_makers import Desk, check, codes, flipped, honest, resealed

LOG_CODES = {Code.LOG_NOT_INCLUDED, Code.LOG_SIG_BAD}
ENVELOPE_CODES = {
    Code.SIG_BAD,
    Code.STATEMENT_INVALID,
    Code.KEY_UNTRUSTED,  # the named key is another one
    Code.TYPE_UNKNOWN,  # the payload type is another one
}
EXPECTED = {
    "data/footage/": {Code.FILE_ALTERED},
    "data/envelopes/": ENVELOPE_CODES,
    "data/proofs/": LOG_CODES,
    "data/checkpoint": LOG_CODES,
    "": {Code.PKG_ALTERED},
}
STRIDE = 41


@pytest.fixture(scope="module")
def desk() -> Desk:
    return honest({"a.mp4": b"footage"})


@pytest.fixture(scope="module")
def files(desk: Desk) -> dict[str, bytes]:
    return desk.pack()


def assert_found(report: Report, name: str, at: int) -> None:
    """Exactly this file is blamed, for a reason that fits its kind."""
    expected = next(found for prefix, found in EXPECTED.items() if name.startswith(prefix))
    assert not report.ok, (name, at)
    assert {verdict.file for verdict in report.verdicts} == {name}, (name, at)
    assert codes(report) <= expected, (name, at)


def sampled(files: dict[str, bytes]) -> Iterator[tuple[str, int]]:
    for shift, (name, data) in enumerate(files.items()):
        if data:
            yield name, 0
            yield name, len(data) - 1
            yield from ((name, at) for at in range(shift % STRIDE, len(data), STRIDE))


def test_sampled_byte_changes_are_found_in_the_right_file(
    desk: Desk, files: dict[str, bytes]
) -> None:
    for name, at in sampled(files):
        assert_found(check(desk, files | {name: flipped(files[name], at, at % 8)}), name, at)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_byte_change_is_found_in_the_right_file(desk: Desk, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        for at in range(len(data)):
            assert_found(check(desk, files | {name: flipped(data, at, at % 8)}), name, at)


def test_added_or_missing_last_byte_is_found_in_every_file(
    desk: Desk, files: dict[str, bytes]
) -> None:
    for name, data in files.items():
        assert not check(desk, files | {name: data + b"\n"}).ok, name
        assert not data or not check(desk, files | {name: data[:-1]}).ok, name


def test_forger_with_new_manifests_is_found_in_every_file(
    desk: Desk, files: dict[str, bytes]
) -> None:
    for name, data in files.items():
        for at in {0, len(data) // 2, len(data) - 1} if data else ():
            forged = resealed(files | {name: flipped(data, at, 1)})
            if forged == files:
                continue  # a manifest, which was just computed anew
            report = check(desk, forged)
            assert not report.ok, (name, at)
            assert name in {verdict.file for verdict in report.verdicts}, (name, at)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_content_whatever_raises(
    desk: Desk, files: dict[str, bytes], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(files)))
    noise = data.draw(st.binary(max_size=400))
    begin = data.draw(st.integers(0, len(files[name])))
    end = data.draw(st.integers(begin, len(files[name])))
    changed = files[name][:begin] + noise + files[name][end:]
    forged = files | {name: changed}
    if data.draw(st.booleans()) and name != MANIFEST:
        forged = resealed(forged)
    assert check(desk, forged).ok == (forged == files)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=st.dictionaries(st.text(max_size=40), st.binary(max_size=200), max_size=6))
def test_no_set_of_files_raises(desk: Desk, names: dict[str, bytes]) -> None:
    assert not check(desk, names).ok
