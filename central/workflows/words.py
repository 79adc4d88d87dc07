"""Words that people type, as they may go into a statement: trimmed, one line, not empty.

Unicode is brought to NFC so that the same case number is the same text; full-width brackets
and the like stay as they are, because official numbers are written with them.
"""

import unicodedata

from central.workflows.errors import WordsRefusedError

MOST = 500
_CONTROLS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def checked(words: str, *, what: str) -> str:
    """`words` as they will be signed. Raises WordsRefusedError naming `what`."""
    text = " ".join(unicodedata.normalize("NFC", words).split())
    if not text:
        raise WordsRefusedError(expected=f"a {what}", found="nothing", what=what)
    if len(text) > MOST:
        raise WordsRefusedError(
            expected=f"a {what} of at most {MOST} characters",
            found=f"{len(text)} characters",
            what=what,
        )
    for character in text:
        if unicodedata.category(character) in _CONTROLS:
            raise WordsRefusedError(
                expected=f"a {what} of printable characters",
                found=f"U+{ord(character):04X}",
                what=what,
            )
    return text
