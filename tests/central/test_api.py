"""The API: deny by default, coded refusals, keyset pages, ranges, every access a leaf."""

import itertools

import pytest

from central.accounts import sign_in
from central.accounts.roles import Role
from central.api.ranges import Content, respond
from edge import clock
from edge.evidence.checkpoint import open_checkpoint
from tests.central.served import H264, Served, code


@pytest.fixture
def served(opened, station):
    with Served(opened, station).running() as running:
        yield running


@pytest.fixture
def handler(served):
    with served.person("handler") as client:
        yield client


def case(client, number="陵市监罚〔2026〕12号", title="测试案件"):
    answer = client.post("/api/v1/cases", json={"number": number, "title": title})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


# Who gets in


PUBLIC = {
    "/health",
    "/api/v1/health",
    "/api/v1/session",
    "/login",
    "/log/checkpoint",
    "/log/checkpoint.witnessed",
    "/log/tile/entries/{number}",
    "/log/tile/{level}/{number}",
}


def test_every_path_but_the_public_ones_needs_a_session(served):
    paths = served.app.openapi()["paths"]
    assert len(paths) > 15
    with served.stranger() as stranger:
        for path, methods in paths.items():
            for method in methods:
                filled = path.replace("{number}", "000").replace("{level}", "0")
                answer = stranger.request(method.upper(), filled)
                if path in PUBLIC:
                    assert answer.status_code != 401 or method == "get", path
                else:
                    assert (answer.status_code, code(answer)) == (401, "SIGN_IN_NEEDED"), path


def test_pages_send_strangers_to_sign_in(served):
    with served.stranger() as stranger:
        for path in ("/recordings", "/cases", "/stations", "/quarantine", "/exports/00", "/"):
            answer = stranger.get(path)
            assert answer.status_code == 303
            assert answer.headers["Location"].startswith("/login")


def test_wrong_credentials_are_nobody(served):
    with served.stranger() as stranger:
        for header in ("Bearer nonsense", "Basic eDp5", "Bearer"):
            answer = stranger.get("/api/v1/recordings", headers={"Authorization": header})
            assert code(answer) == "SIGN_IN_NEEDED", header


def test_token_signs_a_program_in_and_its_use_is_logged(served):
    token = sign_in.add_token(served.site.store, "robot", Role.AUDITOR, clock.now())
    with served.stranger() as program:
        program.headers["Authorization"] = f"Bearer {token}"
        assert program.get("/api/v1/recordings").status_code == 200
        assert program.get("/api/v1/session").json()["role"] == "auditor"
        refused = program.post("/api/v1/cases", json={"number": "1", "title": "x"})
    assert (refused.status_code, code(refused)) == (403, "ROLE_REFUSED")
    assert [each.actor for each in served.acts("token")] == ["robot"]


def test_sign_ins_and_refused_ones_are_leaves(served, handler):
    with served.stranger() as stranger:
        answer = stranger.post("/api/v1/session", json={"user": "mallory", "password": "guess"})
    assert (answer.status_code, code(answer)) == (401, "SIGN_IN_REFUSED")
    assert [each.actor for each in served.acts("login")] == [handler.name]
    assert [each.actor for each in served.acts("login-refused")] == ["mallory"]


def test_guessing_is_throttled(served):
    with served.stranger() as stranger:
        words = {"user": "mallory", "password": "guess"}
        for _ in range(5):
            assert stranger.post("/api/v1/session", json=words).status_code == 401
        answer = stranger.post("/api/v1/session", json=words)
    assert (answer.status_code, code(answer)) == (429, "SIGN_IN_THROTTLED")
    assert int(answer.headers["Retry-After"]) >= 1
    assert len(served.acts("login-refused")) == 5


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(served):
    sign_in.add_user(served.site.store, "wang", Role.HANDLER, "correct horse", clock.now())
    with served.stranger() as browser:
        answer = browser.post("/api/v1/session", json={"user": "wang", "password": "correct horse"})
    cookie = answer.headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_signed_out_is_out(handler):
    assert handler.post("/api/v1/session/end").status_code == 204
    assert handler.get("/api/v1/recordings").status_code == 401


def test_cookie_alone_changes_nothing(served, handler):
    words = {"number": "1", "title": "x"}
    for headers in (
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "wrong"},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = handler.post("/api/v1/cases", json=words, headers=headers)
        assert (answer.status_code, code(answer)) == (403, "CSRF_REFUSED"), headers
    assert served.leaves("case/v1") == []


def test_another_site_cannot_sign_a_person_in(served):
    with served.stranger() as stranger:
        answer = stranger.post(
            "/api/v1/session",
            json={"user": "x", "password": "y"},
            headers={"Origin": "http://evil.example"},
        )
    assert code(answer) == "CSRF_REFUSED"


def test_strangers_cannot_fill_the_memory(served):
    with served.stranger() as stranger:
        for path, kind in (("/api/v1/session", "application/json"), ("/login", "text/plain")):
            answer = stranger.post(path, content=b"x" * (2 << 20), headers={"Content-Type": kind})
            assert answer.status_code in {400, 413, 422}, path


def test_administrator_sees_lists_and_no_footage(served):
    recording = served.stored()
    with served.person("administrator") as administrator:
        assert administrator.get("/api/v1/recordings").status_code == 200
        assert administrator.get("/api/v1/stations").status_code == 200
        footage = administrator.get(f"/api/v1/recordings/{recording}/footage")
        export = administrator.post(
            "/api/v1/exports", json={"recordings": [recording], "purpose": "x"}
        )
    assert [code(footage), code(export)] == ["ROLE_REFUSED", "ROLE_REFUSED"]
    assert served.acts("play") == []
    assert served.leaves("export/v1") == []


def test_auditor_changes_nothing(served):
    recording = served.stored()
    with served.person("handler") as handler:
        number = case(handler)
    with served.person("auditor") as auditor:
        body = {"recording": recording, "reason": "x"}
        for path in (f"/api/v1/cases/{number}/links", f"/api/v1/cases/{number}/unlinks"):
            assert code(auditor.post(path, json=body)) == "ROLE_REFUSED"
        assert auditor.get(f"/api/v1/recordings/{recording}/footage").status_code == 200
    assert served.leaves("case-link/v1") == []


# Nothing is deleted


DESTROYING = ["DELETE", "PUT", "PATCH", "PURGE", "MOVE", "UNLINK"]


@pytest.mark.parametrize(
    "path", ["/api/v1/recordings/{id}", "/api/v1/recordings/{id}/footage", "/log/checkpoint", "/"]
)
def test_destroying_is_refused_everywhere_and_logged(served, handler, path):
    recording = served.stored()
    target = path.format(id=recording)
    for method in DESTROYING:
        answer = handler.request(method, target)
        assert (answer.status_code, code(answer)) == (405, "DELETE_REFUSED")
    acts = served.acts("delete-refused")
    assert [each.reason for each in acts] == [f"{method} {target}" for method in DESTROYING]
    assert {each.actor for each in acts} == {handler.name}
    assert {each.target for each in acts} == {recording if "recordings" in path else target}
    assert handler.get(f"/api/v1/recordings/{recording}/footage").content == b"abc"


def test_each_refused_delete_of_a_person_is_a_leaf_and_shows_in_the_history(served, handler):
    recording = served.stored()
    for _ in range(3):
        handler.delete(f"/api/v1/recordings/{recording}")
    history = handler.get(f"/api/v1/recordings/{recording}").json()["history"]
    assert [fact["act"] for fact in history].count("delete-refused") == 3


def test_strangers_are_refused_too_and_cannot_fill_the_log(served):
    with served.stranger() as stranger:
        for number in range(5):
            answer = stranger.delete(f"/api/v1/recordings/{number}")
            assert code(answer) == "DELETE_REFUSED"
    assert [each.actor for each in served.acts("delete-refused")] == ["nobody at 127.0.0.1"]


def test_a_hidden_method_is_a_method(handler):
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        answer = handler.post("/api/v1/cases", json={}, headers={name: "DELETE"})
        assert (answer.status_code, code(answer)) == (405, "DELETE_REFUSED"), name


# Lists


def test_pages_go_on_where_the_last_one_ended_whatever_arrives_meanwhile(served, handler):
    for number in range(5):
        served.manifest(bytes([number]), f"{number}.MP4")
    first = handler.get("/api/v1/recordings", params={"limit": 2}).json()
    served.manifest(b"late", "late.MP4")
    second = handler.get("/api/v1/recordings", params={"limit": 2, "after": first["next"]}).json()
    third = handler.get("/api/v1/recordings", params={"limit": 2, "after": second["next"]}).json()
    names = [each["name"] for page in (first, second, third) for each in page["items"]]
    assert names == ["4.MP4", "3.MP4", "2.MP4", "1.MP4", "0.MP4"]
    assert "next" not in third


FILTERS = [
    ({}, {"A.MP4", "B_IMP.MP4"}),
    ({"state": "stored"}, {"A.MP4"}),
    ({"state": "logged"}, {"B_IMP.MP4"}),
    ({"station": "st-01"}, {"A.MP4", "B_IMP.MP4"}),
    ({"station": "st-02"}, set()),
    ({"camera": "CAM-7"}, {"A.MP4", "B_IMP.MP4"}),
    ({"linked": "true"}, {"A.MP4"}),
    ({"linked": "false"}, {"B_IMP.MP4"}),
    ({"case": "陵市监罚〔2026〕12号"}, {"A.MP4"}),
    ({"case": "another"}, set()),
    ({"q": "b_imp"}, {"B_IMP.MP4"}),
    ({"q": "%"}, set()),
    ({"q": "_"}, {"B_IMP.MP4"}),
    ({"q": "cam-7 a.mp4"}, {"A.MP4"}),
    ({"q": "〔2026〕12"}, {"A.MP4"}),
    ({"q": "测试"}, {"A.MP4"}),
]


def test_filters_narrow(served, handler):
    recording = served.stored(b"abc", "DCIM/A.MP4")
    served.manifest(b"def", "DCIM/B_IMP.MP4")
    body = {"recording": recording, "reason": "现场检查"}
    assert handler.post(f"/api/v1/cases/{case(handler)}/links", json=body).status_code == 201
    for query, found in FILTERS:
        items = handler.get("/api/v1/recordings", params=query).json()["items"]
        assert {each["name"] for each in items} == found, query


def test_digest_and_id_find_their_recording(served, handler):
    recording = served.stored(b"abc", "A.MP4")
    served.manifest(b"def", "B.MP4")
    one = handler.get(f"/api/v1/recordings/{recording}").json()
    for words in (one["id"], one["sha256"], one["envelope"].upper()):
        items = handler.get("/api/v1/recordings", params={"q": words}).json()["items"]
        assert [each["id"] for each in items] == [recording]


BAD_QUERIES = [
    {"colour": "blue"},
    {"limit": 0},
    {"limit": 201},
    {"after": -1},
    {"state": "lost"},
    {"linked": "perhaps"},
]


def test_unknown_or_bad_parameters_are_refused_by_name(handler):
    for query in BAD_QUERIES:
        answer = handler.get("/api/v1/recordings", params=query)
        assert (answer.status_code, code(answer)) == (422, "REQUEST_INVALID")
        assert next(iter(query)) in answer.json()["error"]["found"]


BAD_BODIES = [
    {},
    {"number": "1"},
    {"number": "1", "title": ""},
    {"number": "1", "title": "x", "owner": "me"},
    {"number": 1, "title": "x"},
    {"number": "x" * 501, "title": "x"},
    {"number": "a\u202eb", "title": "x"},
    {"number": " ", "title": "x"},
]


def test_bad_bodies_are_refused_and_nothing_changes(served, handler):
    for body in BAD_BODIES:
        answer = handler.post("/api/v1/cases", json=body)
        assert answer.status_code == 422
        assert code(answer) in {"REQUEST_INVALID", "WORDS_REFUSED"}
    assert served.leaves("case/v1") == []


def test_recording_says_all_that_is_known_and_leaves_out_what_is_not(served, handler):
    recording = served.stored(b"abc", "DCIM/A.MP4")
    one = handler.get(f"/api/v1/recordings/{recording}").json()
    assert one["state"] == "stored"
    assert one["size"] == 3
    assert one["path"] == "DCIM/A.MP4"
    assert one["replicas"][0]["kind"] == "folder"
    assert one["replicas"][0]["retain_until"] > one["stored"]
    assert "officer" not in one
    assert "mtime" not in one
    assert [fact["act"] for fact in one["history"]] == ["inventory", "sealed", "stored"]
    again = handler.get(f"/api/v1/recordings/{recording}").json()
    assert again["history"][-1]["act"] == "view"


def test_unknown_things_are_404_with_a_code(handler):
    for path, expected in (
        ("/api/v1/recordings/" + "0" * 32, "RECORDING_UNKNOWN"),
        ("/api/v1/cases/" + "0" * 12, "CASE_UNKNOWN"),
        ("/api/v1/exports/" + "0" * 16, "EXPORT_UNKNOWN"),
        ("/api/v1/nothing", "NOT_FOUND"),
    ):
        answer = handler.get(path)
        assert (answer.status_code, code(answer)) == (404, expected)


# Cases


def test_case_number_is_given_once(served, handler):
    first = case(handler)
    spaced = handler.post(
        "/api/v1/cases", json={"number": "  陵市监罚〔2026〕12号 ", "title": "again"}
    )
    assert (spaced.status_code, code(spaced)) == (409, "CASE_NUMBER_TAKEN")
    assert spaced.json()["error"]["case"] == first
    assert len(served.leaves("case/v1")) == 1


def test_link_and_unlink_are_facts_that_name_each_other(served, handler):
    recording, number = served.stored(), case(handler)
    body = {"recording": recording, "reason": "现场检查"}
    links, unlinks = f"/api/v1/cases/{number}/links", f"/api/v1/cases/{number}/unlinks"
    linked = handler.post(links, json=body)
    assert linked.status_code == 201
    assert linked.json()["cases"] == [{"id": number, "number": "陵市监罚〔2026〕12号"}]
    assert code(handler.post(links, json=body)) == "CASE_ALREADY_LINKED"
    assert handler.post(unlinks, json=body | {"reason": "关联错误"}).status_code == 201
    assert code(handler.post(unlinks, json=body)) == "CASE_NOT_LINKED"
    assert handler.post(links, json=body).status_code == 201
    first, _second = served.leaves("case-link/v1")
    (unlink,) = served.leaves("case-unlink/v1")
    history = handler.get(f"/api/v1/recordings/{recording}").json()["history"]
    acts = [fact["act"] for fact in history if "link" in fact["act"]]
    assert acts == ["linked", "unlinked", "linked"]
    named = [fact["envelope"] for fact in history if fact["act"] == "linked"]
    assert str(unlink.link) == named[0]
    assert (first.actor, first.reason) == (handler.name, "现场检查")


def test_link_to_what_is_not_there_is_refused(served, handler):
    recording, number = served.stored(), case(handler)
    unknown = {"recording": "0" * 32, "reason": "x"}
    assert code(handler.post(f"/api/v1/cases/{number}/links", json=unknown)) == "RECORDING_UNKNOWN"
    known = {"recording": recording, "reason": "x"}
    answer = handler.post(f"/api/v1/cases/{'0' * 12}/links", json=known)
    assert (answer.status_code, code(answer)) == (404, "CASE_UNKNOWN")
    assert served.leaves("case-link/v1") == []


def test_case_shows_what_is_linked_now(served, handler):
    recording, number = served.stored(), case(handler)
    body = {"recording": recording, "reason": "x"}
    handler.post(f"/api/v1/cases/{number}/links", json=body)
    one = handler.get(f"/api/v1/cases/{number}").json()
    assert [each["id"] for each in one["recordings"]] == [recording]
    listed = handler.get("/api/v1/cases", params={"q": "2026"}).json()["items"]
    assert [(each["id"], each["recordings"]) for each in listed] == [(number, 1)]
    handler.post(f"/api/v1/cases/{number}/unlinks", json=body)
    assert handler.get(f"/api/v1/cases/{number}").json()["recordings"] == []


# Footage


DATA = bytes(itertools.islice(itertools.cycle(range(251)), 3_000_000))


RANGES = [
    ("bytes=0-0", 0, 1),
    ("bytes=0-", 0, len(DATA)),
    ("bytes=1048570-1048580", 1_048_570, 1_048_581),
    ("bytes=2999999-", 2_999_999, len(DATA)),
    ("bytes=-5", len(DATA) - 5, len(DATA)),
    ("bytes=-99999999", 0, len(DATA)),
    ("bytes=10-99999999", 10, len(DATA)),
]


def test_one_range_is_206_with_just_those_bytes(served, handler):
    recording = served.stored(DATA, "A.MP4", H264)
    for asked, begin, end in RANGES:
        answer = handler.get(f"/api/v1/recordings/{recording}/footage", headers={"Range": asked})
        assert answer.status_code == 206
        assert answer.content == DATA[begin:end]
        assert answer.headers["Content-Range"] == f"bytes {begin}-{end - 1}/{len(DATA)}"
        assert answer.headers["Content-Length"] == str(end - begin)


def test_range_behind_the_end_is_416(served, handler):
    recording = served.stored(DATA, "A.MP4", H264)
    for asked in ["bytes=3000000-", "bytes=9999999-99999999", "bytes=-0"]:
        answer = handler.get(f"/api/v1/recordings/{recording}/footage", headers={"Range": asked})
        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == f"bytes */{len(DATA)}"


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "bytes=5-4", "lines=1-2", "bytes=-", "bytes=a-"]
)
def test_what_is_no_single_range_is_answered_whole(asked):
    content = Content(
        size=10,
        etag='"x"',
        media_type="video/mp4",
        read=lambda a, b: iter([b"y" * (b - a)]),
        headers={},
    )
    assert respond(content, asked, None).status_code == 200


def test_if_range_of_another_content_is_answered_whole(served, handler):
    recording = served.stored(DATA, "A.MP4", H264)
    url = f"/api/v1/recordings/{recording}/footage"
    etag = handler.head(url).headers.get("ETag") or handler.get(url).headers["ETag"]
    same = handler.get(url, headers={"Range": "bytes=0-9", "If-Range": etag})
    other = handler.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)


def test_footage_is_served_as_what_it_is_and_never_sniffed(served, handler):
    playable = served.stored(DATA, "A.MP4", H264)
    unknown = served.stored(b"<script>alert(1)</script>", "evil.html")
    answer = handler.get(f"/api/v1/recordings/{playable}/footage", headers={"Range": "bytes=0-9"})
    assert answer.headers["Content-Type"] == "video/mp4"
    other = handler.get(f"/api/v1/recordings/{unknown}/footage")
    assert other.headers["Content-Type"] == "application/octet-stream"
    assert other.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in other.headers["Content-Security-Policy"]


def test_name_of_a_hostile_card_does_not_break_the_header(served, handler):
    recording = served.stored(b"abc", 'a"\r\nX: y/录像;.mp4')
    answer = handler.get(f"/api/v1/recordings/{recording}/footage", params={"download": True})
    assert "X" not in answer.headers
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")


def test_hundreds_of_ranges_are_one_play_and_a_download_is_another_act(served, handler):
    recording = served.stored(DATA, "A.MP4", H264)
    url = f"/api/v1/recordings/{recording}/footage"
    for begin in range(0, 1000, 100):
        handler.get(url, headers={"Range": f"bytes={begin}-{begin + 99}"})
    handler.get(url, params={"download": True})
    with served.person("auditor") as auditor:
        auditor.get(url, headers={"Range": "bytes=0-9"})
        other = auditor.name
    assert [each.actor for each in served.acts("play")] == [handler.name, other]
    assert [each.actor for each in served.acts("download")] == [handler.name]
    assert {each.target for each in served.acts("play")} == {recording}


def test_footage_that_has_not_arrived_says_so(served, handler):
    recording = served.recording(served.manifest(b"abc"))
    answer = handler.get(f"/api/v1/recordings/{recording}/footage")
    assert (answer.status_code, code(answer)) == (409, "FOOTAGE_NOT_STORED")
    assert served.acts("play") == []


# Fleet, health, log


def test_health_is_public_and_says_little(served):
    with served.stranger() as stranger:
        for path in ("/health", "/api/v1/health"):
            answer = stranger.get(path)
            assert answer.json() == {
                "status": "ok",
                "site": "test",
                "leaves": answer.json()["leaves"],
                "witnessed": 0,
            }


def test_stations_say_when_they_were_heard_and_refusals_are_listed(served, handler):
    served.log(served.station.open_epoch())
    assert "heard" not in handler.get("/api/v1/stations").json()["items"][0]
    served.beat()
    served.log(served.station.heartbeat())  # not what belongs on this topic
    (station,) = handler.get("/api/v1/stations").json()["items"]
    assert (station["id"], station["outbox"], station["refused"]) == ("st-01", 0, 1)
    (refusal,) = handler.get("/api/v1/quarantine").json()["items"]
    assert refusal["code"] == "TYPE_NOT_ALLOWED"


def test_public_log_is_the_log(served):
    served.stored()
    with served.stranger() as stranger:
        note = stranger.get("/log/checkpoint").text
        size = int(note.split("\n")[1])
        tile = stranger.get(f"/log/tile/0/000.p/{size}")
        entries = stranger.get(f"/log/tile/entries/000.p/{size}")
        beyond = stranger.get("/log/tile/0/000")
        for strange in ("0/../../keys", "x/000", "0/x00/000", "99/000", "0/000.p/0", "0/000.p/256"):
            assert stranger.get(f"/log/tile/{strange}").status_code == 404
    verifier = served.central.policy.log(served.central.config.central.origin)
    assert open_checkpoint(note, verifier).size == size
    assert len(tile.content) == 32 * size
    assert len(entries.content) > 32 * size
    assert code(beyond) == "TILE_UNKNOWN"


def test_description_of_the_api_is_complete(served, handler):
    told = handler.get("/api/v1/openapi.json").json()
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            if path not in PUBLIC:
                assert "401" in operation["responses"], (method, path)
