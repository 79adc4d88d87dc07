"""Exports: complete or refused, provable offline, the same bytes each time."""

import io
import json
import secrets
import subprocess
import sys
import zipfile
import zlib

import pytest

from central.workflows import archive
from central.workflows.archive import Member, cut, lay_out, size_of
from tests.central.served import Served, code

MIB = 1 << 20


@pytest.fixture
def served(opened, station):
    with Served(opened, station).running() as running:
        yield running


@pytest.fixture
def handler(served):
    with served.person("handler") as client:
        yield client


def linked_case(served, handler, *contents):
    """A case with one stored recording for each of `contents`."""
    number = {"number": "陵市监罚〔2026〕12号", "title": "测试案件"}
    case = handler.post("/api/v1/cases", json=number).json()["id"]
    for at, data in enumerate(contents):
        recording = served.stored(data, f"DCIM/录像 {at}.MP4")
        body = {"recording": recording, "reason": "现场检查"}
        assert handler.post(f"/api/v1/cases/{case}/links", json=body).status_code == 201
    return case


def export(handler, case, purpose="法院调取"):
    answer = handler.post("/api/v1/exports", json={"case": case, "purpose": purpose})
    assert answer.status_code == 201, answer.text
    return answer.json()


def fetch(handler, export_id, **headers):
    return handler.get(f"/api/v1/exports/{export_id}/package.zip", headers=headers)


def verify(package, trust):
    done = subprocess.run(
        [sys.executable, "-m", "edge.evidence", "verify", package, "--trust", trust, "--json"],
        capture_output=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout)


def test_package_verifies_offline_and_a_flipped_byte_is_found(served, handler, site, tmp_path):
    contents = [secrets.token_bytes(2 * MIB + 9), b"", b"abc"]
    done = export(handler, linked_case(served, handler, *contents))
    with zipfile.ZipFile(io.BytesIO(fetch(handler, done["id"]).content)) as packed:
        assert packed.testzip() is None
        packed.extractall(tmp_path / "package")
    trust = site.config.trust.policy.parent
    status, report = verify(tmp_path / "package", trust)
    assert (status, report["verdicts"]) == (0, [])
    footage = {p.read_bytes(): p for p in (tmp_path / "package/data/footage").rglob("*.MP4")}
    assert set(footage) == set(contents)
    victim = footage[contents[0]]
    victim.chmod(0o644)
    altered = bytearray(contents[0])
    altered[MIB + 5] ^= 1
    victim.write_bytes(altered)
    status, report = verify(tmp_path / "package", trust)
    assert status == 1
    (verdict,) = report["verdicts"]
    assert (verdict["code"], verdict["ranges"]) == ("FILE_ALTERED", [[MIB, 2 * MIB]])


def test_same_export_is_the_same_bytes_whatever_happens_meanwhile(served, handler):
    case = linked_case(served, handler, b"abc")
    done = export(handler, case)
    first = fetch(handler, done["id"]).content
    handler.get("/api/v1/recordings/" + done["recordings"][0])
    handler.get(f"/api/v1/recordings/{done['recordings'][0]}/footage")
    served.stored(b"later", "later.MP4")
    folder = served.central.folder.exports / done["id"]
    folder.rename(folder.with_name("moved-away"))  # as if it had never been written
    assert fetch(handler, done["id"]).content == first


def test_package_tells_of_links_and_accesses_up_to_the_export(served, handler, tmp_path):
    case = linked_case(served, handler, b"abc")
    recording = handler.get(f"/api/v1/cases/{case}").json()["recordings"][0]["id"]
    handler.delete(f"/api/v1/recordings/{recording}")
    with zipfile.ZipFile(io.BytesIO(fetch(handler, export(handler, case)["id"]).content)) as packed:
        rows = json.loads(packed.read("data/custody/history.json"))["rows"]
    acts = [row["act"] for row in rows]
    assert "delete-refused" in acts
    assert f"linked to {case}" in acts
    assert acts[-1] == "exported"


def test_export_is_a_leaf_with_who_and_why_and_so_is_each_download(served, handler):
    done = export(handler, linked_case(served, handler, b"abc"))
    (leaf,) = served.leaves("export/v1")
    assert (leaf.actor, leaf.purpose, leaf.size) == (handler.name, "法院调取", done["size"])
    fetch(handler, done["id"])
    assert [each.target for each in served.acts("download")] == [f"export {done['id']}"]


def test_what_is_not_stored_is_not_exported_and_named(served, handler):
    case = linked_case(served, handler, b"abc")
    waiting = served.recording(served.manifest(b"def", "late.MP4"))
    body = {"recording": waiting, "reason": "x"}
    handler.post(f"/api/v1/cases/{case}/links", json=body)
    answer = handler.post("/api/v1/exports", json={"case": case, "purpose": "x"})
    assert (answer.status_code, code(answer)) == (409, "EXPORT_NOT_STORED")
    assert answer.json()["error"]["recording"] == waiting
    assert served.leaves("export/v1") == []


def test_nothing_cannot_be_exported(served, handler):
    case = linked_case(served, handler)
    empty = handler.post("/api/v1/exports", json={"case": case, "purpose": "x"})
    assert (empty.status_code, code(empty)) == (409, "EXPORT_EMPTY")
    for body in ({"purpose": "x"}, {"purpose": "x", "case": case, "recordings": ["0" * 32]}):
        assert handler.post("/api/v1/exports", json=body).status_code == 422
    assert served.leaves("export/v1") == []


def test_recordings_can_be_exported_without_a_case(served, handler):
    recording = served.stored(b"abc")
    body = {"recordings": [recording, recording], "purpose": "内部核查"}
    done = handler.post("/api/v1/exports", json=body).json()
    assert done["recordings"] == [recording]
    assert "case" not in done


def test_zip_can_be_fetched_in_ranges(served, handler):
    done = export(handler, linked_case(served, handler, secrets.token_bytes(MIB + 5)))
    whole = fetch(handler, done["id"]).content
    parts = b""
    for begin in range(0, len(whole), 300_001):
        part = fetch(handler, done["id"], Range=f"bytes={begin}-{begin + 300_000}")
        assert part.status_code == 206
        parts += part.content
    assert parts == whole
    assert fetch(handler, done["id"], Range=f"bytes={len(whole)}-").status_code == 416


def test_footage_is_linked_and_not_copied(served, handler):
    done = export(handler, linked_case(served, handler, b"abc"))
    footage = served.central.folder.exports / done["id"] / "package/data/footage"
    (file,) = [each for each in footage.rglob("*") if each.is_file()]
    assert file.stat().st_nlink == 2


def test_crash_in_mid_package_is_finished_by_the_next_request(served, handler):
    done = export(handler, linked_case(served, handler, b"abc"))
    whole = fetch(handler, done["id"]).content
    folder = served.central.folder.exports / done["id"]
    kept = folder.rename(folder.with_name("kept"))
    half = sorted(each for each in (kept / "package").rglob("*") if each.is_file())[::2]
    for file in half:
        copy = folder / file.relative_to(kept)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.hardlink_to(file)
    assert fetch(handler, done["id"]).content == whole


def command(site, *words):
    done = [sys.executable, "-m", "central", *words, "--config", str(site.made.config)]
    return subprocess.run(done, capture_output=True, text=True, encoding="utf-8", check=False)


def test_command_exports_beside_a_running_central(opened, station, site, tmp_path):
    out = tmp_path / "out"
    words = ("export", "--case", "陵市监罚〔2026〕12号", "--purpose", "法院调取", "--out", str(out))
    with Served(opened, station, fixed=True).running() as served:
        with served.person("handler") as handler:
            linked_case(served, handler, b"abc")
        done = command(site, *words)
        assert done.returncode == 0, done.stderr
        assert verify(out, site.config.trust.policy.parent)[0] == 0
        (leaf,) = served.leaves("export/v1")
        assert leaf.actor == "operator"
    again = command(site, *words)
    assert (again.returncode, "EXPORT_FAILED" in again.stderr) == (1, True)


def test_command_exports_alone_as_the_account_it_names(site, station, tmp_path):
    with site.open() as central, Served(central, station).running() as served:
        with served.person("handler", "王建国") as handler:
            linked_case(served, handler, b"abc")
        with served.person("administrator", "admin"):
            pass
    words = ("export", "--case", "陵市监罚〔2026〕12号", "--purpose", "x", "--json")
    refused = command(site, *words, "--out", str(tmp_path / "no"), "--as", "admin")
    assert (refused.returncode, "ROLE_REFUSED" in refused.stderr) == (1, True)
    done = command(site, *words, "--out", str(tmp_path / "out"), "--as", "王建国")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["export"]) == 16
    unknown = command(site, "export", "--case", "?", "--purpose", "x", "--out", str(tmp_path / "y"))
    assert (unknown.returncode, "CASE_UNKNOWN" in unknown.stderr) == (1, True)


def test_vault_check_names_what_is_altered(served, site):
    served.stored(b"abc")
    assert command(site, "vault", "check").returncode == 0
    (path,) = [p for p in served.central.folder.vault.rglob("*") if p.is_file() and not p.suffix]
    path.chmod(0o644)
    path.write_bytes(b"abd")
    done = command(site, "vault", "check", "--json")
    assert done.returncode == 1
    (problem,) = json.loads(done.stdout)["problems"]
    assert (problem["code"], problem["sha256"]) == ("VAULT_DAMAGED", path.name)


# The archive, as pure layout


def packed(contents):
    members = [Member(name=n, size=len(d), crc=zlib.crc32(d)) for n, d in contents.items()]
    pieces = lay_out(members)
    parts = (
        contents[piece.member][first:last] if piece.member else piece.data[first:last]
        for piece, first, last in cut(pieces, 0, size_of(pieces))
    )
    return b"".join(parts)


def test_archive_is_read_by_a_foreign_reader():
    contents = {"a.txt": b"abc", "b/录像.mp4": bytes(1000), "empty": b""}
    with zipfile.ZipFile(io.BytesIO(packed(contents))) as read:
        assert read.testzip() is None
        assert {name: read.read(name) for name in read.namelist()} == contents
        assert {info.compress_type for info in read.infolist()} == {zipfile.ZIP_STORED}
        assert {info.date_time for info in read.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize("limit", ["size", "count"])
def test_archive_goes_over_to_zip64_where_a_number_needs_it(monkeypatch, limit):
    # the real limits are 4 GiB and 65,535 files: lower them so that a small archive needs it
    contents = {f"{number}.bin": bytes(100 + number) for number in range(5)}
    if limit == "count":
        contents = {f"{number}": b"" for number in range(70_000)}
    else:
        monkeypatch.setattr(archive, "_FULL_32", 100)
    data = packed(contents)
    if limit == "count":
        with zipfile.ZipFile(io.BytesIO(data)) as read:
            assert len(read.namelist()) == 70_000
    assert b"PK\x06\x06" in data
    assert b"PK\x06\x07" in data


def test_archive_of_a_file_over_4_gib_names_its_real_size():
    size = (4 << 30) + 1
    pieces = lay_out([Member(name="big.mp4", size=size, crc=1), Member(name="x", size=3, crc=2)])
    end = pieces[-1].data

    class Sparse(io.RawIOBase):
        """Reads the end of the archive and zeros before it."""

        at = 0

        def seekable(self):
            return True

        def readable(self):
            return True

        def seek(self, offset, whence=0):
            self.at = offset + (0, self.at, size_of(pieces))[whence]
            return self.at

        def tell(self):
            return self.at

        def read(self, count=-1):
            total = size_of(pieces)
            stop = total if count < 0 else min(total, self.at + count)
            data = b""
            for piece, first, last in cut(pieces, self.at, stop):
                data += bytes(last - first) if piece.member else piece.data[first:last]
            self.at = stop
            return data

    with zipfile.ZipFile(Sparse()) as read:
        big, small = read.infolist()
    assert (big.file_size, big.header_offset) == (size, 0)
    assert (small.file_size, small.header_offset) == (3, pieces[2].start)
    assert len(end) > 100
