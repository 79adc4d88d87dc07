"""Every page in both languages, in Debian's Chromium: no console error, no foreign request.

Screenshots go to test-output/pages/, for people to look at.
"""

from pathlib import Path

import pytest

from tests.central.conftest import SiteUnderTest
from tests.central.served import H264, PASSWORD, Served
from tests.conftest import CHROMIUM, PROJECT

pytestmark = pytest.mark.browser

SHOTS = PROJECT / "test-output" / "pages"
CLIP = PROJECT / "tests/samples/max-heromode.mp4"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NUMBER = "陵市监罚〔2026〕12号"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A site with a case, a playable recording, one that waits, and a refused upload."""
    site = SiteUnderTest(tmp_path_factory.mktemp("site"))
    station = site.enrol("lingchuan-01")
    with site.open() as central, Served(central, station).running() as running:
        playable = running.stored(
            CLIP.read_bytes(), "DCIM/DCAM_A7_012345_20261121_090214.mp4", H264
        )
        running.stored(b"abc", "DCIM/DCAM_A7_012345_20261121_101502_IMP.avi")
        late = running.manifest(b"late", "DCIM/DCAM_A7_012345_20261121_113000.mp4")
        with running.uploader() as uploader:
            uploader.upload(late.digest, b"evil")
        running.beat()
        with running.person("handler", "wang") as client:
            words = {"number": NUMBER, "title": "无照经营案"}
            case = client.post("/api/v1/cases", json=words).json()["id"]
            body = {"recording": playable, "reason": "现场检查"}
            client.post(f"/api/v1/cases/{case}/links", json=body)
            export = client.post("/api/v1/exports", json={"case": case, "purpose": "法院调取"})
        running.pages = {
            "recordings": "/recordings",
            "search": "/recordings?q=nothing-like-this",
            "recording": f"/recordings/{playable}",
            "waiting": f"/recordings/{running.recording(late)}",
            "cases": "/cases",
            "case": f"/cases/{case}",
            "export": f"/exports/{export.json()['id']}",
            "stations": "/stations",
            "quarantine": "/quarantine",
        }
        running.playable = playable
        yield running


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield started
        started.close()


class Visit:
    """One signed-in browser window; remembers what went wrong and what left the origin."""

    def __init__(self, browser, served, **options):
        self.url = served.url
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.wrong, self.foreign = [], []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("request", self._asked)

    def sign_in(self):
        self.page.goto(f"{self.url}/login")
        self.page.fill("[name=user]", "wang")
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_url("**/recordings")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def _heard(self, message):
        if message.type in {"error", "warning"}:
            self.wrong.append(message.text)

    def _asked(self, request):
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.foreign.append(request.url)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(1280, 900, "light"), (1280, 900, "dark"), (390, 844, "light")]
)
def test_every_page_is_whole_and_stays_at_home(browser, served, language, width, height, scheme):
    SHOTS.mkdir(parents=True, exist_ok=True)
    size = {"width": width, "height": height}
    with Visit(browser, served, viewport=size, color_scheme=scheme, locale=language) as visit:
        visit.page.goto(f"{served.url}/login?lang={language}")
        visit.page.screenshot(path=SHOTS / f"login-{language}-{width}-{scheme}.png")
        visit.sign_in()
        for name, path in served.pages.items():
            answer = visit.page.goto(served.url + path)
            assert answer.status == 200, path
            assert visit.page.locator("html").get_attribute("lang").startswith(language)
            assert visit.page.locator("h1").count() == 1, path
            wide = visit.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} px wide on a screen of {width}"
            shot = SHOTS / f"{name}-{language}-{width}-{scheme}.png"
            visit.page.screenshot(path=shot, full_page=True)
        assert visit.wrong == []
        assert visit.foreign == []


def test_video_plays_over_ranges_and_that_is_one_leaf(browser, served):
    with Visit(browser, served) as visit:
        visit.sign_in()
        visit.page.goto(f"{served.url}/recordings/{served.playable}")
        assert served.acts("play") == []  # looking at the page is not playing
        played = visit.page.evaluate(
            """async () => {
                const video = document.querySelector("video");
                video.muted = true;
                await video.play();
                video.currentTime = 8;
                await new Promise((done) => video.addEventListener("seeked", done));
                return [video.videoWidth, Math.round(video.currentTime)];
            }"""
        )
        assert played[0] > 0
        assert played[1] >= 8
        assert visit.wrong == []
    assert [each.target for each in served.acts("play")] == [served.playable]


def test_keys_move_through_rows_and_find_the_search(browser, served):
    with Visit(browser, served) as visit:
        visit.sign_in()
        visit.page.keyboard.press("j")
        visit.page.keyboard.press("j")
        second = visit.page.locator(".row-link").nth(1).get_attribute("href")
        assert visit.page.evaluate("document.activeElement.getAttribute('href')") == second
        visit.page.keyboard.press("/")
        assert visit.page.evaluate("document.activeElement.name") == "q"
        visit.page.keyboard.type("IMP")
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url("**q=IMP**")
        assert visit.page.locator("tr[data-row]").count() == 1


def test_pages_work_without_scripts(browser, served):
    with Visit(browser, served, java_script_enabled=False) as visit:
        visit.sign_in()
        visit.page.fill("[name=q]", "IMP")
        visit.page.click("main button[type=submit]")
        visit.page.click(".row-link")
        visit.page.fill("[name=case]", NUMBER)
        visit.page.fill("form.link-form [name=reason]", "补充关联")
        visit.page.click("form.link-form button")
        visit.page.wait_for_url("**done=linked")
        assert NUMBER in visit.page.locator(".case-links").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_of_at_least_4_5(browser, served, scheme):
    """WCAG 2 AA, of every visible text against the nearest opaque background."""
    measure = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
    with Visit(browser, served, color_scheme=scheme) as visit:
        visit.sign_in()
        for path in served.pages.values():
            visit.page.goto(served.url + path)
            assert visit.page.evaluate(measure) == [], path
