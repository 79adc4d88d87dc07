"""Receipts from the ledger: each docking's own part is drawn up once and kept.

Only what central answers is asked again. A docking that is open, or that left nothing
signed, has no receipt.
"""

from collections import OrderedDict
from dataclasses import replace

from dock_agent.kiosk.receipt import Receipt, files_root
from dock_agent.ledger import DockingRow, Ledger, SealedRow, Tally
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope
from edge.evidence.instant import Instant
from edge.evidence.statement import Inventory, Statement, Times

_KEPT = 64


class ReceiptBook:
    def __init__(self, station: str) -> None:
        self._station = station
        self._drawn: OrderedDict[tuple[str, str], Receipt] = OrderedDict()

    def of(self, ledger: Ledger, row: DockingRow, tally: Tally) -> Receipt | None:
        """Answer the receipt of a closed docking as it stands now."""
        if row.state != "closed" or row.inventory is None or row.finished is None:
            return None
        key = (row.docking, row.finished)
        drawn = self._drawn.get(key) or self._draw(ledger, row, tally)
        if drawn is None:
            return None
        self._drawn[key] = drawn
        self._drawn.move_to_end(key)
        while len(self._drawn) > _KEPT:
            self._drawn.popitem(last=False)
        index = ledger.receipts.index_of(drawn.closing)
        return replace(drawn, index=index, stored=tally.stored)

    def _draw(self, ledger: Ledger, row: DockingRow, tally: Tally) -> Receipt | None:
        inventory = Digest.parse(row.inventory or "")
        closing = ledger.overview.closing(row.docking, inventory)
        listed = ledger.chain.by_digest(inventory)
        if closing is None or listed is None:
            return None
        digests = ledger.overview.digests(row.docking)
        time = _time(listed)
        serial = row.camera.get("serial")
        return Receipt(
            station=self._station,
            bay=row.bay,
            camera=str(serial) if serial else None,
            outcome=row.outcome or "incomplete",
            proven=len(digests),
            files=tally.files,
            size=tally.size,
            at=Instant.parse(row.finished or ""),
            error_ms=time.error_ms,
            source=time.source,
            offset_ms=time.camera_minus_station_ms,
            root=files_root(digests),
            closing=closing.digest,
        )


def _time(row: SealedRow) -> Times:
    predicate = Statement.parse(Envelope.parse(row.envelope).payload).predicate
    if not isinstance(predicate, Inventory):
        message = f"expected an inventory at seq {row.seq}, found {row.type}"
        raise TypeError(message)
    return predicate.time
