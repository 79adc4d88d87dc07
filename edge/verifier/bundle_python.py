"""`verify.py` from the sources it is made of: the same text each time, nothing copied by hand.

`verify_py` is a pure function of a reader of sources; `read_module` is the reader that looks
beside this file. The text of each module goes in word for word.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

Reader = Callable[[str], str | None]
"""The source of the module of that name; None where there is none."""

HEAD = "edge.verifier.standalone"
ENTRY = "edge.verifier.command"
STAND_INS = {
    "rfc8785": "edge.verifier.stand_ins.rfc8785",
    "rfc3161_client": "edge.verifier.stand_ins.rfc3161_client",
}
_PLACE = "SOURCES: dict[str, str] = {}\n"
_QUOTES = "'''"


def verify_py(read: Reader) -> str:
    """The one file. Raises ValueError where a source cannot be quoted as it is."""
    head = _source(HEAD, read)
    before, place, after = head.partition(_PLACE)
    if not place:
        message = f"expected a line {_PLACE!r} in {HEAD}"
        raise ValueError(message)
    modules = sorted(_closure(ENTRY, read).items())
    quoted = "".join(_quoted(name, text) for name, text in modules)
    return f"#!/usr/bin/env python3\n{before}SOURCES = {{\n{quoted}}}\n{after}"


def read_module(name: str) -> str | None:
    """The source of a module of this distribution, or of the stand-in for a library."""
    root = Path(__file__).parents[2]
    path = root.joinpath(*STAND_INS.get(name, name).split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate.read_text(encoding="utf-8")
    return None


def _closure(entry: str, read: Reader) -> dict[str, str]:
    """The entry and everything that it needs of ours, parents included."""
    found: dict[str, str] = {}
    pending = [entry]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found[name] = _source(name, read)
        pending += [it for it in _imports(found[name]) if read(it) is not None]
        parent = name.rpartition(".")[0]
        pending += [parent] if parent else []
    return found


def _imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _is_ours(alias.name))
        elif isinstance(node, ast.ImportFrom) and node.module and _is_ours(node.module):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_ours(name: str) -> bool:
    return name in STAND_INS or name.partition(".")[0] == "edge"


def _source(name: str, read: Reader) -> str:
    source = read(name)
    if source is None:
        message = f"expected a source of {name}"
        raise ValueError(message)
    return source


def _quoted(name: str, text: str) -> str:
    """As a raw string, so that what is read is what is run."""
    if _QUOTES in text or text.endswith(("\\", "'")):
        message = f"expected no {_QUOTES} in {name}, and another end"
        raise ValueError(message)
    bar = "-" * (88 - len(name))
    return f"# --- {name} {bar}\n{name!r}: r{_QUOTES}{text}{_QUOTES},\n"
