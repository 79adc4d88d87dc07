"""Words for codes: states, flags, acts, roles, and what each error means for the evidence.

`N_` marks a text for the catalogues; it is translated where it is shown. A code without
words is shown as it is, never hidden.
"""

from collections.abc import Callable, Mapping

from central.workflows.find import Fact

Gettext = Callable[[str], str]


def N_(text: str) -> str:  # noqa: N802 - the mark that gettext tools know
    return text


STATES = {"stored": N_("Stored"), "logged": N_("Waiting for footage")}

FLAGS = {
    "empty": N_("Empty file"),
    "unplayable": N_("Cannot be played"),
    "source-changed": N_("Changed while it was read"),
    "partial": N_("Partly read"),
    "unassigned": N_("Camera not in the register"),
    "name-not-utf8": N_("Name not readable as text"),
    "clock-ahead": N_("Station clock ahead"),
}

ROLES = {
    "handler": N_("Case handler"),
    "auditor": N_("Auditor"),
    "administrator": N_("Administrator"),
}

WRITE_BLOCKS = {
    "kernel": N_("Read-only by the kernel"),
    "mount": N_("Read-only mount"),
    "none": N_("None"),
}

_SENTENCES = {
    "inventory": N_("Station %(actor)s listed everything on the card before copying"),
    "sealed": N_("Station %(actor)s copied and sealed it"),
    "repeated": N_("Station %(actor)s sent a second manifest for it"),
    "docked": N_("Station %(actor)s ended the docking: %(reason)s"),
    "stored": N_("Footage stored and read back; receipt signed"),
    "linked": N_("%(actor)s linked it to case %(about)s: %(reason)s"),
    "unlinked": N_("%(actor)s took back the link to case %(about)s: %(reason)s"),
    "exported": N_("%(actor)s exported it in package %(about)s: %(reason)s"),
    "view": N_("%(actor)s looked at it"),
    "play": N_("%(actor)s played it"),
    "download": N_("%(actor)s downloaded the original"),
    "delete-refused": N_("%(actor)s tried to delete it and was refused: %(reason)s"),
}
_OUTCOMES = {
    "complete": N_("complete"),
    "nothing-new": N_("nothing new"),
    "incomplete": N_("incomplete"),
}

_MEANINGS = {
    "SIGN_IN_REFUSED": N_("Name or password is wrong."),
    "SIGN_IN_THROTTLED": N_("Too many refused tries. Wait a little, then try again."),
    "ROLE_REFUSED": N_("Your role does not allow this. Nothing was changed."),
    "CSRF_REFUSED": N_("This form is out of date. Go back, load the page again, and repeat."),
    "RECORDING_UNKNOWN": N_("There is no recording of this number."),
    "CASE_UNKNOWN": N_("There is no case of this number. Open it first."),
    "EXPORT_UNKNOWN": N_("There is no export of this number."),
    "CASE_NUMBER_TAKEN": N_("A case of this number exists already. Nothing was changed."),
    "CASE_ALREADY_LINKED": N_("The recording is linked to this case already."),
    "CASE_NOT_LINKED": N_("The recording is not linked to this case."),
    "FOOTAGE_NOT_STORED": N_(
        "The manifest is in the log, the footage has not arrived yet. The station still has it."
    ),
    "EXPORT_NOT_STORED": N_(
        "Some footage has not arrived yet, so no package was made. Try again when all is stored."
    ),
    "EXPORT_EMPTY": N_("No recording is linked, so there is nothing to export."),
    "WORDS_REFUSED": N_("Please fill in every field, in at most 500 printable characters."),
    "NOT_FOUND": N_("There is no such page."),
    "VAULT_NOT_KEPT": N_("The vault does not hold this footage. Tell the administrator at once."),
}
_UNKNOWN = N_("This could not be done. Nothing was changed.")


def named(table: Mapping[str, str], code: str, gettext: Gettext) -> str:
    """The words of a code; the code itself where there are none."""
    return gettext(table[code]) if code in table else code


def sentence(fact: Fact, gettext: Gettext) -> str:
    """One fact of a history, in words."""
    reason = fact.reason or ""
    if fact.act == "docked":
        reason = named(_OUTCOMES, reason, gettext)
    told = {"actor": fact.actor, "about": fact.about or "", "reason": reason}
    template = _SENTENCES.get(fact.act)
    if template is None:
        return " · ".join(part for part in (fact.act, fact.actor, reason) if part)
    return gettext(template) % told


def meaning(code: str, gettext: Gettext) -> str:
    """What an error means for the person and the evidence."""
    return gettext(_MEANINGS.get(code, _UNKNOWN))
