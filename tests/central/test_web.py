"""Pages: two complete languages, forms that work without scripts, nothing from elsewhere."""

import re
from html import unescape
from importlib.resources import files

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from central.web import formats
from central.web.catalogue import Wishes, catalogue, chosen
from central.web.sign_in_pages import _own
from edge.evidence.instant import Instant
from tests.central.served import H264, PASSWORD, Served

WEB = files("central.web")


@pytest.fixture
def served(opened, station):
    with Served(opened, station).running() as running:
        yield running


@pytest.fixture
def handler(served):
    with served.person("handler") as client:
        client.headers["Accept-Language"] = "en"
        del client.headers["X-CSRF-Token"]
        yield client


def token(page):
    return re.search(r'name="csrf" value="([^"]+)"', page.text)[1]


def post(client, page, path, **fields):
    """Send a form of `page`, as a browser without scripts does."""
    return client.post(path, data={"csrf": token(client.get(page)), **fields})


def open_case(client, number="陵市监罚〔2026〕12号"):
    answer = post(client, "/cases", "/cases", number=number, title="测试案件")
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].split("?")[0]


# Language


def marked():
    """Every text of pages and words that a person can read."""
    methods = [("templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")]
    options = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None}
    found = extract_from_dir(str(WEB), methods, options, keywords)
    return {text if isinstance(text, str) else text[0] for _, _, text, _, _ in found}


def test_chinese_catalogue_is_complete_and_has_nothing_left_over():
    with (WEB / "locale/zh/LC_MESSAGES/central.po").open("rb") as opened:
        read = [message for message in read_po(opened, locale="zh_Hans_CN") if message.id]
    known = {m.id if isinstance(m.id, str) else m.id[0]: m for m in read}
    assert marked() - set(known) == set()
    assert set(known) - marked() == set()
    for message in read:
        assert not message.fuzzy, message.id
        texts = [message.string] if isinstance(message.string, str) else message.string
        singular = message.id if isinstance(message.id, str) else message.id[0]
        for text in texts:
            assert text, message.id
            names = re.findall(r"%\(\w+\)s", singular)
            assert sorted(re.findall(r"%\(\w+\)s", text)) == sorted(names), message.id


def test_plurals_follow_the_language():
    one, many = "%(num)s recording", "%(num)s recordings"
    assert catalogue("en").ngettext(one, many, 1) == one
    assert catalogue("en").ngettext(one, many, 3) == many
    assert catalogue("zh").ngettext(one, many, 3) == "%(num)s 份录像"


@pytest.mark.parametrize(
    ("url", "cookie", "browser", "language"),
    [
        (None, None, "", "zh"),
        (None, None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, None, "en-GB,en;q=0.9", "en"),
        (None, None, "fr,de", "zh"),
        (None, "en", "zh-CN", "en"),
        ("zh", "en", "en", "zh"),
        ("../../etc", "xx", "en", "en"),
    ],
)
def test_language_is_of_the_url_then_the_cookie_then_the_browser(url, cookie, browser, language):
    assert chosen(Wishes(url, cookie, browser)) == language


def test_language_of_the_url_is_kept(served):
    with served.stranger() as stranger:
        assert "登录" in stranger.get("/login").text
        english = stranger.get("/login", params={"lang": "en"})
        assert 'lang="en"' in english.text
        assert "Sign in" in stranger.get("/login").text


# Values


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (8_100_000, "8.1 MB"), (10**15, "1000.0 TB")],
)
def test_sizes_are_decimal(count, text):
    assert formats.size(count) == text


@pytest.mark.parametrize(
    ("ms", "text"), [(0, "0:00"), (1, "0:01"), (1_750_000, "29:10"), (3_723_000, "1:02:03")]
)
def test_durations_are_read_as_clocks(ms, text):
    assert formats.duration(ms) == text


def test_moment_names_its_zone_and_no_claimed_year_breaks_a_page():
    assert formats.moment(Instant.parse("2026-11-23T00:30:15.123Z")) == "2026-11-23 08:30:15 +08:00"
    for year in ("0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"):
        assert formats.moment(Instant.parse(year))


@pytest.mark.parametrize(
    "path",
    ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "", "/a\nb", "/\\/x"],
)
def test_after_signing_in_nobody_is_sent_elsewhere(path):
    assert _own(path) == "/recordings"


# Acts, without a single script


def test_signing_in_and_out_by_forms(served):
    with served.person("handler", "wang"):
        pass
    with served.stranger() as browser:
        wanted = browser.get("/cases?q=2026")
        assert wanted.headers["Location"] == "/login?next=%2Fcases%3Fq%3D2026"
        form = {"user": "wang", "password": PASSWORD, "next": "/cases?q=2026"}
        wrong = browser.post("/login", data=form | {"password": "wrong"})
        assert (wrong.status_code, "SIGN_IN_REFUSED" in wrong.text) == (401, True)
        done = browser.post("/login", data=form)
        assert (done.status_code, done.headers["Location"]) == (303, "/cases?q=2026")
        page = browser.get("/recordings")
        assert page.status_code == 200
        assert browser.post("/logout", data={"csrf": token(page)}).status_code == 303
        assert browser.get("/recordings").status_code == 303


def test_form_without_the_token_changes_nothing(served, handler):
    for fields in ({}, {"csrf": "wrong"}):
        answer = handler.post("/cases", data={"number": "1", "title": "x"} | fields)
        assert answer.status_code == 403
        assert "CSRF_REFUSED" in answer.text
    assert served.leaves("case/v1") == []


def test_case_is_opened_once_and_what_was_typed_stays(served, handler):
    place = open_case(handler)
    assert "陵市监罚〔2026〕12号" in handler.get(place).text
    again = post(handler, "/cases", "/cases", number="陵市监罚〔2026〕12号", title="第二次")
    assert again.status_code == 409
    assert "CASE_NUMBER_TAKEN" in again.text
    assert 'value="第二次"' in again.text


def test_recording_is_linked_by_number_and_taken_back(served, handler):
    recording, case = f"/recordings/{served.stored()}", open_case(handler)
    wrong = post(handler, recording, f"{recording}/link", case="陵市监罚〔2026〕13号", reason="x")
    assert (wrong.status_code, "CASE_UNKNOWN" in wrong.text) == (404, True)
    form = {"case": "陵市监罚〔2026〕12号", "reason": "现场检查"}
    linked = post(handler, recording, f"{recording}/link", **form)
    assert linked.headers["Location"] == f"{recording}?done=linked"
    page = handler.get(recording).text
    assert f"{handler.name} linked it to case 陵市监罚〔2026〕12号: 现场检查" in page
    undo = {"case": case.rsplit("/", 1)[1], "reason": "关联错误"}
    assert post(handler, recording, f"{recording}/unlink", **undo).status_code == 303
    page = handler.get(recording).text
    assert "took back the link to case 陵市监罚〔2026〕12号: 关联错误" in page
    assert "linked it to case" in page


def test_package_is_handed_out_from_the_case(served, handler):
    recording, case = served.stored(), open_case(handler)
    assert "Not possible yet" in handler.get(case).text
    form = {"case": "陵市监罚〔2026〕12号", "reason": "x"}
    post(handler, f"/recordings/{recording}", f"/recordings/{recording}/link", **form)
    done = post(handler, case, f"{case}/export", purpose="法院调取")
    page = handler.get(done.headers["Location"])
    assert page.status_code == 200
    zipped = re.search(r'href="(/api/v1/exports/[0-9a-f]+/package.zip)"', page.text)[1]
    assert handler.get(zipped).content.startswith(b"PK")


def test_looking_at_a_recording_is_in_its_own_history_at_once(served, handler):
    page = handler.get(f"/recordings/{served.stored()}").text
    assert f"{handler.name} looked at it" in page


def test_player_only_for_what_browsers_play(served, handler):
    playable, other = served.stored(b"x" * 9, "a.mp4", H264), served.stored(b"abc", "b.avi")
    assert "<video" in handler.get(f"/recordings/{playable}").text
    page = handler.get(f"/recordings/{other}").text
    assert "<video" not in page
    assert "Cannot be played in a browser" in page


@pytest.mark.parametrize("role", ["auditor", "administrator"])
def test_pages_offer_no_act_that_the_role_lacks(served, role):
    recording = served.stored(b"x" * 9, "a.mp4", H264)
    with served.person(role) as client:
        page = client.get(f"/recordings/{recording}").text
        cases = client.get("/cases").text
    assert "/link" not in page
    assert 'action="/cases"' not in cases.replace('method="get" action="/cases"', "")
    assert ("<video" in page) == (role == "auditor")


def test_names_of_a_hostile_card_are_text(served, handler):
    served.stored(b"abc", "<script>alert(1)</script>.mp4")
    served.stored(b"abd", "{{7*7}}'\"><img src=x onerror=alert(1)>.mp4")
    for item in handler.get("/api/v1/recordings").json()["items"]:
        for path in ("/recordings", f"/recordings/{item['id']}"):
            page = handler.get(path).text
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert item["name"] in unescape(page)


def test_every_page_allows_only_itself_and_has_no_inline_script_or_style(served, handler):
    recording, case = served.stored(), open_case(handler)
    paths = ["/recordings", f"/recordings/{recording}", "/cases", case, "/stations"]
    for path in [*paths, "/quarantine", "/recordings/none", "/nothing"]:
        answer = handler.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        for tag in re.findall(r"<script\b[^>]*>|<style\b|\sstyle=|\son\w+=", answer.text):
            assert tag.startswith("<script src="), (path, tag)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text), path


def test_missing_page_says_so_in_words(handler):
    answer = handler.get("/nothing")
    assert answer.status_code == 404
    assert "There is no such page." in answer.text


def test_empty_pages_teach(served, handler):
    assert "Dock a camera" in handler.get("/recordings").text
    assert "Nothing matches" in handler.get("/recordings?q=zzz").text
    assert "Open a case" in handler.get("/cases").text
    assert "Nothing was refused" in handler.get("/quarantine").text


def test_refused_upload_is_visible_to_a_person(served, handler):
    manifest = served.manifest(b"abc")
    with served.uploader() as uploader:
        uploader.upload(manifest.digest, b"xyz")
    page = handler.get("/quarantine").text
    assert "UPLOAD_DIGEST_MISMATCH" in page
    assert served.recording(manifest) in page
