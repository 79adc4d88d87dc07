"""The index and the tree, made from nothing but the group files, each envelope verified.

The keys are those that the log itself introduced by then, starting from the policy's roots.
Writes nothing: the index is in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from central.data_folder import DataFolder
from central.errors import LogInconsistentError
from central.log import groups
from central.log.committer import prepare
from central.log.groups import Entry
from central.log.revoked import learned
from central.store import Store
from central.store.derive import index_leaf
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope, verify
from edge.evidence.errors import EvidenceError
from edge.evidence.keys import TrustedKeys
from edge.evidence.merkle import Tree, leaf_data, leaf_hash
from edge.evidence.policy import TrustPolicy
from edge.evidence.statement import KeyEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should follow from the group files."""

    code: str
    where: str
    expected: str
    found: str


@dataclass(slots=True)
class Rebuilt:
    """`roots[n]` is the root of the first n leaves."""

    store: Store = field(default_factory=Store.in_memory)
    digests: list[Digest] = field(default_factory=list)
    roots: list[Digest] = field(default_factory=lambda: [Tree().root()])
    findings: list[Finding] = field(default_factory=list)


def rebuild(folder: DataFolder, policy: TrustPolicy) -> Rebuilt:
    """Everything that the group files say.

    An envelope that does not verify is a finding; one that does not even read ends it,
    because nothing behind it can be placed.
    """
    made, tree, keys = Rebuilt(), Tree(), policy.trusted_keys()
    try:
        with made.store.write() as connection:
            for entry in _entries(folder):
                prepared = prepare(entry)
                where = f"leaf {tree.size}"
                keys = _verified(prepared.entry, keys, where, made.findings)
                index_leaf(connection, prepared.leaf(tree.size))
                tree.append(leaf_hash(leaf_data(prepared.digest)))
                made.digests.append(prepared.digest)
                made.roots.append(tree.root())
    except (LogInconsistentError, EvidenceError, ValueError) as bad:
        code = getattr(bad, "code", "LOG_INCONSISTENT")
        made.findings.append(_finding(code, f"leaf {tree.size}", bad))
    return made


def _entries(folder: DataFolder) -> Iterator[Entry]:
    for group in groups.groups_in(folder.envelopes):
        yield from groups.read(folder.envelopes, group)


def _verified(entry: Entry, keys: TrustedKeys, where: str, findings: list[Finding]) -> TrustedKeys:
    """The keys that are trusted behind this envelope."""
    try:
        verified = verify(Envelope.parse(entry.raw_envelope), keys)
        if isinstance(verified.statement.predicate, KeyEvent):
            return learned(keys, verified)
    except EvidenceError as bad:
        findings.append(_finding(bad.code, where, bad))
    return keys


def _finding(code: str, where: str, bad: Exception) -> Finding:
    facts = getattr(bad, "facts", {})
    return Finding(
        code=code,
        where=where,
        expected=str(facts.get("expected", getattr(bad, "expected", "a valid envelope"))),
        found=str(facts.get("found", getattr(bad, "found", bad))),
    )
