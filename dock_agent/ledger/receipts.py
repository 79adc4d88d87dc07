"""Receipts that verified, and the checkpoints they carried.

Only `dock_agent.receipts` writes here, after verifying; this module checks no signature.
A receipt, the row it answers and the file it moves on change in one transaction.
"""

from dataclasses import dataclass

from dock_agent.ledger.dockings import Files
from dock_agent.ledger.door import Door
from edge.evidence.checkpoint import Checkpoint
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """`recording` is None where the receipt answers no recording."""

    digest: Digest
    envelope: Digest
    recording: str | None
    raw: bytes
    verified: Instant


class Receipts:
    def __init__(self, door: Door, files: Files) -> None:
        self._door = door
        self._files = files

    def logged(self, receipt: ReceiptRow, index: int, checkpoint: Checkpoint, text: str) -> None:
        with self._door.transaction():
            self._keep(receipt, "logged", index)
            self._remember(checkpoint, text, receipt.verified)
            self._door.change(
                "UPDATE outbox SET state = 'logged', code = NULL, changed = ?"
                " WHERE seq = (SELECT seq FROM statements WHERE digest = ?)",
                [str(receipt.verified), str(receipt.envelope)],
            )
            if receipt.recording is not None:
                self._files.advance(receipt.recording, "logged")

    def stored(self, receipt: ReceiptRow) -> None:
        with self._door.transaction():
            self._keep(receipt, "stored", None)
            if receipt.recording is not None:
                self._files.advance(receipt.recording, "stored")

    def count(self, envelope: Digest, kind: str) -> int:
        return self._door.count(
            "SELECT count(*) FROM receipts WHERE envelope = ? AND kind = ?",
            [str(envelope), kind],
        )

    def index_of(self, envelope: Digest) -> int | None:
        row = self._door.row(
            "SELECT log_index FROM receipts WHERE envelope = ? AND kind = 'logged'",
            [str(envelope)],
        )
        return row["log_index"] if row else None

    def envelope_at(self, index: int) -> Digest | None:
        """Answer which envelope central said lies at a leaf of its log."""
        row = self._door.row("SELECT envelope FROM receipts WHERE log_index = ? LIMIT 1", [index])
        return Digest.parse(row["envelope"]) if row else None

    def root_at(self, origin: str, size: int) -> Digest | None:
        row = self._door.row(
            "SELECT root FROM checkpoints WHERE origin = ? AND size = ?", [origin, size]
        )
        return Digest.parse(row["root"]) if row else None

    def last_checkpoint(self) -> Checkpoint | None:
        """Answer the largest log that this station has verified a receipt against."""
        row = self._door.row(
            "SELECT origin, size, root FROM checkpoints ORDER BY size DESC LIMIT 1"
        )
        if row is None:
            return None
        return Checkpoint(row["origin"], row["size"], Digest.parse(row["root"]))

    def _keep(self, receipt: ReceiptRow, kind: str, index: int | None) -> None:
        known = self._door.row(
            "SELECT digest FROM receipts WHERE digest = ?", [str(receipt.digest)]
        )
        if known is None:
            self._door.insert(
                "receipts",
                {
                    "digest": str(receipt.digest),
                    "envelope": str(receipt.envelope),
                    "kind": kind,
                    "log_index": index,
                    "verified": str(receipt.verified),
                    "raw": receipt.raw,
                },
            )

    def proven(self, seen: Checkpoint, text: str, at: Instant) -> None:
        """Keep a checkpoint that is proven to be a state of the one log."""
        with self._door.transaction():
            self._remember(seen, text, at)

    def _remember(self, seen: Checkpoint, text: str, at: Instant) -> None:
        if self.root_at(seen.origin, seen.size) is None:
            self._door.insert(
                "checkpoints",
                {
                    "origin": seen.origin,
                    "size": seen.size,
                    "root": str(seen.root),
                    "text": text,
                    "verified": str(at),
                },
            )
