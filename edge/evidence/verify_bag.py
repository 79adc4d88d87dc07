"""Step 1: what files there are, and the small ones read, none of them believed.

Footage is never read here. A name that is no plain file, or that could lead out of the
package, is reported and from then on does not exist. Whether a name belongs into the
package, and has the right bytes, is settled in the last step, when the signed parts say
what the package should be; the manifests only say what the sender claims it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from edge.evidence.digest import Digest
from edge.evidence.package_bag import (
    BAG_INFO,
    BAGIT,
    MANIFEST,
    TAG_MANIFEST,
    is_safe,
    parse_manifest,
)
from edge.evidence.verify_report import Code, Findings, StepName, Verdict
from edge.evidence.verify_source import Entry, Source

ENVELOPES = "data/envelopes/"
FOOTAGE = "data/footage/"
_FRAME = (BAGIT, BAG_INFO, MANIFEST, TAG_MANIFEST)
_ENVELOPE_LIMIT = 2 << 20
_SMALL_LIMIT = 64 << 20
_TOTAL_LIMIT = 1 << 30


@dataclass(slots=True)
class Bag:
    """The package as found. `claims` are the manifests' digests, by name.

    `room`: how many more bytes of small files are held in memory.
    """

    source: Source
    sizes: dict[str, int] = field(default_factory=dict)
    small: dict[str, bytes] = field(default_factory=dict)
    claims: dict[str, Digest] = field(default_factory=dict)
    manifest_sound: bool = False
    room: int = _TOTAL_LIMIT

    def envelopes(self) -> Iterator[tuple[str, bytes]]:
        """Envelope files that belong here, as far as an undamaged manifest says."""
        for name in sorted(self.small):
            if name.startswith(ENVELOPES) and not self.is_extra(name):
                yield name, self.small[name]

    def is_extra(self, name: str) -> bool:
        return self.manifest_sound and name not in self.claims

    def differs(self, name: str) -> bool:
        """Whether a small file is not what its manifest line says."""
        return Digest.of(self.small[name]) != self.claims.get(name)


def open_bag(source: Source, findings: Findings) -> Bag:
    """Read the frame and every small file; report names that cannot be used."""
    since = len(findings.verdicts)
    bag = Bag(source=source)
    for entry in sorted(source.entries(), key=lambda entry: entry.name):
        _take(entry, bag, findings)
    for name in _FRAME:
        if name not in bag.small and not findings.explains(name):
            findings.add(Verdict(code=Code.PKG_MISSING, file=name))
    tags = _manifest(TAG_MANIFEST, bag, findings)
    bag.claims = _manifest(MANIFEST, bag, findings) | tags
    bag.manifest_sound = MANIFEST in bag.small and not bag.differs(MANIFEST)
    findings.end_step(
        StepName.FILES, since=since, files=len(bag.sizes), bytes=sum(bag.sizes.values())
    )
    return bag


def _take(entry: Entry, bag: Bag, findings: Findings) -> None:
    if entry.kind != "file" or not is_safe(entry.name):
        expected = "a plain file with a safe name"
        found = "an unsafe name" if entry.kind == "file" else entry.kind
        findings.add(_extra(entry, expected=expected, found=found))
        return
    if not entry.name.startswith(FOOTAGE):
        raw = _read(entry, bag, findings)
        if raw is None:
            return
        bag.small[entry.name] = raw
    bag.sizes[entry.name] = entry.size


def _extra(entry: Entry, *, expected: str, found: str) -> Verdict:
    shown = entry.name.encode("utf-8", "backslashreplace").decode()
    return Verdict(code=Code.PKG_EXTRA, file=shown, expected=expected, found=found)


def _read(entry: Entry, bag: Bag, findings: Findings) -> bytes | None:
    limit = _ENVELOPE_LIMIT if entry.name.startswith(ENVELOPES) else _SMALL_LIMIT
    limit = min(limit, bag.room)
    if entry.size > limit:
        expected = f"at most {limit} bytes"
        findings.add(_extra(entry, expected=expected, found=f"{entry.size} bytes"))
        return None
    try:
        with bag.source.open(entry.name) as stream:
            raw = stream.read(entry.size + 1)
    except OSError as failure:
        found = failure.strerror or type(failure).__name__
        findings.add(_unreadable(entry.name, found))
        return None
    bag.room -= len(raw)
    return raw


def _unreadable(name: str, found: str) -> Verdict:
    return Verdict(code=Code.PKG_MISSING, file=name, expected="a readable file", found=found)


def _manifest(name: str, bag: Bag, findings: Findings) -> dict[str, Digest]:
    claims, bad = parse_manifest(bag.small.get(name, b""))
    if bad is not None:
        expected = "lines of <sha256>, two spaces, a safe name, each name once"
        found = f"line {bad}"
        findings.add(Verdict(code=Code.PKG_ALTERED, file=name, expected=expected, found=found))
    return claims
