"""A report in plain words, in English and in Chinese.

Words are for people; programs read the codes. Whatever comes out of the package (names, ids,
what a forger wrote) is shown with control characters escaped, so that it cannot paint over
the verdict on a terminal.
"""

from collections.abc import Iterator

from edge.evidence.segments import SEGMENT_SIZE
from edge.evidence.verify_phrases import PHRASES, Phrases
from edge.evidence.verify_report import Grade, RecordingResult, Report, Step, Verdict, codes

LANGUAGES = tuple(PHRASES)
_MARKS = {True: "✔", False: "✘", None: "–"}
_MOST_RANGES = 16


def tell(report: Report, language: str) -> str:
    """The whole report: verdict, steps, findings, recordings, and what it does not prove."""
    words = PHRASES[language]
    return "\n".join(_lines(report, words)) + "\n"


def tell_briefly(report: Report, language: str) -> str:
    """The one line of the verdict."""
    return _verdict_line(report, PHRASES[language]) + "\n"


def printable(text: object) -> str:
    """Text from outside with everything escaped that could steer a terminal."""
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown
    )


def _lines(report: Report, words: Phrases) -> Iterator[str]:
    yield _verdict_line(report, words)
    yield from _part_lines(report, words)
    yield ""
    for step in report.steps:
        yield _step_line(step, words)
    if report.checkpoint:
        yield ""
        yield from _checkpoint_lines(report, words)
    if report.recordings:
        yield ""
        yield words.recordings
        for recording in report.recordings:
            yield from _recording_lines(recording, words)
    if report.verdicts:
        yield ""
        yield words.findings
        for verdict in report.verdicts:
            yield from _finding_lines(verdict, words)
    yield ""
    yield words.limits_title
    yield from (f"  - {limit}" for limit in words.limits)


def _part_lines(report: Report, words: Phrases) -> Iterator[str]:
    """Where not all was checked: what was."""
    if "begin" in report.part:
        last = int(report.part["end"]) - 1
        yield words.part.format_map(_shown({**report.part, "last": last}))
    elif report.part:
        yield words.trim.format_map(_shown(report.part))
        yield from (f"  {name}: {fact}" for name, fact in _shown(report.part).items())


def _verdict_line(report: Report, words: Phrases) -> str:
    grade = f"{words.grade} {report.grade}: {words.grades[report.grade]}"
    if report.ok:
        holds = words.part_holds if report.part else words.holds
        return f"{_MARKS[True]} {holds} {grade}"
    found = ", ".join(codes(report.verdicts)) or words.unchecked
    ending = "" if report.grade is Grade.NONE else f" {grade}"
    return f"{_MARKS[False]} {words.fails} {found}.{ending}"


def _step_line(step: Step, words: Phrases) -> str:
    facts = ", ".join(
        f"{words.facts[name]} {value:,}" if isinstance(value, int) else f"{name} {value}"
        for name, value in step.facts.items()
    )
    told = words.steps[step.name]
    return f"{_MARKS[step.ok]} {step.number}. {told}" + (f" ({facts})" if facts else "")


def _checkpoint_lines(report: Report, words: Phrases) -> Iterator[str]:
    yield words.checkpoint.format_map(_shown(report.checkpoint))
    for facts in report.witnesses:
        kind = words.kinds[str(facts["kind"])]
        yield words.witness.format_map(_shown({**facts, "kind": kind}))
    for facts in report.anchors:
        yield words.anchor.format_map(_shown(facts))


def _recording_lines(recording: RecordingResult, words: Phrases) -> Iterator[str]:
    facts = recording.facts
    path = printable(facts.get("path", words.unknown))
    yield f"{_MARKS[recording.ok]} {recording.recording}  {path}"
    if "size" in facts:
        yield "    " + words.recording.format_map(_shown({"index": "-", **facts}))
    if "camera_signature" in facts:
        yield "    " + words.camera_signature.format_map(_shown(facts))


def _finding_lines(verdict: Verdict, words: Phrases) -> Iterator[str]:
    yield f"✘ {verdict.code}: {words.codes[verdict.code]}"
    if verdict.file is not None:
        yield f"    {words.file}: {printable(verdict.file)}"
    elif verdict.recording is not None:
        yield f"    {words.one_recording}: {printable(verdict.recording)}"
    for begin, end in verdict.ranges[:_MOST_RANGES]:
        yield "    " + _range(begin, end, words)
    if len(verdict.ranges) > _MOST_RANGES:
        yield "    " + words.more_ranges.format(count=len(verdict.ranges) - _MOST_RANGES)
    if verdict.expected is not None:
        yield f"    {words.expected}: {printable(verdict.expected)}"
    if verdict.found is not None:
        yield f"    {words.found}: {printable(verdict.found)}"


def _range(begin: int, end: int, words: Phrases) -> str:
    """Half-open for programs, first to last byte for people; mebibytes counted from 1."""
    first, last = begin // SEGMENT_SIZE + 1, (end - 1) // SEGMENT_SIZE + 1
    mebibytes = str(first) if first == last else f"{first}-{last}"
    return words.range.format(first=begin, last=end - 1, mebibytes=mebibytes)


def _shown(facts: dict[str, str | int]) -> dict[str, str]:
    return {
        name: f"{value:,}" if isinstance(value, int) else printable(value)
        for name, value in facts.items()
    }
