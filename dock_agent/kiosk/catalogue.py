"""Languages of the screen: Chinese first, English as written in templates and `words`.

The catalogue is a gettext .po file, read when the process starts; nothing compiled is kept.
A message that it lacks stays English, and a test finds it.
"""

from collections.abc import Mapping
from functools import cache
from gettext import NullTranslations
from importlib.resources import files

from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = {"zh": "中文", "en": "English"}
HTML_LANGUAGE = {"zh": "zh-Hans", "en": "en"}


class Catalogue(NullTranslations):
    """Messages of one .po file."""

    def __init__(self, messages: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__()
        self.messages = messages

    def gettext(self, message: str) -> str:
        return self.messages.get(message, (message,))[0]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Chinese has one form; English is what the template says."""
        found = self.messages.get(msgid1)
        if found is None:
            return msgid1 if n == 1 else msgid2
        return found[-1]


@cache
def catalogue(language: str) -> Catalogue:
    """The messages of a language; none for English."""
    source = files("dock_agent.kiosk") / "locale" / language / "LC_MESSAGES" / "kiosk.po"
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
