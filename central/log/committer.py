"""One commit of the log, step by step; and the same steps again after a crash.

1. Group file: written once. From here on the envelopes are logged, whatever happens.
2. Tiles and entry bundles that became full: written once.
3. Checkpoint: signed and put in place.
4. Index: one transaction with envelopes, rows, checkpoint and the receipts that are owed.

Steps 2 to 4 follow from the group files, so opening the log replays every group that the
index does not have. Not safe for several threads: `LogWriter` has one. Does not verify
signatures: intake and workflows hand over what is verified or central's own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from central.data_folder import DataFolder
from central.errors import LogInconsistentError, LogRolledBackError
from central.log import groups
from central.log.answers import answers_to
from central.log.groups import Entry
from central.log.tree import LogTree, TileFolder
from central.store import Store, envelopes, outgoing
from central.store.derive import Leaf, index_leaf, is_indexable
from edge import durable
from edge.evidence.checkpoint import (
    Checkpoint,
    NoteSigner,
    NoteVerifier,
    open_checkpoint,
    sign_checkpoint,
)
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope
from edge.evidence.instant import Instant
from edge.evidence.signers import Signer
from edge.evidence.statement import Statement

Step = Callable[[str], None]
"""Called after each step with its name; tests end the process there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """Where an envelope stands in the log, provable against `checkpoint_text`.

    `known` is True where it had been logged before; `received` is then the first time.
    """

    index: int
    digest: Digest
    received: Instant
    path: tuple[Digest, ...]
    checkpoint_text: str
    known: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entry that can be logged: it reads as an envelope of an indexable statement."""

    entry: Entry
    digest: Digest
    statement: Statement

    def leaf(self, index: int) -> Leaf:
        return Leaf(
            index=index,
            digest=self.digest,
            raw=self.entry.raw_envelope,
            received=self.entry.received,
            station=self.entry.topic_station,
            statement=self.statement,
        )


def prepare(entry: Entry) -> Prepared:
    """Read an entry. Raises EvidenceError, or ValueError for what is never a leaf."""
    envelope = Envelope.parse(entry.raw_envelope)
    statement = Statement.parse(envelope.payload)
    if not is_indexable(statement.predicate):
        message = f"expected a statement that is logged, found {statement.type}"
        raise ValueError(message)
    return Prepared(entry, envelope.digest, statement)


@dataclass(frozen=True, slots=True)
class _Place:
    index: int
    received: Instant
    known: bool


class Committer:
    """The log of one data folder, open for appending."""

    def __init__(
        self,
        folder: DataFolder,
        store: Store,
        *,
        log_key: NoteSigner,
        central_key: Signer,
        step: Step = lambda _name: None,
    ) -> None:
        self._folder = folder
        self._store = store
        self._log_key = log_key
        self._central_key = central_key
        self._step = step
        self._tiles = TileFolder(folder.log)
        self._tree: LogTree | None = None
        self._published: Checkpoint | None = None
        self._note = ""

    def open(self) -> LogTree:
        """Bring index, tiles and checkpoint up to the group files.

        Raises LogRolledBackError where something indexed or signed is no longer in the
        group files, LogInconsistentError where they contradict each other.
        """
        self._tree = None
        self._published = self._read_published()
        groups.discard_unpublished(self._folder.envelopes)
        found = list(groups.groups_in(self._folder.envelopes))
        end = found[-1].end if found else 0
        tree = self._restore(end)
        for group in found:
            if group.end <= tree.size:
                continue
            if group.first != tree.size:
                raise LogInconsistentError(
                    expected=f"an index that ends with a group, as {group.name} does",
                    found=f"{tree.size} leaves",
                    leaf=tree.size,
                )
            read = groups.read(self._folder.envelopes, group)
            batch = [prepare(entry) for entry in read]
            self._complete(tree, batch, batch, {})
        self._publish(tree)
        self._tree = tree
        return tree

    def commit(self, batch: Sequence[Prepared]) -> list[Appended]:
        """Log a batch; what was logged before keeps its place. Durable on return.

        Raises OSError where the disk fails. Whatever was past step 1 by then is logged,
        and the next commit completes it.
        """
        tree = self._tree or self.open()
        self._tree = None  # an exception leaves it so: the next commit opens it anew
        places = self._known(batch)
        new = {p.digest: p for p in batch if p.digest not in places}
        if new:
            entries = [prepared.entry for prepared in new.values()]
            groups.write(self._folder.envelopes, tree.size, entries)
            self._step("group-written")
        appended = self._complete(tree, list(new.values()), batch, places)
        self._tree = tree
        return appended

    def _complete(
        self,
        tree: LogTree,
        new: Sequence[Prepared],
        batch: Sequence[Prepared],
        places: dict[Digest, _Place],
    ) -> list[Appended]:
        """Steps 2 to 4 for `new`, and an answer for each of `batch`."""
        first = tree.size
        for prepared in new:
            received = prepared.entry.received
            places[prepared.digest] = _Place(tree.size, received, known=False)
            tree.append(prepared.digest)
        self._step("tiles-written")
        if new:
            self._publish(tree)
            self._step("checkpoint-signed")
        appended = [self._appended(tree, p.digest, places[p.digest]) for p in batch]
        with self._store.write() as connection:
            for at, prepared in enumerate(new):
                index_leaf(connection, prepared.leaf(first + at))
            self._keep_checkpoint(connection, tree)
            for prepared, place in zip(batch, appended, strict=True):
                self._answer(connection, prepared, place)
        self._step("index-committed")
        return appended

    def _appended(self, tree: LogTree, digest: Digest, place: _Place) -> Appended:
        return Appended(
            index=place.index,
            digest=digest,
            received=place.received,
            path=tree.inclusion(place.index),
            checkpoint_text=self._note,
            known=place.known,
        )

    def _answer(self, connection: Connection, prepared: Prepared, appended: Appended) -> None:
        answers = answers_to(connection, prepared.leaf(appended.index), appended, self._central_key)
        for answer in answers:
            outgoing.queue(connection, answer, prepared.entry.received)

    def _known(self, batch: Sequence[Prepared]) -> dict[Digest, _Place]:
        with self._store.read() as connection:
            found = envelopes.places(connection, [each.digest for each in batch])
        return {
            digest: _Place(index, received, known=True)
            for digest, (index, received) in found.items()
        }

    def _restore(self, end: int) -> LogTree:
        with self._store.read() as connection:
            size = envelopes.size(connection)
            if size > end:
                raise LogRolledBackError(
                    expected=f"group files for {size} indexed leaves",
                    found=f"group files for {end}",
                    leaf=end,
                )
            tree = LogTree.restore(
                self._tiles,
                size,
                lambda first, last: envelopes.digests(connection, first, last),
            )
            root = envelopes.checkpoint_root(connection, size)
        if root is not None and root != tree.root():
            raise LogInconsistentError(
                expected=f"root {root} for {size} leaves, as signed",
                found=f"root {tree.root()}",
                leaf=size,
            )
        if self._published is not None and self._published.size > end:
            raise LogRolledBackError(
                expected=f"group files for {self._published.size} leaves, as signed",
                found=f"group files for {end}",
                leaf=end,
            )
        return tree

    def _publish(self, tree: LogTree) -> None:
        """Step 3. A checkpoint that is older than the published one is not put in place."""
        checkpoint = Checkpoint(self._log_key.name, tree.size, tree.root())
        self._note = sign_checkpoint(checkpoint, self._log_key)
        published = self._published
        if published is not None and published.size > checkpoint.size:
            return
        if published is not None and published.size == checkpoint.size:
            if published.root != checkpoint.root:
                raise LogInconsistentError(
                    expected=f"root {published.root}, as signed",
                    found=f"root {checkpoint.root} over {checkpoint.size} leaves",
                    leaf=checkpoint.size,
                )
            return
        durable.replace(self._folder.checkpoint, self._note.encode("utf-8"))
        self._published = checkpoint

    def _keep_checkpoint(self, connection: Connection, tree: LogTree) -> None:
        envelopes.add_checkpoint(connection, size=tree.size, root=tree.root(), text=self._note)

    def _read_published(self) -> Checkpoint | None:
        try:
            text = self._folder.checkpoint.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return open_checkpoint(text, NoteVerifier.parse(self._log_key.vkey))
