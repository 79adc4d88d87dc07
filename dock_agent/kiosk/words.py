"""Words for verdicts, states and codes; each code has a sentence that a person can act on.

`N_` marks a text for the catalogue; it is translated where it is shown. A code without a
sentence of its own gets a general one, and is always shown beside it.
"""

from collections.abc import Callable, Iterable, Mapping

from dock_agent.kiosk.screen import Network
from dock_agent.kiosk.state import State, Verdict
from dock_agent.scan import PROBLEM_CODES

Gettext = Callable[[str], str]


def N_(text: str) -> str:  # noqa: N802 - the mark that gettext tools know
    return text


VERDICTS: Mapping[str, str] = {
    Verdict.FREE: N_("Free"),
    Verdict.STAY: N_("Do not remove"),
    Verdict.TAKE: N_("Safe to take"),
    Verdict.RETURN: N_("Dock it again"),
    Verdict.OUT: N_("Out of use"),
}

STATES: Mapping[str, str] = {
    State.IDLE: N_("Put a camera in"),
    State.OUT: N_("Use another station"),
    State.DETECTED: N_("Reading the card"),
    State.COPYING: N_("Copying"),
    State.SEALING: N_("Sealing"),
    State.STORED: N_("Stored at central"),
    State.SENDING: N_("Sealed here, sending to central"),
    State.WAITING: N_("Sealed here, waiting for the network"),
    State.NOTHING_NEW: N_("Nothing new on the card"),
    State.EMPTY: N_("No files on the card"),
    State.FAILED: N_("Not everything could be taken"),
    State.DISK_FULL: N_("Station's disk is full"),
    State.PULLED: N_("Pulled too early"),
    State.STALLED: N_("Station is not working"),
    State.UNREADABLE: N_("Bay cannot be read"),
}

NETWORKS: Mapping[str, str] = {
    Network.FINE: N_("Network fine"),
    Network.DOWN: N_("No network"),
    Network.SILENT: N_("Central does not answer"),
    Network.UNKNOWN: N_("Network unknown"),
}

OUTCOMES: Mapping[str, str] = {
    "complete": N_("complete"),
    "nothing-new": N_("nothing new"),
    "incomplete": N_("incomplete"),
}

_LINE = N_("No connection to central. Everything is kept here and sent later.")
_REFUSED_LINE = N_("Central refuses the connection. Everything is kept here. Tell IT.")
_UPLOAD = N_("Footage cannot be sent now. It is kept here and sent later.")
_UPLOAD_NO = N_("Central did not take some footage. It is kept here. Tell IT.")
_DISK = N_("The station's disk did not give back what was written. Tell IT at once.")
_LOG = N_("Central's log contradicts itself. Tell IT at once.")
_GROWTH = N_("Central has not proven that its log only grew. Everything is kept here. Tell IT.")
_ITEM = N_("Something on the card is not an ordinary file. Leave the camera here and tell IT.")
_GONE = N_("A camera was pulled before everything was copied. Dock it again.")
_LEDGER = N_("The station's records cannot be used. Leave cameras here and tell IT at once.")
_NO = N_("Central did not accept something from this station. It is kept here. Tell IT.")
_GENERAL = N_("Something is wrong. Leave the camera here and tell IT.")


def _all(codes: Iterable[str], sentence: str) -> dict[str, str]:
    return dict.fromkeys(codes, sentence)


SENTENCES: Mapping[str, str] = (
    _all(PROBLEM_CODES, _ITEM)
    | _all(("BROKER_UNREACHABLE", "BROKER_SILENT", "BROKER_LOST"), _LINE)
    | _all(("BROKER_UNTRUSTED", "BROKER_NO_TLS", "BROKER_REFUSED", "BROKER_DENIED"), _REFUSED_LINE)
    | _all(("UPLOAD_UNREACHABLE", "UPLOAD_MALFORMED", "UPLOAD_PLACE_LOST"), _UPLOAD)
    | _all(("UPLOAD_DIGEST_MISMATCH", "UPLOAD_REFUSED", "ALREADY_STORED"), _UPLOAD_NO)
    | _all(("VAULT_FAILED", "READBACK_MISMATCH", "VAULT_DAMAGED", "VAULT_LOST"), _DISK)
    | _all(("CHECKPOINT_FORK", "CHECKPOINT_ROLLBACK", "CENTRAL_BEHIND"), _LOG)
    | _all(("CONSISTENCY_BAD", "CONSISTENCY_MISSING"), _GROWTH)
    | _all(("CAMERA_VANISHED", "CAMERA_GONE"), _GONE)
    | _all(("LEDGER_BAD", "LEDGER_FORMAT", "LEDGER_UNGUARDED"), _LEDGER)
    | _all(("CENTRAL_REFUSED", "REFUSAL_MALFORMED", "CHAIN_GAP"), _NO)
    | {
        "RECEIPT_REFUSED": N_("An answer of central does not verify and does not count. Tell IT."),
        "SOURCE_CHANGED": N_("A file changed while being read. Leave the camera here and tell IT."),
        "SOURCE_UNREADABLE": N_("A file cannot be read. Leave the camera here and tell IT."),
        "DISK_FULL": N_("The station's disk is full. Leave cameras here. Tell IT."),
        "MANIFEST_REFUSED": N_("A file was copied and could not be sealed. Tell IT."),
        "ANNOUNCEMENT_MALFORMED": N_("A bay cannot be read. Dock the camera again."),
        "WITNESS_MEMORY": N_("The station cannot witness now. Footage is not affected. Tell IT."),
        "LEDGER_MISSING": N_("The station's program has never run here. Tell IT."),
        "AGENT_NOT_RUNNING": N_("The station's program is not running. Leave cameras here."),
        "DOCKING_INCOMPLETE": N_("Not everything was taken. Leave the camera here and tell IT."),
    }
)


def named(table: Mapping[str, str], code: str, gettext: Gettext) -> str:
    """The words of a code; the code itself where there are none."""
    return gettext(table[code]) if code in table else code


def sentence(code: str, gettext: Gettext) -> str:
    """What a code means for the person who stands there."""
    return gettext(SENTENCES.get(code, _GENERAL))
