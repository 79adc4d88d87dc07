"""What `edge.evidence` says of statements, words and pages, as data for the browser's verifier.

So that names, limits, patterns and phrases stand in one place only. Decides nothing.
"""

import json
from dataclasses import fields, is_dataclass
from typing import Any

from edge.evidence import clip_readme
from edge.evidence.package import VERIFIERS
from edge.evidence.package_readme import PAGES
from edge.evidence.statement import TYPES
from edge.evidence.statements.forms import ListForm
from edge.evidence.statements.record import Record, RecordForm, members_of
from edge.evidence.verify_phrases import PHRASES, Phrases
from edge.evidence.verify_report import Code


def definitions() -> dict[str, Any]:
    """JSON: `types`, `records`, `codes`, `pages`, `clip_pages`, `verifiers`, `phrases`."""
    records: dict[str, Any] = {}
    for kind in TYPES.values():
        _describe(kind, records)
    return {
        "types": {name: kind.__name__ for name, kind in TYPES.items()},
        "records": dict(sorted(records.items())),
        "codes": [str(code) for code in Code],
        "pages": [list(page) for page in PAGES],
        "clip_pages": [list(page) for page in clip_readme.PAGES],
        "verifiers": list(VERIFIERS),
        "phrases": {language: _phrases(words) for language, words in PHRASES.items()},
    }


def definitions_js() -> str:
    """The same as a module of JavaScript."""
    text = json.dumps(definitions(), ensure_ascii=False, indent=1)
    return f"// Written by the bundler from edge.evidence.\n\nexport const DEFINITIONS = {text};\n"


def _describe(kind: type[Record], records: dict[str, Any]) -> None:
    if kind.__name__ in records:
        return
    records[kind.__name__] = [
        {"name": member.name, "optional": member.optional, "form": _form(member.form, records)}
        for member in members_of(kind)
    ]


def _form(form: object, records: dict[str, Any]) -> dict[str, Any]:
    """The kind of form, by the name of its class, and its limits."""
    told: dict[str, Any] = {"kind": type(form).__name__.removesuffix("Form").lower()}
    if isinstance(form, RecordForm):
        _describe(form.kind, records)
        return told | {"record": form.kind.__name__}
    if is_dataclass(form) and not isinstance(form, type):
        told |= {it.name: getattr(form, it.name) for it in fields(form)}
    if isinstance(form, ListForm):
        told["item"] = _form(form.item, records)
    return told


def _phrases(words: Phrases) -> dict[str, Any]:
    """Plain JSON: keys of mappings as text, tuples as lists."""
    told: dict[str, Any] = {}
    for field in fields(words):
        value = getattr(words, field.name)
        if isinstance(value, tuple):
            told[field.name] = list(value)
        elif isinstance(value, str):
            told[field.name] = value
        else:
            told[field.name] = {str(name): text for name, text in value.items()}
    return told
