"""Steps 2 and 3: who may sign, and what was signed.

Keys enter only through key events that lead back to the roots of the trust policy. The
package itself vouches for nothing. What is returned is authentic: the statement was parsed
from the very bytes that the signature covers. It may still be unlogged or untrue.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope, Verified, verify
from edge.evidence.errors import EvidenceError, UntrustedKeyError
from edge.evidence.keys import TrustedKeys
from edge.evidence.package import envelope_path
from edge.evidence.statement import KeyEvent, Predicate
from edge.evidence.verify_bag import ENVELOPES, Bag
from edge.evidence.verify_report import Code, Findings, StepName, Verdict

P = TypeVar("P", bound=Predicate)


@dataclass(slots=True)
class Authentic:
    """The envelopes whose signatures hold, by digest, and the keys they hold under.

    `damaged`: at least one envelope file is not what was signed, or brings a key that is
    refused, so that an envelope or a key that is looked for may simply be that one.
    """

    keys: TrustedKeys
    verified: dict[Digest, Verified] = field(default_factory=dict)
    damaged: bool = False

    def of(self, kind: type[P]) -> Iterator[tuple[Digest, P]]:
        """Every authentic statement of one type, in the order of the digests."""
        for digest, verified in self.verified.items():
            predicate = verified.statement.predicate
            if isinstance(predicate, kind):
                yield digest, predicate


def authenticate(bag: Bag, trusted: TrustedKeys, findings: Findings) -> Authentic:
    """Verify every envelope under `trusted` and the key events that it vouches for."""
    authentic = Authentic(keys=trusted, damaged=_is_damaged(bag))
    since = len(findings.verdicts)
    pending = dict(_readable(bag, authentic, findings))
    pending = _admit_keys(pending, authentic, findings)
    events = sum(1 for _ in authentic.of(KeyEvent))
    findings.end_step(StepName.KEYS, since=since, key_events=events)

    since = len(findings.verdicts)
    unchecked = _verify_rest(pending, bag, authentic, findings)
    authentic.verified = dict(sorted(authentic.verified.items()))
    findings.end_step(
        StepName.SIGNATURES,
        since=since,
        unchecked=unchecked,
        envelopes=len(authentic.verified),
    )
    return authentic


def _is_damaged(bag: Bag) -> bool:
    """Whether a sound manifest says that an envelope is missing or altered."""
    listed = (name for name in bag.claims if name.startswith(ENVELOPES))
    return bag.manifest_sound and any(name not in bag.small or bag.differs(name) for name in listed)


def _readable(bag: Bag, authentic: Authentic, findings: Findings) -> Iterator[tuple[str, Envelope]]:
    for name, raw in bag.envelopes():
        try:
            yield name, Envelope.parse(raw)
        except EvidenceError as error:
            authentic.damaged = True
            findings.add(verdict_of(error, file=name, otherwise=Code.STATEMENT_INVALID))


def _admit_keys(
    pending: dict[str, Envelope], authentic: Authentic, findings: Findings
) -> dict[str, Envelope]:
    """2. Go round until no key event brings in another key: root, identity, epoch."""
    grew = True
    while grew:
        grew = False
        for name, envelope in list(pending.items()):
            try:
                verified = verify(envelope, authentic.keys)
            except EvidenceError:
                continue  # not yet, or not at all: step 3 says which
            if not isinstance(verified.statement.predicate, KeyEvent):
                continue
            del pending[name]
            grew = _admit(name, verified, authentic, findings) or grew
    return pending


def _admit(name: str, verified: Verified, authentic: Authentic, findings: Findings) -> bool:
    predicate = verified.statement.predicate
    if not _keep(name, verified, authentic, findings):
        return False
    if isinstance(predicate, KeyEvent) and predicate.action == "revoke":
        return False  # step 4 weighs it, when its place in the log is known
    try:
        authentic.keys = authentic.keys.with_key_event(verified)
    except EvidenceError as error:
        authentic.damaged = True
        findings.add(verdict_of(error, file=name, otherwise=Code.KEY_UNTRUSTED))
        return False
    return True


def _verify_rest(
    pending: dict[str, Envelope], bag: Bag, authentic: Authentic, findings: Findings
) -> int:
    """3. Everything else; returns how many could not be judged for want of a key."""
    strangers: dict[str, EvidenceError] = {}
    for name, envelope in pending.items():
        try:
            verified = verify(envelope, authentic.keys)
        except UntrustedKeyError as error:
            strangers[name] = error
        except EvidenceError as error:
            authentic.damaged = True
            findings.add(verdict_of(error, file=name, otherwise=Code.STATEMENT_INVALID))
        else:
            _keep(name, verified, authentic, findings)
    return _judge_strangers(strangers, bag, authentic, findings)


def _judge_strangers(
    strangers: dict[str, EvidenceError],
    bag: Bag,
    authentic: Authentic,
    findings: Findings,
) -> int:
    """An unknown signer is a verdict, unless the lost envelope may hold that very key."""
    unchecked = 0
    for name, error in strangers.items():
        if authentic.damaged and not bag.differs(name):
            unchecked += 1
        else:
            findings.add(verdict_of(error, file=name, otherwise=Code.KEY_UNTRUSTED))
    return unchecked


def _keep(name: str, verified: Verified, authentic: Authentic, findings: Findings) -> bool:
    """Keep an authentic envelope, under the one name that its bytes give it."""
    digest = verified.envelope.digest
    if name != envelope_path(digest):
        authentic.damaged = True
        expected = envelope_path(digest)
        findings.add(Verdict(code=Code.PKG_ALTERED, file=name, expected=expected))
        return False
    authentic.verified[digest] = verified
    return True


def verdict_of(
    error: EvidenceError,
    *,
    otherwise: Code,
    file: str | None = None,
    recording: str | None = None,
) -> Verdict:
    """The verdict an error amounts to: its own code where that is one, or `otherwise`."""
    code = Code(error.code) if error.code in Code.__members__ else otherwise
    return Verdict(
        code=code,
        file=file,
        recording=recording,
        expected=error.facts.get("expected"),
        found=error.facts.get("found"),
    )
