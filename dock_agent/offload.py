"""One file from the camera into the vault, in one read.

Promise: what `offload` returns was read once from the camera, is on the vault's disk, was
read back from it segment by segment, and has its final name, in this order. Killed at any
instant, it goes on from what is proven, and reads the camera only from there. The camera is
only ever read. Identity is content: no name, size or time is trusted to skip a read.
Does not decide what to do about an error, and does not sign anything.

1. Open without following links; refuse a file that is not what was listed.
2. Hash again what an earlier try left; keep the prefix that matches its journal.
3. Read on: whole-file hash, segment hash and write share each buffer, in parallel.
4. Refuse a file that changed or ended early (unless salvaging).
5. Sync, read back past the cache, compare every segment.
6. Publish under the digest; content that is there already is compared instead.
"""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from dock_agent.copy_errors import ReadbackMismatchError, VaultDamagedError
from dock_agent.direct_io import ALIGNMENT
from dock_agent.errors import AgentError, StoppingError
from dock_agent.offload_partial import Partial, vault_failure
from dock_agent.offload_proof import Prover, first_mismatch
from dock_agent.offload_ring import Consumer, Done, Pieces, Ring, Serial
from dock_agent.offload_source import Source, SourceState
from dock_agent.scan import CardEntry
from dock_agent.vault import Vault
from edge import durable
from edge.evidence.digest import Digest
from edge.evidence.segments import SEGMENT_SIZE, Segments, leaf_of

SERIAL_BELOW = 4 * SEGMENT_SIZE
Progress = Callable[[int], None]
ShouldStop = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offloaded:
    """One file, proven. `sha256` is its identity and its name in the vault.

    `resumed_from`: bytes taken over from an earlier try. `known`: the vault held this
    content already, so no second copy was made. `problem`: only when salvaging, why these
    bytes are not the whole, unchanged file.
    """

    sha256: Digest
    segments: Segments
    before: SourceState
    after: SourceState
    resumed_from: int
    known: bool
    problem: AgentError | None = None

    @property
    def size(self) -> int:
        """Bytes that were read and kept."""
        return self.segments.size

    @property
    def changed(self) -> bool:
        """Whether the file was another one before, after, or when it was listed."""
        return self.problem is not None and self.problem.code == "SOURCE_CHANGED"


def offload(  # noqa: PLR0913 - four things to join, three wishes by name
    mount: Path,
    entry: CardEntry,
    file_id: str,
    vault: Vault,
    *,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
    salvage: bool = False,
) -> Offloaded:
    """Copy `entry` of the card at `mount` into the vault.

    `progress` gets the bytes done so far; `should_stop` is asked once a segment.
    `salvage` keeps what can be read of a file that changes or cannot be read to its end:
    the result's `problem` says so. Raises SourceChangedError, SourceError, VanishedError,
    StationDiskError, VaultFailedError, ReadbackMismatchError, VaultDamagedError,
    StoppingError; the partial copy stays for the next try.
    """
    with Source(mount, entry) as source:
        read = _Read(source, entry, progress, should_stop, salvage=salvage)
        read.check_listed()
        with Partial(vault, file_id, read.before) as partial:
            read.take_over(partial.resume(read.feed))
            vault.require_room(partial.missing(), entry.text)
            try:
                partial.open(read.leaves)
                _copy(read, partial)
            except ReadbackMismatchError:
                partial.set_aside()
                raise
            known = _publish(partial, vault, read)
        return read.result(file_id, known=known)


def digest_only(
    mount: Path,
    entry: CardEntry,
    file_id: str,
    vault: Vault,
    *,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Offloaded:
    """Read and hash `entry` without writing a byte; `known` says if the vault has it.

    For a second dock of the same card. Raises what `offload` raises about the camera.
    """
    with Source(mount, entry) as source:
        read = _Read(source, entry, progress, should_stop, salvage=False)
        read.check_listed()
        read.run([], lambda _length, _offset: None)
        return read.result(file_id, known=vault.has(read.sha256))


def _copy(read: "_Read", partial: Partial) -> None:
    with ExitStack() as stack:
        prover = stack.enter_context(Prover(partial, read.leaves, len(read.leaves)))

        def written(_length: int, offset: int) -> None:
            index = offset // SEGMENT_SIZE
            partial.note(read.leaves[index])
            prover.written(index + 1)

        read.run([partial.write], written)
        partial.seal(read.offset)
        prover.finish()


def _publish(partial: Partial, vault: Vault, read: "_Read") -> bool:
    """Give the copy its name; True where the vault held this content before."""
    partial.close()
    try:
        if not vault.has(read.sha256):
            try:
                vault.publish(partial.path, read.sha256)
            except durable.AlreadyWrittenError:
                pass  # another bay was faster with the same content
            else:
                partial.discard_journal()
                partial.drop_superseded(read.leaves)
                return False
        _compare_known(vault, read)
        partial.discard()
        partial.drop_superseded(read.leaves)
    except OSError as failure:
        raise vault_failure(failure, "publish", partial.path) from failure
    return True


def _compare_known(vault: Vault, read: "_Read") -> None:
    path = vault.path(read.sha256)
    wrong = first_mismatch(path, read.leaves, 0, len(read.leaves))
    size = path.stat().st_size
    if wrong is None and size == read.offset:
        return
    found = f"{size} bytes" if wrong is None else f"other bytes in segment {wrong}"
    raise VaultDamagedError(
        expected=f"{read.sha256}, {read.offset} bytes, in the vault", found=found
    )


class _Read:
    """The camera's side of one offload: position, hashes, and what was seen of the file."""

    def __init__(
        self,
        source: Source,
        entry: CardEntry,
        progress: Progress | None,
        should_stop: ShouldStop | None,
        *,
        salvage: bool,
    ) -> None:
        self._source = source
        self._entry = entry
        self._progress = progress or (lambda _done: None)
        self._should_stop = should_stop or (lambda: False)
        self._salvage = salvage
        self.problem: AgentError | None = None
        self.before = self.after = source.state()
        self.whole = hashlib.sha256()
        self.leaves: list[Digest] = []
        self.offset = self.resumed_from = 0

    @property
    def sha256(self) -> Digest:
        return Digest(self.whole.digest())

    def check_listed(self) -> None:
        """The signed inventory says what the file was: another state is a change."""
        listed = SourceState(self._entry.size, self._entry.mtime_ns, self.before.inode)
        if listed != self.before:
            self._complain(self._source.changed(listed, self.before))

    def feed(self, view: memoryview) -> None:
        """Hash one segment of a prefix that is on our disk already."""
        self._check_stop()
        self.whole.update(view)

    def take_over(self, proven: list[Digest]) -> None:
        """Go on after the prefix that was fed."""
        self.leaves = proven
        self.offset = min(len(proven) * SEGMENT_SIZE, self.before.size)
        self.resumed_from = self.offset

    def run(self, consumers: list[Consumer], done: Done) -> None:
        """Read to the end of the file as it was when it was opened, then look again."""
        consumers = [self._hash_whole, self._hash_segment, *consumers]
        with _pieces(self.before.size - self.offset, consumers, done) as pieces:
            while self.offset < self.before.size and self._read_piece(pieces):
                self._progress(self.offset)
        self._check_unchanged()

    def result(self, file_id: str, *, known: bool) -> Offloaded:
        return Offloaded(
            sha256=self.sha256,
            segments=Segments.of_leaves(file_id, self.offset, self.leaves),
            before=self.before,
            after=self.after,
            resumed_from=self.resumed_from,
            known=known,
            problem=self.problem,
        )

    def _read_piece(self, pieces: Pieces) -> bool:
        """One segment; False where the file ends before its size."""
        self._check_stop()
        want = min(SEGMENT_SIZE, self.before.size - self.offset)
        view = pieces.buffer()[: -(-want // ALIGNMENT) * ALIGNMENT]
        count = min(want, self._source.read_into(view, self.offset))
        if count < want:
            ended = self._source.ended(self.before.size, self.offset + count)
            self._complain(self._source.trouble or ended)
        if count:
            pieces.submit(count, self.offset)
            self.offset += count
        return count == want

    def _check_stop(self) -> None:
        if self._should_stop():
            expected, found = "the copy to go on", "a request to stop"
            raise StoppingError(expected=expected, found=found, path=self._entry.text)

    def _check_unchanged(self) -> None:
        self.after = self._source.state()
        if self.after == self.before:
            self.after = self._source.state_by_name()
        if self.after != self.before:
            self._complain(self._source.changed(self.before, self.after))

    def _complain(self, problem: AgentError) -> None:
        if not self._salvage:
            raise problem
        self.problem = self.problem or problem

    def _hash_whole(self, view: memoryview, _offset: int) -> None:
        self.whole.update(view)

    def _hash_segment(self, view: memoryview, _offset: int) -> None:
        self.leaves.append(leaf_of(view))


def _pieces(size: int, consumers: list[Consumer], done: Done) -> Pieces:
    """Threads where they pay."""
    return Serial(consumers, done) if size < SERIAL_BELOW else Ring(consumers, done)
