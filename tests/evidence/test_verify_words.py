"""Both languages say everything, and nothing from a package can paint over the verdict."""

from dataclasses import fields
from pathlib import Path

import pytest

import edge
from edge.evidence.segments import SEGMENT_SIZE
from edge.evidence.verify_phrases import CHINESE, ENGLISH, PHRASES, Phrases
from edge.evidence.verify_report import Code, Grade, Report, StepName, Verdict
from edge.evidence.verify_words import tell, tell_briefly
from tests.evidence.package_makers import check, flipped, honest, named


@pytest.mark.parametrize("phrases", [ENGLISH, CHINESE], ids=list(PHRASES))
def test_every_code_step_and_grade_has_words(phrases: Phrases) -> None:
    assert set(phrases.codes) == set(Code)
    assert set(phrases.steps) == set(StepName)
    assert set(phrases.grades) == set(Grade)


def test_languages_say_the_same_things() -> None:
    for field in fields(Phrases):
        english, chinese = getattr(ENGLISH, field.name), getattr(CHINESE, field.name)
        assert type(english) is type(chinese)
        if not isinstance(english, str):
            assert len(english) == len(chinese), field.name


@pytest.mark.parametrize("language", PHRASES)
def test_report_opens_with_the_verdict_and_ends_with_its_limits(language: str) -> None:
    desk = honest()
    files = desk.pack()
    sound = tell(check(desk, files), language)
    assert sound.startswith("✔")
    assert " C: " in sound.splitlines()[0]
    assert PHRASES[language].limits[-1] in sound.splitlines()[-1]

    name = named(files, "a.mp4")
    wrong = tell(check(desk, files | {name: flipped(files[name], 3)}), language)
    assert wrong.startswith("✘")
    assert "FILE_ALTERED" in wrong.splitlines()[0]
    assert name in wrong
    assert "✘ 6." in wrong
    assert PHRASES[language].limits[-1] in wrong


def test_altered_range_is_told_by_first_and_last_byte() -> None:
    verdict = Verdict(
        code=Code.FILE_ALTERED,
        file="a.mp4",
        ranges=((SEGMENT_SIZE, 2 * SEGMENT_SIZE), (3 * SEGMENT_SIZE, 5 * SEGMENT_SIZE)),
    )
    told = tell(_report(verdict), "en")
    assert "bytes 1048576 to 2097151 (mebibyte 2)" in told
    assert "bytes 3145728 to 5242879 (mebibyte 4-5)" in told


def test_many_ranges_are_counted_and_not_all_printed() -> None:
    ranges = tuple((at * 2 * SEGMENT_SIZE, (at * 2 + 1) * SEGMENT_SIZE) for at in range(1000))
    told = tell(_report(Verdict(code=Code.FILE_ALTERED, ranges=ranges)), "en")
    assert "and 984 more ranges" in told
    assert len(told.splitlines()) < 60


def test_names_cannot_steer_the_terminal() -> None:
    nasty = "a\x1b[2J\r✔ Everything holds.\n\u202e\udcff"
    verdict = Verdict(code=Code.PKG_EXTRA, file=nasty, expected=nasty, found=nasty)
    told = tell(_report(verdict), "en")
    assert not any(c in told for c in "\x1b\r\u202e\udcff")
    assert "\\x1b[2J\\r" in told


def test_brief_report_is_one_line() -> None:
    assert tell_briefly(_report(), "en").count("\n") == 1


def test_range_on_the_wire_is_half_open() -> None:
    wire = Verdict(code=Code.FILE_ALTERED, ranges=((0, 5),)).to_wire()
    assert wire == {"code": "FILE_ALTERED", "ranges": [[0, 5]]}


def _report(*verdicts: Verdict) -> Report:
    return Report(grade=Grade.NONE, verdicts=verdicts, steps=(), recordings=(), checkpoint={})


def test_readme_explains_every_code() -> None:
    readme = Path(edge.__path__[0], "README.md").read_text("utf-8")
    table = readme.split("## Verdict codes")[1].split("## Package")[0]
    listed = {
        code.strip()
        for row in table.splitlines()
        if row.startswith("| ")
        for code in row.split("|")[1].split(",")
    }
    assert listed - {"code"} == set(Code)
