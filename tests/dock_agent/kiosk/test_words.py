"""Every message has its Chinese, every code its sentence, and no markup of its own style."""

import re
from pathlib import Path

from jinja2.ext import babel_extract

from dock_agent.kiosk import words
from dock_agent.kiosk.catalogue import catalogue
from dock_agent.kiosk.screen import Network
from dock_agent.kiosk.state import State, Verdict

_WORD = re.compile(r"[一-鿿]")
_HOLE = re.compile(r"%\(\w+\)s")


def kiosk(project: Path) -> Path:
    return project / "dock_agent" / "kiosk"


def messages(project: Path) -> set[str]:
    found: set[str] = set()
    for template in (kiosk(project) / "templates").glob("*.html"):
        with template.open("rb") as opened:
            for _, _, message, _ in babel_extract(opened, ["_", "gettext", "ngettext"], [], {}):
                found.add(message if isinstance(message, str) else message[0])
    for table in (words.VERDICTS, words.STATES, words.NETWORKS, words.OUTCOMES, words.SENTENCES):
        found |= set(table.values())
    return found | {words._GENERAL}


def test_the_chinese_catalogue_is_whole_and_holds_nothing_else(project: Path) -> None:
    assert messages(project) == set(catalogue("zh").messages)


def test_each_translation_is_chinese_and_keeps_what_is_filled_in() -> None:
    for message, translated in catalogue("zh").messages.items():
        for text in translated:
            assert _WORD.search(text), message
            assert set(_HOLE.findall(text)) == set(_HOLE.findall(message)) | (
                {"%(count)s"} if "%(count)s" in text else set()
            ), message


def test_each_state_and_verdict_has_words() -> None:
    assert set(words.STATES) == set(State)
    assert set(words.VERDICTS) == set(Verdict)
    assert set(words.NETWORKS) == set(Network)


def test_each_sentence_belongs_to_a_code_that_exists(project: Path) -> None:
    readme = (project / "dock_agent" / "README.md").read_text()
    codes = set(re.findall(r"`([A-Z][A-Z_]{3,})`", readme))
    assert set(words.SENTENCES) - codes == set()


def test_a_code_that_nobody_foresaw_asks_for_help_and_keeps_the_camera() -> None:
    told = words.sentence("NEVER_HEARD_OF", catalogue("zh").gettext)
    assert "留在仓内" in told
    assert told in {words.sentence(code, catalogue("zh").gettext) for code in ("", "X_Y")}


def test_nothing_is_styled_or_scripted_in_place(project: Path) -> None:
    for template in (kiosk(project) / "templates").glob("*.html"):
        text = template.read_text()
        assert not re.search(r"\s(style|on\w+)=", text), template.name
        assert not re.search(r"<script(?! src)|<style", text), template.name
        assert "http" not in text, template.name
