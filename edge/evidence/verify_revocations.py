"""Step 4, continued: what a revoked key signed counts up to a place in the log, and no further.

The place is the revocation's own leaf, or the earlier one that the root names in `from_index`:
keys are found to be stolen after the fact. Clocks play no part. A revocation that is not in
the package is not known here.
"""

from edge.evidence.digest import Digest
from edge.evidence.package import envelope_path
from edge.evidence.statement import KeyEvent
from edge.evidence.verify_report import Code, Findings, Verdict
from edge.evidence.verify_signatures import Authentic


def check_revocations(authentic: Authentic, indices: dict[Digest, int], findings: Findings) -> None:
    """4j. Nothing signed by a revoked key stands at or after the end of its service.

    Nor by an epoch key that a revoked identity introduced.
    """
    ends, introducers = _ends(authentic, indices)
    for digest, verified in authentic.verified.items():
        signer = verified.key.public.keyid
        both = (ends.get(signer), ends.get(introducers.get(signer, "")))
        end = min((index for index in both if index is not None), default=None)
        place = indices.get(digest)
        if end is not None and (place is None or place >= end):
            findings.add(
                Verdict(
                    code=Code.KEY_REVOKED,
                    file=envelope_path(digest),
                    envelope=str(digest),
                    expected=f"a leaf before index {end}",
                    found="no leaf" if place is None else f"index {place}",
                )
            )


def _ends(
    authentic: Authentic, indices: dict[Digest, int]
) -> tuple[dict[str, int], dict[str, str]]:
    """The first place that no longer counts, by keyid; and who introduced each key.

    A revocation that is not proven to be a leaf counts from the very beginning.
    """
    ends: dict[str, int] = {}
    introducers: dict[str, str] = {}
    for digest, event in authentic.of(KeyEvent):
        keyid = str(event.keyid)
        if event.action != "revoke":
            introducers[keyid] = authentic.verified[digest].key.public.keyid
            continue
        end = indices.get(digest, 0)
        if event.from_index is not None:
            end = min(end, event.from_index)
        ends[keyid] = min(end, ends.get(keyid, end))
    return ends, introducers
