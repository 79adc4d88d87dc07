"""The screen as pieces of HTML, one per part of the page, in one language.

The first page and every later change come from the same templates, so they cannot differ.
Everything is escaped; the only markup from elsewhere is the QR code, drawn by `qr`.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dock_agent.kiosk import formats, qr, words
from dock_agent.kiosk.catalogue import HTML_LANGUAGE, LANGUAGES, catalogue
from dock_agent.kiosk.receipt import Receipt
from dock_agent.kiosk.screen import Screen

PAST_SHOWN = 3


def parts(screen: Screen, language: str) -> dict[str, str]:
    """The inside of each part of the main page, by the id of its element."""
    made = _environment(language).get_template("parts.html").make_module({"screen": screen})
    names: dict[str, Any] = vars(made)
    pieces = {"header": names["header"](), "wrong": names["wrong"](), "past": names["past"]()}
    pieces["recorder"] = names["recorder"]()
    return {**pieces, "tiles": names["tiles"]()}


def receipt_part(receipt: Receipt, language: str) -> dict[str, str]:
    """The inside of the receipt page's part."""
    made = _environment(language).get_template("receipt_part.html")
    return {"receipt": made.render(receipt=receipt)}


def page(template: str, language: str, values: Mapping[str, Any]) -> str:
    """A whole page."""
    return _environment(language).get_template(template).render(**values)


@cache
def build() -> str:
    """A name for these templates, words and files: an open page of another build reloads."""
    sum_ = hashlib.sha256()
    for folder in ("templates", "static", "locale/zh/LC_MESSAGES"):
        for each in sorted(files("dock_agent.kiosk").joinpath(folder).iterdir(), key=str):
            sum_.update(each.read_bytes())
    return sum_.hexdigest()[:16]


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("dock_agent.kiosk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    spoken = catalogue(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined] # of the extension
        spoken.gettext, spoken.ngettext, newstyle=True
    )
    environment.globals |= {
        "language": language,
        "languages": LANGUAGES,
        "html_language": HTML_LANGUAGE[language],
        "past_shown": PAST_SHOWN,
        "sentence": lambda code: words.sentence(code, spoken.gettext),
        "qr": lambda text: Markup(qr.svg(text)),  # noqa: S704 - drawn by us, holds no text
    }
    for name, table in (
        ("verdict_words", words.VERDICTS),
        ("state_words", words.STATES),
        ("network_words", words.NETWORKS),
        ("outcome_words", words.OUTCOMES),
    ):
        environment.globals[name] = _teller(table, spoken.gettext)
    environment.filters |= {
        name: getattr(formats, name) for name in ("minute", "moment", "size", "minutes", "short")
    }
    return environment


def _teller(table: Mapping[str, str], gettext: words.Gettext) -> words.Gettext:
    return lambda code: words.named(table, code, gettext)
