"""A complete upload becomes stored footage: vault, read-back, signed receipt, leaf.

Order: the vault first, and only what was read back from it is signed. Each step may happen
twice: content that the vault holds is read back again, and a manifest that has a receipt
gets no second one. Every manifest gets its own receipt, also where another recording brought
the same bytes. What is not what its manifest says goes to the quarantine, never away.
"""

from dataclasses import dataclass

from central.errors import CentralError
from central.intake.arriving import Arrived
from central.store import envelopes, recordings, refused
from central.vault import KeptCopy
from central.workflows.site import Site, nonce
from edge import durable
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope
from edge.evidence.instant import Instant
from edge.evidence.statement import FileFacts, ReceiptStored, Recording, Replica, Statement

_DAY_MS = 24 * 3600 * 1000


class UploadDigestError(CentralError):
    """The whole that arrived is not what its manifest says."""

    code = "UPLOAD_DIGEST_MISMATCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a logged manifest says that is to arrive."""

    manifest: Digest
    station: str
    recording: str
    file: FileFacts


@dataclass(frozen=True, slots=True)
class Deposits:
    """Blocking; for worker threads. Never two calls for the same manifest at a time."""

    site: Site

    def wanted(self, manifest: Digest) -> Wanted | None:
        """The logged manifest of this digest; None where there is none."""
        with self.site.store.read() as connection:
            logged = envelopes.by_digest(connection, manifest)
        if logged is None:
            return None
        said = Statement.parse(Envelope.parse(logged.raw).payload).predicate
        if not isinstance(said, Recording):
            return None
        return Wanted(
            manifest=manifest,
            station=said.station.id,
            recording=said.recording,
            file=said.file,
        )

    def is_stored(self, wanted: Wanted) -> bool:
        with self.site.store.read() as connection:
            return recordings.stored_fact(connection, wanted.manifest) is not None

    def resume(self) -> None:
        """Give the receipts that an earlier process owed: content is held, a leaf is not."""
        with self.site.store.read() as connection:
            manifests = recordings.not_stored(connection)
        for manifest in manifests:
            wanted = self.wanted(manifest)
            if wanted is not None and self.site.vault.holds(wanted.file.sha256):
                self.adopt(wanted)

    def adopt(self, wanted: Wanted) -> bool:
        """Give a receipt for content that the vault holds already; False where it does not."""
        if self.is_stored(wanted):
            return True
        if not self.site.vault.holds(wanted.file.sha256):
            return False
        kept = self.site.vault.recheck(wanted.file.sha256, wanted.file.size)
        self._acknowledge(wanted, kept)
        return True

    def keep(self, wanted: Wanted, arrived: Arrived) -> None:
        """Store what arrived. Raises UploadDigestError, VaultDamagedError."""
        self._refuse_other_content(wanted, arrived)
        kept = self.site.vault.keep(
            arrived.partial, arrived.sha256, wanted.file.size, arrived.segments.leaves
        )
        if not self.is_stored(wanted):
            self._acknowledge(wanted, kept)

    def _acknowledge(self, wanted: Wanted, kept: KeptCopy) -> None:
        """Append the receipt; the same commit queues it for the station."""
        now = self.site.now()
        replica = Replica(
            vault=kept.vault,
            kind=kept.kind,
            retain_until=now.plus_ms(self.site.retention_days * _DAY_MS),
            read_back=now,
        )
        receipt = ReceiptStored(
            recording=wanted.recording,
            envelope=wanted.manifest,
            sha256=kept.sha256,
            size=kept.size,
            replicas=(replica,),
            stored=now,
            nonce=nonce(),
        )
        self.site.record(receipt)

    def _refuse_other_content(self, wanted: Wanted, arrived: Arrived) -> None:
        found = (arrived.segments.size, arrived.sha256, arrived.segments.root)
        if found == (wanted.file.size, wanted.file.sha256, wanted.file.segment_root):
            return
        error = UploadDigestError(
            expected=f"{wanted.file.size} bytes with SHA-256 {wanted.file.sha256}",
            found=f"{arrived.segments.size} bytes with {arrived.sha256}",
            recording=wanted.recording,
            envelope=str(wanted.manifest),
        )
        self._quarantine(wanted, arrived, error, self.site.now())
        raise error

    def _quarantine(
        self, wanted: Wanted, arrived: Arrived, error: CentralError, now: Instant
    ) -> None:
        with self.site.store.write() as connection:
            refused.add(
                connection,
                refused.Refusal(
                    kind=refused.UPLOAD,
                    sha256=arrived.sha256,
                    size=arrived.segments.size,
                    station=wanted.station,
                    code=error.code,
                    expected=error.expected,
                    found=error.found,
                    recording=wanted.recording,
                    received=now,
                ),
            )
        try:
            durable.publish(arrived.partial, self.site.folder.quarantine / str(arrived.sha256))
        except durable.AlreadyWrittenError:
            durable.discard_temporary(arrived.partial)  # these very bytes are kept already
