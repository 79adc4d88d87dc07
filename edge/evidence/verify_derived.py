"""Step 8: everything else, derived again from the signed parts and compared.

When all signed parts are sound, they say what each remaining byte of the package has to
be, manifests and pages included, so that even a forger who recomputes every manifest is
found. When some are not, the manifests are all there is to compare with; then what they
say is reported only where no better reason is known.
"""

from collections.abc import Callable, Mapping, Sequence

from edge.evidence.digest import Digest
from edge.evidence.errors import EncodingError, EvidenceError
from edge.evidence.media_tree import unpack_packets
from edge.evidence.package import (
    CHECKPOINT,
    MEDIA,
    VERIFIERS,
    Exhibit,
    Package,
    build,
    packets_path,
)
from edge.evidence.package_bag import TAG_MANIFEST
from edge.evidence.package_log import ANCHORS, CONSISTENCY
from edge.evidence.statement import Recording
from edge.evidence.verify_bag import ENVELOPES, Bag
from edge.evidence.verify_footage import Leaves
from edge.evidence.verify_log import Logged
from edge.evidence.verify_report import Code, Findings, StepName, Verdict
from edge.evidence.verify_signatures import Authentic, verdict_of

PROOFS = "data/proofs/"
Writer = Callable[[Sequence[Exhibit], str], Package]
"""Makes a package anew from its envelopes, with their proofs, and its checkpoint's text."""

_UNREAD = frozenset(
    {
        Code.PKG_MISSING,
        Code.PKG_ALTERED,
        Code.SIG_BAD,
        Code.KEY_UNTRUSTED,
        Code.TYPE_UNKNOWN,
        Code.CRIT_UNKNOWN,
        Code.STATEMENT_INVALID,
    }
)


def check_derived(
    bag: Bag,
    authentic: Authentic,
    logged: Logged,
    leaves: Mapping[str, Leaves],
    findings: Findings,
) -> None:
    """Compare names and bytes with what the signed parts call for, or else claim."""
    packets = _packet_lists(bag, authentic, findings)

    def write(exhibits: Sequence[Exhibit], checkpoint: str) -> Package:
        return build(
            exhibits,
            checkpoint=checkpoint,
            leaves=leaves,
            consistency=logged.growth.proofs,
            anchors=logged.anchors,
            verifiers={it: bag.small[it] for it in VERIFIERS if it in bag.small},
            packets=packets,
        )

    check_written(write, bag, authentic, logged, findings)


def _packet_lists(bag: Bag, authentic: Authentic, findings: Findings) -> dict[str, bytes]:
    """Those of the package, by recording: they may be left out, but are signed where they are."""
    lists = {}
    for _, recording in authentic.of(Recording):
        name, tree = packets_path(recording.recording), recording.media.tree
        if tree is None or findings.explains(name):
            continue
        if name not in bag.small:
            if bag.manifest_sound and name in bag.claims:
                findings.add(Verdict(code=Code.PKG_MISSING, file=name))
            continue
        try:
            unpack_packets(tree, bag.small[name])
        except EncodingError as error:
            findings.add(verdict_of(error, file=name, otherwise=Code.PKG_ALTERED))
        else:
            lists[recording.recording] = bag.small[name]
    return lists


def check_written(
    write: Writer, bag: Bag, authentic: Authentic, logged: Logged, findings: Findings
) -> None:
    """Compare names and bytes with what `write` makes of the signed parts."""
    since = len(findings.verdicts)
    package = _derive(write, bag, authentic, logged, findings)
    if package is None:
        _compare_with_manifests(bag, findings)
    else:
        _compare(bag, package, findings)
    findings.end_step(StepName.DERIVED, since=since, unchecked=0 if package else 1)


def _derive(
    write: Writer, bag: Bag, authentic: Authentic, logged: Logged, findings: Findings
) -> Package | None:
    """The package that the signed parts make; None where too few of them are sound."""
    if authentic.damaged or any(_leaves_doubt(it) for it in findings.verdicts):
        return None
    if any(_is_damaged(name, bag) for name in VERIFIERS):
        return None
    exhibits = []
    for digest, verified in authentic.verified.items():
        proof = logged.proofs.get(digest)
        index, path = (None, ()) if proof is None else (proof.index, proof.path)
        exhibits.append(Exhibit(envelope=verified.envelope, index=index, path=path))
    try:
        return write(exhibits, bag.small[CHECKPOINT].decode())
    except (EvidenceError, KeyError, UnicodeDecodeError):
        return None


def _is_damaged(verifier: str, bag: Bag) -> bool:
    """Whether a verifier is not what a sound manifest says: nothing else knows its bytes."""
    found = verifier in bag.small
    listed = verifier in bag.claims
    return bag.manifest_sound and (found or listed) and not (found and not bag.differs(verifier))


def _leaves_doubt(verdict: Verdict) -> bool:
    """Whether a finding means that the bytes of a signed part are not known."""
    file = verdict.file or ""
    if file.startswith(ENVELOPES):
        return verdict.code in _UNREAD
    in_log = file.startswith((PROOFS, CONSISTENCY, ANCHORS, MEDIA)) or file == CHECKPOINT
    return in_log and verdict.code is not Code.WITNESS_SHORT


def _compare(bag: Bag, package: Package, findings: Findings) -> None:
    """8a. Each file is what the signed parts make it, and there is no other."""
    footage = {file.path for file in package.footage}
    for name, expected in package.files:
        found = bag.small.get(name)
        if found == expected or findings.explains(name):
            continue
        if found is None:
            findings.add(Verdict(code=Code.PKG_MISSING, file=name))
        else:
            findings.add(_altered(name, Digest.of(expected), Digest.of(found)))
    _report_extra(bag, footage | {name for name, _ in package.files}, findings)


def _compare_with_manifests(bag: Bag, findings: Findings) -> None:
    """8b. The manifests' word, where the signed parts cannot speak."""
    for name, expected in bag.claims.items():
        if findings.explains(name):
            continue
        if name not in bag.sizes:
            findings.add(Verdict(code=Code.PKG_MISSING, file=name))
        elif name in bag.small:
            found = Digest.of(bag.small[name])
            if found != expected:
                findings.add(_altered(name, expected, found))
    _report_extra(bag, set(bag.claims) | {TAG_MANIFEST}, findings)


def _altered(name: str, expected: Digest, found: Digest) -> Verdict:
    return Verdict(code=Code.PKG_ALTERED, file=name, expected=str(expected), found=str(found))


def _report_extra(bag: Bag, belonging: set[str], findings: Findings) -> None:
    for name in bag.sizes:
        if name not in belonging and not findings.explains(name):
            findings.add(
                Verdict(code=Code.PKG_EXTRA, file=name, expected="no file", found="a file")
            )
