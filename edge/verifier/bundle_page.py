"""`verify.html` from the scripts, style and frame in `page/`: the same text each time.

A pure function of a reader of those files. The scripts are modules; they are put one after the
other, each after those that it imports from, and each in a function of its own, so that names
which it does not export stay its own.
The content security policy names this script and this style by their digests, and nothing
else: the page can load nothing, and send nothing.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from edge.verifier.definitions import definitions_js

Reader = Callable[[str], str]
"""The text of the file of that name in `page/`."""

ENTRY = "main.js"
FRAME = "page.html"
STYLE = "page.css"
_DEFINITIONS = "definitions.js"
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([\w-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(
    r"^export ((?:async )?(?:function\*?|class|const) (?:\[([\w, ]+)\]|(\w+)))", re.MULTILINE
)
_LEFT_OVER = re.compile(r"^(import|export)\b", re.MULTILINE)


def verify_html(read: Reader) -> str:
    """The one page. Raises ValueError where a part cannot stand in a page as it is."""
    script, style = script_of(ENTRY, read), read(STYLE)
    _refuse_ending("script", script)
    _refuse_ending("style", style)
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    parts = {"POLICY": policy, "STYLE": style, "SCRIPT": script}
    return re.sub(r"<!-- (POLICY|STYLE|SCRIPT) -->", lambda m: parts[m[1]], read(FRAME))


def script_of(entry: str, read: Reader) -> str:
    """One script from `entry` and everything that it imports. RecursionError for a circle."""
    return '"use strict";\n\n' + "\n".join(_bodies(entry, read, []))


def read_part(name: str) -> str:
    """A file of `page/`; the definitions are written anew."""
    if name == _DEFINITIONS:
        return definitions_js()
    return (Path(__file__).parent / "page" / name).read_text(encoding="utf-8")


def _bodies(name: str, read: Reader, done: list[str]) -> Iterator[str]:
    if name in done:
        return
    text = read(name)
    for _, imported in _IMPORT.findall(text):
        yield from _bodies(imported, read, done)
    done.append(name)
    exported = [names or single for _, names, single in _EXPORT.findall(text)]
    body = _IMPORT.sub(lambda m: f"const {m[1]} = {_variable(m[2])};", text)
    body = _EXPORT.sub(r"\1", body)
    if _LEFT_OVER.search(body):
        message = f"expected imports and exports by name in {name}, found another form"
        raise ValueError(message)
    bar = "-" * (88 - len(name))
    returned = f"return {{ {', '.join(exported)} }};" if exported else ""
    yield f"// --- {name} {bar}\n\nconst {_variable(name)} = (() => {{\n{body}{returned}\n}})();\n"


def _variable(name: str) -> str:
    return "module_" + re.sub(r"\W", "_", name)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _refuse_ending(element: str, text: str) -> None:
    if f"</{element}" in text.lower() or "<!--" in text:
        message = f"expected nothing that ends or comments out a {element}"
        raise ValueError(message)
