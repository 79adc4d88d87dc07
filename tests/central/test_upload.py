"""Uploads: bound to certificate and manifest, resumable, never lost, never wrong."""

import contextlib
import hashlib
import secrets
import socket
import ssl
import threading
import time

import httpx
import pytest

from central.intake.deposit import Deposits
from central.intake.receiving import Receiving
from central.store import outgoing, refused
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope
from edge.evidence.receipt import verify_stored
from tests.central.served import Served, Uploader, code

MIB = 1 << 20


@pytest.fixture
def served(opened, station):
    with Served(opened, station).running() as running:
        yield running


@pytest.fixture
def uploader(served):
    with served.uploader() as client:
        yield client


def receipts(served):
    """Stored receipts that wait for the station."""
    with served.site.store.read() as connection:
        waiting = outgoing.unsent(connection, limit=1000)
    return [each.answer for each in waiting if each.answer.kind == outgoing.STORED]


def partial(served, manifest):
    return served.central.folder.uploads / f"{manifest.digest}.partial"


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 17])
def test_upload_is_stored_and_answered_by_a_receipt_that_verifies(served, uploader, size):
    data = secrets.token_bytes(size)
    manifest = served.manifest(data)
    answer = uploader.upload(manifest.digest, data)
    assert answer.status_code in {201, 204}
    assert served.site.vault.open(Digest.of(data)).read() == data
    (receipt,) = receipts(served)
    assert receipt.station == served.station.name
    fact = verify_stored(
        Envelope.parse(receipt.payload),
        served.central.keyring.keys,
        sha256=Digest.of(data),
        size=size,
        manifest=manifest.digest,
    )
    assert fact.replicas[0].kind == "folder"
    assert not partial(served, manifest).exists()
    assert [each.recording for each in served.leaves("receipt-stored/v1")] == [
        served.recording(manifest)
    ]


def test_no_certificate_no_connection(served):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with httpx.Client(verify=context, trust_env=False) as bare, pytest.raises(httpx.TransportError):
        bare.post(f"{served.upload_url}/upload/v1/files")


def test_tls_1_2_is_refused(served):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    port = int(served.upload_url.rsplit(":", 1)[1])
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        pytest.raises(ssl.SSLError),
        context.wrap_socket(plain),
    ):
        pass


def test_another_station_cannot_upload_what_it_did_not_seal(served, site):
    manifest = served.manifest(b"abc")
    with served.uploader(site.enrol("st-02")) as other:
        refused_create = other.create(manifest.digest, 3)
        assert (refused_create.status_code, code(refused_create)) == (403, "UPLOAD_NOT_YOURS")
        assert other.patch(f"/upload/v1/files/{manifest.digest}", 0, b"abc").status_code == 403
        assert other.head(f"/upload/v1/files/{manifest.digest}").status_code == 403
    assert not partial(served, manifest).exists()


def test_what_is_not_logged_is_not_taken(uploader):
    answer = uploader.create(Digest.of(b"never sealed"), 3)
    assert (answer.status_code, code(answer)) == (409, "MANIFEST_NOT_LOGGED")


def test_another_size_than_sealed_is_refused(served, uploader):
    manifest = served.manifest(b"abc")
    answer = uploader.create(manifest.digest, 4)
    assert (answer.status_code, code(answer)) == (400, "UPLOAD_SIZE_MISMATCH")
    assert "3 bytes" in answer.json()["error"]["expected"]


@pytest.mark.parametrize(
    ("header", "value", "status", "expected"),
    [
        ("Tus-Resumable", "0.2.2", 412, "TUS_VERSION"),
        ("Upload-Length", "-1", 400, "UPLOAD_MALFORMED"),
        ("Upload-Length", "9" * 40, 400, "UPLOAD_MALFORMED"),
        ("Upload-Metadata", "envelope !!!", 400, "UPLOAD_MALFORMED"),
        ("Upload-Metadata", "", 400, "UPLOAD_MALFORMED"),
        ("Upload-Metadata", "envelope YWJj", 400, "UPLOAD_MALFORMED"),
    ],
)
def test_malformed_creation_says_what_was_expected(
    served, uploader, header, value, status, expected
):
    manifest = served.manifest()
    answer = uploader.create(manifest.digest, 3, **{header: value})
    assert (answer.status_code, code(answer)) == (status, expected)
    assert {"expected", "found", "message"} <= answer.json()["error"].keys()


def test_creating_again_is_the_same_upload(served, uploader):
    data = secrets.token_bytes(2 * MIB)
    manifest = served.manifest(data)
    first = uploader.create(manifest.digest, len(data))
    uploader.patch(first.headers["Location"], 0, data[:MIB])
    again = uploader.create(manifest.digest, len(data))
    assert again.status_code == 201
    assert again.headers["Location"] == first.headers["Location"]
    assert uploader.head(first.headers["Location"]).headers["Upload-Offset"] == str(MIB)


def test_bytes_with_a_wrong_checksum_are_dropped_and_the_upload_goes_on(served, uploader):
    data = secrets.token_bytes(2 * MIB + 5)
    manifest = served.manifest(data)
    place = uploader.create(manifest.digest, len(data)).headers["Location"]
    assert uploader.patch(place, 0, data[:MIB]).status_code == 204
    wrong = uploader.patch(
        place,
        MIB,
        b"x" * MIB,
        checksum=False,
        **{"Upload-Checksum": "sha256 " + "A" * 43 + "="},
    )
    assert (wrong.status_code, code(wrong)) == (460, "UPLOAD_CHECKSUM_MISMATCH")
    assert uploader.head(place).headers["Upload-Offset"] == str(MIB)
    assert uploader.patch(place, MIB, data[MIB:]).status_code == 204
    assert served.site.vault.open(Digest.of(data)).read() == data


@pytest.mark.parametrize("value", ["md5 AAAA", "sha256", "sha256 !!!!", "sha256 AAAA"])
def test_unreadable_checksum_is_refused(served, uploader, value):
    manifest = served.manifest()
    place = uploader.create(manifest.digest, 3).headers["Location"]
    answer = uploader.patch(place, 0, b"abc", checksum=False, **{"Upload-Checksum": value})
    assert (answer.status_code, code(answer)) == (400, "UPLOAD_MALFORMED")
    assert uploader.head(place).headers["Upload-Offset"] == "0"


def test_wrong_offset_length_and_type_are_refused_and_nothing_changes(served, uploader):
    manifest = served.manifest(b"abcdef")
    place = uploader.create(manifest.digest, 6).headers["Location"]
    assert code(uploader.patch(place, 1, b"bc")) == "UPLOAD_OFFSET_MISMATCH"
    assert code(uploader.patch(place, 0, b"abcdefg")) == "UPLOAD_TOO_LONG"
    typed = uploader.patch(place, 0, b"abc", **{"Content-Type": "text/plain"})
    assert (typed.status_code, code(typed)) == (415, "UPLOAD_MEDIA_TYPE")
    assert uploader.head(place).headers["Upload-Offset"] == "0"


def test_unknown_upload_is_404(served, uploader):
    manifest = served.manifest()
    place = f"/upload/v1/files/{manifest.digest}"
    assert uploader.head(place).status_code == 404
    answer = uploader.patch(place, 0, b"abc")
    assert (answer.status_code, code(answer)) == (404, "UPLOAD_UNKNOWN")
    assert uploader.head("/upload/v1/files/nonsense").status_code == 404


def test_other_content_than_sealed_goes_to_the_quarantine_and_restarts_from_zero(served, uploader):
    sealed, sent = b"what was sealed", b"what was SEALED"
    manifest = served.manifest(sealed)
    answer = uploader.upload(manifest.digest, sent)
    assert (answer.status_code, code(answer)) == (422, "UPLOAD_DIGEST_MISMATCH")
    kept = served.central.folder.quarantine / hashlib.sha256(sent).hexdigest()
    assert kept.read_bytes() == sent
    with served.site.store.read() as connection:
        (row,) = refused.latest(connection)
    assert (row.code, row.kind, row.recording) == (
        "UPLOAD_DIGEST_MISMATCH",
        refused.UPLOAD,
        served.recording(manifest),
    )
    assert not served.site.vault.holds(Digest.of(sent))
    assert receipts(served) == []
    assert uploader.head(f"/upload/v1/files/{manifest.digest}").status_code == 404
    assert uploader.upload(manifest.digest, sent).status_code == 422  # the same bytes again
    assert uploader.upload(manifest.digest, sealed).status_code == 204
    assert len(receipts(served)) == 1


def test_same_content_twice_is_one_file_and_a_receipt_each(served, uploader):
    data = secrets.token_bytes(MIB)
    first, second = served.manifest(data, "A.MP4"), served.manifest(data, "B.MP4")
    assert uploader.create(second.digest, MIB).status_code == 201  # begun before the first is in
    assert uploader.upload(first.digest, data).status_code == 204
    answer = uploader.create(second.digest, MIB)
    assert (answer.status_code, code(answer)) == (409, "ALREADY_STORED")
    assert {each.envelope for each in receipts(served)} == {first.digest, second.digest}
    files = [p for p in served.central.folder.vault.rglob("*") if p.is_file()]
    assert len(files) == 2  # the content and its segment digests


def test_stored_upload_says_so_and_is_complete(served, uploader):
    manifest = served.manifest(b"abc")
    uploader.upload(manifest.digest, b"abc")
    again = uploader.create(manifest.digest, 3)
    assert (again.status_code, code(again)) == (409, "ALREADY_STORED")
    assert uploader.head(f"/upload/v1/files/{manifest.digest}").headers["Upload-Offset"] == "3"
    assert len(served.leaves("receipt-stored/v1")) == 1


def test_full_disk_is_507_and_what_came_is_kept(opened, station):
    data = secrets.token_bytes(3 * MIB)
    with Served(opened, station).running() as served, served.uploader() as uploader:
        manifest = served.manifest(data)
        place = uploader.create(manifest.digest, len(data)).headers["Location"]
        assert uploader.patch(place, 0, data[:MIB]).status_code == 204
        served.receiving._reserve = 1 << 62
        answer = uploader.patch(place, MIB, data[MIB:])
        assert (answer.status_code, code(answer)) == (507, "DISK_FULL")
        assert code(uploader.create(manifest.digest, len(data))) == "DISK_FULL"
        served.receiving._reserve = 0
        here = int(uploader.head(place).headers["Upload-Offset"])
        assert here >= MIB
        assert uploader.patch(place, here, data[here:]).status_code == 204
        assert served.site.vault.open(Digest.of(data)).read() == data


def test_broken_connection_keeps_what_came(served, uploader):
    data = secrets.token_bytes(3 * MIB)
    manifest = served.manifest(data)
    place = uploader.create(manifest.digest, len(data)).headers["Location"]

    def half():
        yield data[: MIB + 100]
        raise ConnectionError

    with contextlib.suppress(ConnectionError), served.uploader() as broken:
        broken.http.patch(
            place,
            headers=Uploader.HEADERS
            | {
                "Upload-Offset": "0",
                "Content-Type": "application/offset+octet-stream",
                "Content-Length": str(len(data)),
            },
            content=half(),
        )
    here = int(uploader.head(place).headers["Upload-Offset"])
    assert 0 < here <= MIB + 100
    assert partial(served, manifest).read_bytes() == data[:here]
    assert uploader.patch(place, here, data[here:]).status_code == 204
    assert served.site.vault.open(Digest.of(data)).read() == data


def test_newer_request_takes_over_a_stalled_one(served, uploader):
    data = secrets.token_bytes(2 * MIB)
    manifest = served.manifest(data)
    place = uploader.create(manifest.digest, len(data)).headers["Location"]
    go_on, answers = threading.Event(), []

    def stalled():
        yield data[:MIB]
        go_on.wait(20)
        yield data[MIB:]

    def send():
        with served.uploader() as slow, contextlib.suppress(httpx.TransportError):
            headers = {
                "Upload-Offset": "0",
                "Content-Type": "application/offset+octet-stream",
                "Content-Length": str(len(data)),
            }
            answers.append(
                slow.http.patch(place, headers=Uploader.HEADERS | headers, content=stalled())
            )

    thread = threading.Thread(target=send)
    thread.start()
    deadline = time.monotonic() + 20
    while partial(served, manifest).stat().st_size < MIB:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    here = int(uploader.head(place).headers["Upload-Offset"])
    assert here == MIB
    assert uploader.patch(place, here, data[here:]).status_code == 204
    go_on.set()
    thread.join(20)
    assert all(answer.status_code in {409, 423} for answer in answers)
    assert served.site.vault.open(Digest.of(data)).read() == data


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PURGE", "MOVE"])
def test_nothing_can_be_deleted_and_the_attempt_is_logged(served, uploader, method):
    manifest = served.manifest(b"abc")
    place = uploader.create(manifest.digest, 3).headers["Location"]
    uploader.patch(place, 0, b"a")
    answer = uploader.http.request(method, place, headers=Uploader.HEADERS)
    assert (answer.status_code, code(answer)) == (405, "DELETE_REFUSED")
    assert uploader.head(place).headers["Upload-Offset"] == "1"
    (act,) = served.acts("delete-refused")
    assert act.actor == "station st-01"


def test_there_is_no_get(served, uploader):
    manifest = served.manifest(b"abc")
    place = uploader.create(manifest.digest, 3).headers["Location"]
    assert code(uploader.http.get(place)) == "METHOD_REFUSED"


def test_options_tells_what_is_spoken(uploader):
    answer = uploader.http.options("/upload/v1/files")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,checksum"


def test_tuspy_a_foreign_client_uploads_in_chunks(served, station, tmp_path, monkeypatch):
    tus = pytest.importorskip("tusclient.client")
    requests = pytest.importorskip("requests")
    tls = station.bundle / "tls"
    asked = requests.Session.request

    def certified(self, *words, **options):  # tuspy has no word for client certificates
        options["cert"] = (str(tls / "station.pem"), str(tls / "station.key"))
        return asked(self, *words, **options)

    monkeypatch.setattr(requests.Session, "request", certified)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls / "ca.pem"))
    data = secrets.token_bytes(2 * MIB + 333)
    (tmp_path / "clip.mp4").write_bytes(data)
    manifest = served.manifest(data)
    client = tus.TusClient(f"{served.upload_url}/upload/v1/files")
    client.uploader(
        str(tmp_path / "clip.mp4"),
        chunk_size=MIB,
        metadata={"envelope": str(manifest.digest)},
        verify_tls_cert=str(tls / "ca.pem"),
    ).upload()
    assert served.site.vault.open(Digest.of(data)).read() == data


# A kill is a new process over the same files: what follows makes such files and starts anew.


def resumed(opened):
    import asyncio

    from central.workflows.opened import site_of

    receiving = Receiving(Deposits(site_of(opened)), opened.folder.uploads, reserve=0)
    asyncio.run(receiving.resume())


def test_killed_before_the_deposit_is_deposited_at_the_next_start(opened, station):
    served = Served(opened, station)
    data = secrets.token_bytes(2 * MIB)
    manifest = served.manifest(data)
    partial(served, manifest).write_bytes(data)
    resumed(opened)
    assert served.site.vault.open(Digest.of(data)).read() == data
    assert [each.envelope for each in receipts(served)] == [manifest.digest]


def test_killed_between_vault_and_leaf_gets_its_receipt_at_the_next_start(opened, station):
    served = Served(opened, station)
    data = b"in the vault, not in the log"
    manifest = served.manifest(data)
    partial(served, manifest).write_bytes(data)
    wanted = served.deposits.wanted(manifest.digest)
    from central.intake.arriving import Arriving

    arrived = Arriving(partial(served, manifest), wanted.recording).finish()
    served.site.vault.keep(arrived.partial, arrived.sha256, len(data), arrived.segments.leaves)
    resumed(opened)
    resumed(opened)
    assert [each.envelope for each in receipts(served)] == [manifest.digest]
    assert len(served.leaves("receipt-stored/v1")) == 1


def test_killed_in_mid_transfer_resumes_where_it_was(opened, station):
    data = secrets.token_bytes(2 * MIB + 7)
    before = Served(opened, station)
    manifest = before.manifest(data)
    partial(before, manifest).write_bytes(data[: MIB + 1])
    resumed(opened)
    with Served(opened, station).running() as served, served.uploader() as uploader:
        place = uploader.create(manifest.digest, len(data)).headers["Location"]
        assert uploader.head(place).headers["Upload-Offset"] == str(MIB + 1)
        assert uploader.patch(place, MIB + 1, data[MIB + 1 :]).status_code == 204
        assert served.site.vault.open(Digest.of(data)).read() == data


def test_complete_file_of_wrong_content_is_quarantined_at_start_and_stops_nothing(opened, station):
    served = Served(opened, station)
    bad, good = served.manifest(b"abc", "A.MP4"), served.manifest(b"def", "B.MP4")
    partial(served, bad).write_bytes(b"xyz")
    partial(served, good).write_bytes(b"def")
    (served.central.folder.uploads / "strange.partial").write_bytes(b"?")
    resumed(opened)
    assert (served.central.folder.quarantine / hashlib.sha256(b"xyz").hexdigest()).exists()
    assert [each.envelope for each in receipts(served)] == [good.digest]
