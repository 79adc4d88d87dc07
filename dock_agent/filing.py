"""One file of a camera: copied and proven, then sealed, or recognised.

1. listed -> copied: the bytes are in the vault, read back (`offload`). Where this camera
   had a file of this path and size before, it is hashed first, so that nothing is
   written twice.
2. copied -> known: camera, path and content were sealed before; no second recording.
3. copied -> sealed: manifest, chain, outbox and file state in one transaction.
Each step is found done after a crash. Identity is content: a size or a name only decides
what is tried first.
"""

from collections.abc import Callable
from pathlib import Path

from dock_agent.errors import AgentError
from dock_agent.kit import Kit
from dock_agent.ledger import DockingRow, FileRow
from dock_agent.manifest import Copy, Stamp, manifest
from dock_agent.media import Probed, probe
from dock_agent.offload import Offloaded, digest_only, offload
from dock_agent.offload_partial import vault_failure
from dock_agent.progress import Progress
from dock_agent.scan import CardEntry
from dock_agent.seal import times
from edge import clock
from edge.evidence.errors import EvidenceError
from firmware_hooks.profile import Claims


class ManifestRefusedError(AgentError):
    """The evidence format cannot say what was found; the copy stays in the vault."""

    code = "MANIFEST_REFUSED"


class Filing:
    """Files of one docking, one after the other."""

    def __init__(
        self,
        kit: Kit,
        docking: DockingRow,
        mount: Path,
        progress: Progress,
        should_stop: Callable[[], bool],
    ) -> None:
        self._kit = kit
        self._docking = docking
        self._mount = mount
        self._progress = progress
        self._should_stop = should_stop

    def take(self, file: FileRow, *, salvage: bool) -> bool:
        """Bring one file as far as it goes; False where it is not the whole, still file.

        Raises the AgentErrors of `offload`.

        `salvage` keeps a file that will not hold still as it was read, flagged.
        """
        if file.state == "listed" or file.copy is None:
            copy = self._copy(file, salvage=salvage)  # 1
        else:
            copy = Copy.from_row(file.copy)
        earlier = self._kit.ledger.files.earlier(file.camera_key, file.path, str(copy.sha256))
        if earlier is not None:
            self._kit.ledger.files.known(file.id, earlier.recording)  # 2
            self._tell("known", file, recording=earlier.recording)
            return True
        try:
            self._seal(file, copy)  # 3
        except EvidenceError as refused:
            raise ManifestRefusedError(
                expected=f"a manifest for {file.name}", found=f"{refused.code}: {refused}"
            ) from refused
        return not (copy.changed or copy.partial)

    def _copy(self, file: FileRow, *, salvage: bool) -> Copy:
        done = self._read(file, salvage=salvage)
        copy = Copy(
            size=done.size,
            sha256=done.sha256,
            segment_root=done.segments.root,
            chain_head=done.segments.chain_head,
            changed=done.changed,
            partial=done.problem is not None and not done.changed,
        )
        self._kit.ledger.files.copied(
            file.id, str(copy.sha256), copy.to_row(), problem=done.problem
        )
        return copy

    def _read(self, file: FileRow, *, salvage: bool) -> Offloaded:
        kit, entry = self._kit, _entry(file)
        if not salvage and kit.ledger.files.seen(file.camera_key, file.path, file.size):
            found = digest_only(
                self._mount,
                entry,
                file.recording,
                kit.vault,
                progress=self._progress,
                should_stop=self._should_stop,
            )
            if found.known:
                return found
        return offload(
            self._mount,
            entry,
            file.recording,
            kit.vault,
            progress=self._progress,
            should_stop=self._should_stop,
            salvage=salvage,
        )

    def _seal(self, file: FileRow, copy: Copy) -> None:
        kit = self._kit
        probed = self._inspect(copy)
        stamp = Stamp(
            time=times(clock.reading()),
            agent=kit.sealer.station.agent,
            seen=kit.ledger.receipts.last_checkpoint(),
        )
        row = kit.sealer.seal(
            manifest(file, copy, self._docking, probed, stamp),
            docking=file.docking,
            also=lambda _sealed: kit.ledger.files.move(file.id, "sealed"),
        )
        self._tell(
            "sealed",
            file,
            recording=file.recording,
            size=copy.size,
            sha256=str(copy.sha256),
            seq=row.seq,
        )

    def _inspect(self, copy: Copy) -> Probed:
        path = self._kit.vault.path(copy.sha256)
        try:
            return probe(path)
        except OSError as failure:
            raise vault_failure(failure, "read", path) from failure

    def _tell(self, event: str, file: FileRow, **facts: str | int) -> None:
        self._kit.events.publish(
            event, bay=self._docking.bay, docking=file.docking, path=file.name, **facts
        )


def _entry(file: FileRow) -> CardEntry:
    """The listing as the scan made it, from the ledger: the same after a restart."""
    claims = Claims(kind="media", important=file.important)
    return CardEntry(path=file.path, size=file.size, mtime_ns=file.mtime_ns, claims=claims)
