"""A stream-copied part of a recording against the package of the whole.

All steps of `verify` are taken but for the footage, of which nothing is read: the manifest's
media tree says which packets the recording has. The packet list comes with the package, or from
whoever can read the footage; it counts only once it leads to the signed roots. Does not read
media: the part comes as packets.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.evidence.errors import EncodingError, RangeError
from edge.evidence.media_tree import StreamPackets, pack_packets, unpack_packets
from edge.evidence.package import footage_path, packets_path
from edge.evidence.policy import TrustPolicy
from edge.evidence.statement import MediaTree, Recording
from edge.evidence.trim import Trim, place
from edge.evidence.verify import take_steps
from edge.evidence.verify_bag import Bag
from edge.evidence.verify_footage import Leaves, listed_leaves
from edge.evidence.verify_report import Fact, Findings, Report, StepName, Verdict
from edge.evidence.verify_scope import Scope
from edge.evidence.verify_source import Source

PacketReader = Callable[[str], Sequence[StreamPackets]]
"""The streams of a footage file, by its name in the package; none where they cannot be read."""

_Streams = Sequence[StreamPackets]


def verify_trim(
    source: Source,
    policy: TrustPolicy,
    part: _Streams,
    *,
    recording: str | None = None,
    read: PacketReader | None = None,
) -> Report:
    """Verify a package's signed parts, and that `part` is one piece of one of its recordings.

    Without `recording` it is the one that most of the part's packets are of. `read` is asked
    where the package has no packet list. Raises RangeError where there is no such recording, or
    its manifest has no media tree.
    """

    def check(
        bag: Bag, scope: Scope, findings: Findings
    ) -> tuple[dict[str, Leaves], dict[str, Fact]]:
        return _Check(bag, scope, findings, read).against(part, recording)

    return take_steps(source, policy, check)


@dataclass(slots=True)
class _Check:
    bag: Bag
    scope: Scope
    findings: Findings
    read: PacketReader | None

    def against(
        self, part: _Streams, wanted: str | None
    ) -> tuple[dict[str, Leaves], dict[str, Fact]]:
        """6. The part's packets, in place of the footage's bytes."""
        since = len(self.findings.verdicts)
        recording, streams = self._chosen(part, wanted)
        facts: dict[str, Fact] = {"recording": recording.recording}
        if streams is not None:
            found = place(part, streams)
            self._report(recording, found)
            facts |= _facts(found, streams)
        packets = sum(len(it.digests) for it in part)
        unchecked = 0 if streams is not None else 1
        self.findings.end_step(
            StepName.FOOTAGE, since=since, unchecked=unchecked, recordings=1, packets=packets
        )
        every = self.scope.recordings.values()
        leaves = {it.recording: listed_leaves(it, self.bag) for it in every}
        return {name: listed for name, listed in leaves.items() if listed is not None}, facts

    def _chosen(self, part: _Streams, wanted: str | None) -> tuple[Recording, _Streams | None]:
        known = {it.recording: it for it in self.scope.recordings.values()}
        if wanted is not None and wanted not in known:
            expected = "one of " + (", ".join(sorted(known)) or "no recordings")
            raise RangeError("recording", expected=expected, found=wanted)
        candidates = [known[wanted]] if wanted is not None else list(known.values())
        lists = [(it, self._listed(it, it.media.tree)) for it in candidates if it.media.tree]
        if not lists:
            expected = "a recording whose manifest has a media tree"
            raise RangeError("recording", expected=expected, found="none")
        own = {digest for stream in part for digest in stream.digests}
        best = max(lists, key=lambda it: _common(own, it[1] or ()))
        unread = [it for it in lists if it[1] is None]
        return unread[0] if unread and not _common(own, best[1] or ()) else best

    def _listed(self, recording: Recording, tree: MediaTree) -> _Streams | None:
        """The packets that lead to the signed roots; None where there are none to be had."""
        name = packets_path(recording.recording)
        if name in self.bag.small:
            try:
                return unpack_packets(tree, self.bag.small[name])
            except EncodingError:
                return None  # step 8 says so, and where
        file = footage_path(recording.recording, recording.source.path)
        if self.read is None or file not in self.bag.sizes:
            return None
        indices = {it.index for it in tree.streams}
        streams = [it for it in self.read(file) if it.index in indices]
        try:
            return unpack_packets(tree, pack_packets(streams))
        except EncodingError:
            return None  # altered footage, or another reading of it: `verify` tells which

    def _report(self, recording: Recording, found: Trim) -> None:
        for fault in found.faults:
            self.findings.add(
                Verdict(
                    code=fault.code,
                    file=f"stream {fault.stream} of the clip",
                    recording=recording.recording,
                    expected=fault.expected,
                    found=fault.found,
                )
            )


def _common(own: set[bytes], streams: _Streams) -> int:
    return sum(len(own.intersection(stream.digests)) for stream in streams)


def _facts(found: Trim, recording: _Streams) -> dict[str, Fact]:
    """Where the part stands in the recording, and what of it was left out or not judged."""
    facts: dict[str, Fact] = {"unchecked": ", ".join(map(str, found.unchecked))}
    taken = {it.original.index for it in found.placed}
    facts["left_out"] = ", ".join(str(it.index) for it in recording if it.index not in taken)
    for it in found.placed:
        facts[f"stream {it.original.index}"] = f"packets {it.first} to {it.last}"
        times = it.original.times[it.first : it.last]
        facts[f"stream {it.original.index} time"] = f"{min(times)} to {max(times)}"
        facts[f"stream {it.original.index} hidden"] = it.part.hidden
    return {name: fact for name, fact in facts.items() if fact not in {"", 0}}
