"""A byte range of one recording, verified without reading the rest of the file.

All steps of `verify` are taken, but of the footage only the segments that hold the range are
read. Their leaves are held against the package's leaf list, or against a range proof; both
count only once they lead to the signed root. What lies outside of the range is not known
after this, and the report has no result for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from edge.evidence.digest import Digest
from edge.evidence.errors import ClipForeignError, RangeError
from edge.evidence.package import footage_path, leaves_path
from edge.evidence.policy import TrustPolicy
from edge.evidence.range_proof import RangeProof
from edge.evidence.segment_range import SegmentRange
from edge.evidence.segments import SEGMENT_SIZE, altered_ranges, leaf_of
from edge.evidence.statement import Recording
from edge.evidence.verify import take_steps
from edge.evidence.verify_bag import Bag
from edge.evidence.verify_footage import Leaves, Meter, listed_leaves
from edge.evidence.verify_report import Code, Fact, Findings, Report, StepName, Verdict
from edge.evidence.verify_scope import Scope
from edge.evidence.verify_signatures import verdict_of
from edge.evidence.verify_source import Progress, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Bytes [begin, end) of one recording; `end` None is its end.

    `recording` may be left out where the package has one only. `proof` is a range proof that
    takes the place of the package's leaf list.
    """

    begin: int
    end: int | None = None
    recording: str | None = None
    proof: RangeProof | None = None


def verify_part(
    source: Source, policy: TrustPolicy, wanted: Wanted, *, progress: Progress | None = None
) -> Report:
    """Verify a package, and of its footage only this range.

    Raises RangeError where the package has no such recording, or it no such bytes.
    """

    def read(
        bag: Bag, scope: Scope, findings: Findings
    ) -> tuple[dict[str, Leaves], dict[str, Fact]]:
        part = _Part(bag, wanted, findings, progress)
        return part.check(scope)

    return take_steps(source, policy, read)


@dataclass(slots=True)
class _Part:
    bag: Bag
    wanted: Wanted
    findings: Findings
    progress: Progress | None
    octets: int = field(default=0)

    def check(self, scope: Scope) -> tuple[dict[str, Leaves], dict[str, Fact]]:
        """6. The one recording's range, read; of the others the leaf lists."""
        since = len(self.findings.verdicts)
        digest, name = _chosen(scope, self.wanted.recording)
        recording = scope.recordings.get(digest)
        facts: dict[str, Fact] = {"recording": name}
        if recording is not None:
            part = _around(recording, self.wanted)
            facts |= {"begin": part.begin, "end": part.end, "size": part.size}
            self._read(recording, digest, part)
        self.findings.end_step(
            StepName.FOOTAGE,
            since=since,
            unchecked=0 if recording else 1,
            recordings=1,
            bytes=self.octets,
        )
        leaves = {it.recording: listed_leaves(it, self.bag) for it in scope.recordings.values()}
        return {name: listed for name, listed in leaves.items() if listed is not None}, facts

    def _read(self, recording: Recording, digest: Digest, part: SegmentRange) -> None:
        path = footage_path(recording.recording, recording.source.path)
        expected = self._expected(recording, digest, part)
        if path not in self.bag.sizes:
            if not self.findings.explains(path):
                self._found(Code.PKG_MISSING, recording, path)
            return
        if expected is None:
            return
        size = self.bag.sizes[path]
        if size != part.size:
            code = Code.FILE_TRUNCATED if size < part.size else Code.FILE_EXTENDED
            self._found(code, recording, path, expected=part.size, found=size)
        meter = Meter(part.end - part.begin, self.progress)
        try:
            with self.bag.source.open(path) as stream:
                found = tuple(leaves_in(stream, part, meter))
        except OSError as failure:
            reason = failure.strerror or type(failure).__name__
            self._found(Code.PKG_MISSING, recording, path, expected="a readable file", found=reason)
            return
        self.octets = meter.done
        ranges = _altered(part, expected, found, size)
        if ranges:
            self._found(Code.FILE_ALTERED, recording, path, ranges=ranges)

    def _expected(self, recording: Recording, digest: Digest, part: SegmentRange) -> Leaves | None:
        """Leaves of the range that lead to the signed root; a finding where there are none."""
        name, proof = recording.recording, self.wanted.proof
        if proof is not None:
            try:
                return _proven(proof, recording, digest, part)
            except ClipForeignError as error:
                self.findings.add(verdict_of(error, otherwise=Code.CLIP_FOREIGN, recording=name))
                return None
        listed = listed_leaves(recording, self.bag)
        if listed is None:
            path = leaves_path(name)
            code = Code.PKG_ALTERED if path in self.bag.small else Code.PKG_MISSING
            root = recording.file.segment_root
            if not self.findings.explains(path):
                self._found(code, recording, path, expected=f"leaves with root {root}")
            return None
        return listed[part.first : part.last]

    def _found(
        self,
        code: Code,
        recording: Recording,
        path: str,
        *,
        expected: Fact | None = None,
        found: Fact | None = None,
        ranges: tuple[tuple[int, int], ...] = (),
    ) -> None:
        self.findings.add(
            Verdict(
                code=code,
                file=path,
                recording=recording.recording,
                expected=expected,
                found=found,
                ranges=ranges,
            )
        )


def leaves_in(stream: BinaryIO, part: SegmentRange, meter: Meter) -> Iterator[Digest]:
    """Hash the segments of `part` where they stand in a file; fewer where it ends before."""
    stream.seek(part.begin)
    for index in range(part.first, part.last):
        wanted = min(SEGMENT_SIZE, part.size - index * SEGMENT_SIZE)
        segment = read_whole(stream, wanted)
        meter.add(len(segment))
        if not segment:
            return
        yield leaf_of(segment)


def read_whole(stream: BinaryIO, size: int) -> bytes:
    """Read `size` bytes, or up to the end; a raw file may give less at a time."""
    read = bytearray()
    while len(read) < size and (chunk := stream.read(size - len(read))):
        read += chunk
    return bytes(read)


def _altered(
    part: SegmentRange, expected: Leaves, found: Leaves, size: int
) -> tuple[tuple[int, int], ...]:
    """Which bytes of the file differ within the range.

    Where the file's `size` is too small, the segment that its end cuts through is missing, not
    altered.
    """
    reach = part.end if size >= part.size else size // SEGMENT_SIZE * SEGMENT_SIZE
    known = max(min(reach, part.end) - part.begin, 0)
    ranges = altered_ranges(known, expected, found)
    return tuple((part.begin + begin, part.begin + end) for begin, end in ranges)


def _chosen(scope: Scope, recording: str | None) -> tuple[Digest, str]:
    known = {name: digest for digest, name in scope.named.items()}
    if recording is None and len(known) == 1:
        ((name, digest),) = known.items()
        return digest, name
    if recording is None or recording not in known:
        expected = "one of " + (", ".join(sorted(known)) or "no recordings")
        raise RangeError("recording", expected=expected, found=recording or "none named")
    return known[recording], recording


def _around(recording: Recording, wanted: Wanted) -> SegmentRange:
    size = recording.file.size
    return SegmentRange.around(size, wanted.begin, size if wanted.end is None else wanted.end)


def _proven(proof: RangeProof, recording: Recording, digest: Digest, part: SegmentRange) -> Leaves:
    proof.check(recording, digest)
    if not proof.part.covers(part):
        found = f"{proof.part.begin} to {proof.part.end}"
        raise RangeError("range proof", expected=f"bytes {part.begin} to {part.end}", found=found)
    begin = part.first - proof.part.first
    return proof.leaves[begin : begin + part.count]
