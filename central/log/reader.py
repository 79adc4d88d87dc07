"""Proofs and tiles from the log as it is indexed, for any thread; nothing is written.

Full tiles come from disk, the right edge from the index, so that a reader answers for every
size up to the last indexed one while the writer goes on.
"""

import threading
from dataclasses import dataclass

from sqlalchemy import Connection

from central.data_folder import DataFolder
from central.log.tree import LogTree, TileFolder
from central.store import Store, envelopes
from edge.evidence.consistency import Consistency, TreeState, consistency
from edge.evidence.digest import Digest
from edge.evidence.merkle import leaf_data
from edge.evidence.tiles import TILE_WIDTH, Tile, pack_entries


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    """That leaf `index` is in the log of `checkpoint_text`, which has `size` leaves."""

    index: int
    size: int
    path: tuple[Digest, ...]
    checkpoint_text: str


class LogReader:
    """The log of one data folder, for reading."""

    def __init__(self, folder: DataFolder, store: Store) -> None:
        self._store = store
        self._tiles = TileFolder(folder.log)
        self._tree = LogTree(self._tiles)
        self._lock = threading.Lock()

    def checkpoint(self) -> str | None:
        """The latest signed note whose leaves are all indexed."""
        with self._store.read() as connection:
            return envelopes.latest_checkpoint(connection)

    def proofs(self, digests: list[Digest]) -> dict[Digest, LogProof]:
        """Inclusion proofs of logged envelopes, all against the same checkpoint."""
        with self._lock, self._store.read() as connection:
            text = envelopes.latest_checkpoint(connection)
            if text is None:
                return {}
            tree = self._current(connection)
            return {
                digest: LogProof(
                    index=index,
                    size=tree.size,
                    path=tree.inclusion(index),
                    checkpoint_text=text,
                )
                for digest, (index, _) in envelopes.places(connection, digests).items()
            }

    def proof(self, digest: Digest) -> LogProof | None:
        """The inclusion proof of one envelope; None where it is not logged."""
        return self.proofs([digest]).get(digest)

    def consistency(self, old: int) -> tuple[Digest, ...]:
        """That the first `old` leaves are a prefix of the latest checkpoint's tree."""
        with self._lock, self._store.read() as connection:
            return self._current(connection).consistency(old)

    def growth(self, old: int, new: int) -> Consistency | None:
        """That the log at `new` extends the log at `old`; None where it is not that long.

        Raises ValueError for sizes that are no `1 <= old <= new`.
        """
        if not 1 <= old <= new:
            message = f"expected sizes from 1, the old one first, found {old} and {new}"
            raise ValueError(message)
        with self._lock, self._store.read() as connection:
            size = envelopes.size(connection)
            if new > size:
                return None
            now = self._current(connection) if new == size else self._at(connection, new)
            then = self._at(connection, old)
            states = TreeState(old, then.root()), TreeState(new, now.root())
            return consistency(self._origin(connection), *states, now.consistency(old))

    def tile(self, level: int, index: int, width: int = TILE_WIDTH) -> bytes | None:
        """A tile of the log, full or partial; None where the log is not that long."""
        with self._lock, self._store.read() as connection:
            return self._current(connection).tile(Tile(level, index, width))

    def entries(self, index: int, width: int = TILE_WIDTH) -> bytes | None:
        """An entry bundle, full or partial; None where the log is not that long."""
        first = index * TILE_WIDTH
        with self._store.read() as connection:
            digests = envelopes.digests(connection, first, first + width)
        if len(digests) < width:
            return None
        return pack_entries([leaf_data(digest) for digest in digests])

    def _current(self, connection: Connection) -> LogTree:
        size = envelopes.size(connection)
        if size != self._tree.size:
            self._tree = self._at(connection, size)
        return self._tree

    def _at(self, connection: Connection, size: int) -> LogTree:
        return LogTree.restore(
            self._tiles, size, lambda first, end: envelopes.digests(connection, first, end)
        )

    def _origin(self, connection: Connection) -> str:
        return (envelopes.latest_checkpoint(connection) or "").partition("\n")[0]
