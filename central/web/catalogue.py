"""Languages of the pages: Chinese first, English as written in the templates.

Catalogues are gettext .po files, read when the process starts; nothing compiled is kept.
The language is the `lang` of the URL, else the cookie's, else what the browser asks for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from gettext import NullTranslations
from importlib.resources import files

from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = {"zh": "中文", "en": "English"}
HTML_LANGUAGE = {"zh": "zh-Hans", "en": "en"}
DEFAULT = "zh"


class Catalogue(NullTranslations):
    """Messages of one .po file; what it lacks stays as it is in the templates."""

    def __init__(self, messages: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self._messages = messages

    def gettext(self, message: str) -> str:
        return self._messages.get(message, (message,))[0]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Chinese has one form; English is what the template says."""
        found = self._messages.get(msgid1)
        if found is None:
            return msgid1 if n == 1 else msgid2
        return found[-1]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a request says about its language."""

    url: str | None
    cookie: str | None
    browser: str


@cache
def catalogue(language: str) -> Catalogue:
    """The messages of a language; none for English, in which the templates are written."""
    source = files("central.web") / "locale" / language / "LC_MESSAGES" / "central.po"
    if not source.is_file():
        return Catalogue({})
    with source.open("rb") as opened:
        read = read_po(opened, locale=language)
    messages: dict[str, tuple[str, ...]] = {}
    for message in read:
        if not message.id or message.fuzzy:
            continue
        name = message.id if isinstance(message.id, str) else message.id[0]
        told = message.string or ""
        texts = (told,) if isinstance(told, str) else tuple(told)
        if all(texts):
            messages[name] = texts
    return Catalogue(messages)


def chosen(wishes: Wishes) -> str:
    """URL, then cookie, then browser, then Chinese."""
    for wish in (wishes.url, wishes.cookie):
        if wish is not None and wish in LANGUAGES:
            return wish
    for entry in wishes.browser.split(","):
        name = entry.split(";", 1)[0].strip().lower()
        for language in LANGUAGES:
            if name == language or name.startswith(f"{language}-"):
                return language
    return DEFAULT
