"""A package is a pure function of signed things, and plain BagIt for everybody else."""

import csv
import io
import json
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.digest import Digest
from edge.evidence.package import PackageError, build
from edge.evidence.package_bag import MANIFEST, TAG_MANIFEST, is_safe, parse_manifest, safe_name
from edge.evidence.package_readme import readmes
from edge.evidence.statement import Export
from tests.evidence.package_makers import Desk, honest, named

README_TEXTS = {
    "data/README.en.md": "288b1220dd1fa12a4357dd38bb7aa51b2b43f037cf627fd83d2add4fe561a097",
    "data/README.zh.md": "c6968f0abade560d6b91a893db21660f901e84b3749025bcdc243fe5871ade64",
}


@pytest.fixture(scope="module")
def desk() -> Desk:
    return honest()


@pytest.fixture(scope="module")
def files(desk: Desk) -> dict[str, bytes]:
    return desk.pack()


@pytest.fixture
def folder(files: dict[str, bytes], tmp_path: Path) -> Path:
    for name, data in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path


def test_same_export_is_same_bytes_whatever_the_order_it_came_in(desk: Desk) -> None:
    exhibits = desk.exhibits()
    again = build(
        [*reversed(exhibits), exhibits[0]],
        checkpoint=desk.site.checkpoint(desk.leaf_hashes()),
        leaves=desk.leaves(),
    )
    assert again == desk.build()


def test_sha256sum_accepts_both_manifests(folder: Path) -> None:
    for manifest in (MANIFEST, TAG_MANIFEST):
        subprocess.run(["sha256sum", "-c", "--strict", "--quiet", manifest], cwd=folder, check=True)


def test_bagit_accepts_the_package(folder: Path) -> None:
    program = Path(sys.executable).with_name("bagit.py")
    subprocess.run(
        [sys.executable, program, "--validate", "--quiet", folder], check=True, capture_output=True
    )


def test_manifest_lists_every_payload_file_once(files: dict[str, bytes]) -> None:
    listed, bad = parse_manifest(files[MANIFEST])
    assert bad is None
    assert set(listed) == {name for name in files if name.startswith("data/")}
    assert files[MANIFEST].decode().split("\n")[:-1] == [f"{d}  {n}" for n, d in listed.items()]


def test_manifests_come_last_so_that_an_interrupted_copy_is_no_bag(desk: Desk) -> None:
    assert [name for name, _ in desk.build().files][-2:] == [MANIFEST, TAG_MANIFEST]


def test_footage_is_named_with_size_and_digest_and_not_carried(desk: Desk) -> None:
    package = desk.build()
    placed = {file.path for file in package.footage}
    assert placed.isdisjoint(name for name, _ in package.files)
    assert {(f.sha256, f.size) for f in package.footage} == {
        (Digest.of(content), len(content)) for _, content in desk.contents.values()
    }


def test_index_names_what_is_where(files: dict[str, bytes]) -> None:
    index = json.loads(files["data/package.json"])
    assert index["format"] == "liuhen-package/v1"
    for recording in index["recordings"]:
        assert Digest.of(files[recording["footage"]]) == Digest.parse(recording["sha256"])
        assert recording["leaves"] in files
    assert [entry["index"] for entry in index["envelopes"]] == list(range(13))
    assert all(entry["file"] in files and entry["proof"] in files for entry in index["envelopes"])


def test_custody_says_the_same_in_json_and_in_csv(files: dict[str, bytes]) -> None:
    rows = json.loads(files["data/custody/history.json"])["rows"]
    text = files["data/custody/history.csv"].decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["envelope"] for row in table] == [row["envelope"] for row in rows]
    assert [row["act"] for row in rows][-1] == "exported"


def test_a_reason_never_becomes_a_formula_in_a_spreadsheet(files: dict[str, bytes]) -> None:
    text = files["data/custody/history.csv"].decode("utf-8-sig")
    reasons = [row["reason"] for row in csv.DictReader(io.StringIO(text, newline=""))]
    assert "'=the search" in reasons
    assert not any(reason.startswith("=") for reason in reasons)


def test_purpose_cannot_break_out_of_its_line() -> None:
    pages = readmes(export="e0" * 8, at="now", purpose="a\n# forged {export}\r\nb", recordings=1)
    for _, page in pages:
        assert "> a # forged {export} b\n" in page.decode()


def test_readme_text_belongs_to_the_format() -> None:
    """A changed word needs another format: verifiers write the page anew and compare."""
    pages = dict(readmes(export="e0" * 8, at="now", purpose="court", recordings=1))
    assert {name: str(Digest.of(page)) for name, page in pages.items()} == README_TEXTS


def test_package_without_an_export_is_refused(desk: Desk) -> None:
    (export,) = (
        it.envelope.digest for it in desk.exhibits() if b"export/v1" in it.envelope.payload
    )
    with pytest.raises(PackageError) as refused:
        desk.build(without=[export])
    assert refused.value.code == "PKG_INCOMPLETE"
    assert Export.TYPE in str(refused.value)


def test_package_without_a_named_manifest_is_refused(desk: Desk) -> None:
    manifest, (recording, _) = next(iter(desk.contents.items()))
    with pytest.raises(PackageError, match=recording.recording):
        desk.build(without=[manifest])


@pytest.mark.parametrize("wrong", [[], [Digest.of(b"other")]])
def test_package_with_other_segment_digests_is_refused(desk: Desk, wrong: list[Digest]) -> None:
    leaves = dict.fromkeys(desk.leaves(), wrong)
    checkpoint = desk.site.checkpoint(desk.leaf_hashes())
    with pytest.raises(Exception, match=r"expected") as refused:
        build(desk.exhibits(), checkpoint=checkpoint, leaves=leaves)
    assert refused.value.code in {"PKG_INCOMPLETE", "ENCODING_BAD"}


def test_package_without_segment_digests_is_refused(desk: Desk) -> None:
    checkpoint = desk.site.checkpoint(desk.leaf_hashes())
    with pytest.raises(PackageError, match="segment digests"):
        build(desk.exhibits(), checkpoint=checkpoint, leaves={})


def test_chinese_camera_names_stay_readable(files: dict[str, bytes]) -> None:
    assert named(files, "现场").endswith("/现场_1.mp4")


@given(st.text(min_size=1, max_size=300))
def test_any_camera_name_becomes_a_safe_one(path: str) -> None:
    name = safe_name(path)
    assert is_safe(f"data/footage/{'0' * 32}/{name}")
    assert "/" not in name
    assert len(name.encode()) <= 121
    assert unicodedata.is_normalized("NFC", name)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("DCIM/100/a.mp4", "a.mp4"),
        ("a b%0A.mp4", "a_b_0A.mp4"),
        ("..", "_"),
        (".hidden", "hidden"),
        ("con.mp4", "_con.mp4"),
        ("x\x1b[2J.mp4", "x__2J.mp4"),
    ],
)
def test_safe_names(path: str, name: str) -> None:
    assert safe_name(path) == name


@pytest.mark.parametrize(
    "path",
    ["../x", "/etc/passwd", "data/../../x", "data//x", "a\\b", "data/a\nb", "data/./x", "c:x", ""],
)
def test_paths_that_lead_elsewhere_are_not_safe(path: str) -> None:
    assert not is_safe(path)


@pytest.mark.parametrize(
    "line",
    ["0" * 63 + "  data/x", "A" * 64 + "  data/x", "0" * 64 + " data/x", "0" * 64 + "  ../x", ""],
)
def test_first_bad_manifest_line_is_named_and_the_sound_ones_are_read(line: str) -> None:
    sound = "1" * 64 + "  data/a"
    digests, bad = parse_manifest(f"{sound}\n{line}\n".encode())
    assert (list(digests), bad) == (["data/a"], 2)


def test_manifest_that_names_a_file_twice_is_bad() -> None:
    line = "1" * 64 + "  data/a\n"
    assert parse_manifest(f"{line}{line}".encode())[1] == 2
