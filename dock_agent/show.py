"""The answers of `status`, `bays`, `recordings`, `verify` and `retry` as text for people."""

import unicodedata
from collections.abc import Iterable
from typing import Any

Answer = dict[str, Any]
_UNITS = ("B", "KB", "MB", "GB", "TB", "PB")


def status(answer: Answer) -> str:
    lines = [
        f"station   {answer['station']}  ({'running' if answer['running'] else 'not running'})",
        f"chain     {answer['seq'] + 1} statements",
        f"outbox    {_counts(answer['outbox'])}",
        f"files     {_counts(answer['files'])}",
        f"disk      {size(answer['disk']['free'])} free of {size(answer['disk']['total'])}",
    ]
    if "checkpoint" in answer:
        seen = answer["checkpoint"]
        lines.append(f"log       {seen['origin']} at size {seen['size']}")
    if not answer["problems"]:
        return "\n".join([*lines, "problems  none"])
    lines.append(f"problems  {len(answer['problems'])}")
    return "\n".join(lines + [line for each in answer["problems"] for line in _problem(each)])


def bays(answer: Answer) -> str:
    if not answer["bays"]:
        return "no camera is docked"
    return "\n".join(
        f"bay {each['bay']}  {each.get('outcome') or each['state']}"
        f"  {_counts(each.get('files', {}))}  {clean(each.get('found', ''))}".rstrip()
        for each in answer["bays"]
    )


def recordings(answer: Answer) -> str:
    if not answer["items"]:
        return "no recordings"
    lines = [
        f"{each['recording']}  {each['state']:<7}  {size(each['size']):>9}  {clean(each['path'])}"
        for each in answer["items"]
    ]
    if "next" in answer:
        lines.append(f"more: --after {answer['next']}")
    return "\n".join(lines)


def verify(answer: Answer) -> str:
    lines = [f"{each['code']}: {clean(each['message'])}" for each in answer["problems"]]
    verdict = "holds" if answer["ok"] else "does NOT hold"
    lines.append(
        f"{verdict}: {answer['statements']} statements, {answer['files']} files,"
        f" {size(answer['bytes'])} read back"
    )
    return "\n".join(lines)


def retry(answer: Answer) -> str:
    return (
        f"to be tried again: {answer['files']} files, {answer['uploads']} uploads,"
        f" {answer['envelopes']} envelopes; {answer['problems']} problems cleared"
    )


def size(count: int) -> str:
    """A number of bytes for people, in decimal units."""
    number, unit = float(count), _UNITS[0]
    for unit in _UNITS:
        if number < 1000 or unit == _UNITS[-1]:
            break
        number /= 1000
    return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"


def clean(text: str) -> str:
    """Text of a camera, safe for a terminal: control characters are shown, not sent."""
    return "".join(c if unicodedata.category(c)[0] != "C" else ascii(c)[1:-1] for c in text)


def _problem(each: Answer) -> Iterable[str]:
    where = each.get("path") or each["subject"]
    yield f"  {each['code']}  {clean(where)}  (x{each['times']}, last {each['last']})"
    yield f"    expected {clean(each['expected'])}"
    yield f"    found    {clean(each['found'])}"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {state}" for state, n in counts.items() if n) or "empty"
