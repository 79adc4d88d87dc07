"""What vouches for the log in one package: checkpoint, proofs of growth, time stamps.

Chosen once and written down before the package is, so that the same export is the same bytes
however often it is made again. The checkpoint is the newest that witnesses vouch for as the
policy asks; where none covers the export in time, the plain one, and a verifier says so.
"""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from central.log.anchors import AnchorFolder
from central.store import exhibits
from central.store.cases import IndexedExport
from central.workflows.site import Site
from edge import durable
from edge.evidence.consistency import Consistency
from edge.evidence.envelope import Envelope
from edge.evidence.package_log import Anchor, sizes_seen

_FORMAT = "liuhen-vouched/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """A checkpoint of `size` leaves, and the sizes of the anchors that go with it."""

    size: int
    checkpoint: str
    anchors: tuple[int, ...]


def vouched(site: Site, export: IndexedExport) -> Vouched:
    """The choice for this export, made now where there is none yet."""
    file = site.folder.exports / export.id / "vouched.json"
    if not file.exists():
        made = _choose(site, export)
        wire = {
            "format": _FORMAT,
            "size": made.size,
            "checkpoint": made.checkpoint,
            "anchors": list(made.anchors),
        }
        durable.make_folder(file.parent)
        with contextlib.suppress(durable.AlreadyWrittenError):  # chosen meanwhile: one counts
            durable.write_once(file, json.dumps(wire).encode())
    wire = json.loads(file.read_bytes())
    return Vouched(size=wire["size"], checkpoint=wire["checkpoint"], anchors=tuple(wire["anchors"]))


def growth(site: Site, chosen: Vouched, envelopes: Sequence[Envelope]) -> list[Consistency]:
    """Proofs from every state that a station saw, and from every anchor, to the checkpoint."""
    origin = chosen.checkpoint.partition("\n")[0]
    sizes = {*sizes_seen(envelopes, origin, chosen.size), *chosen.anchors} - {chosen.size}
    proofs = (site.reader.growth(size, chosen.size) for size in sorted(sizes))
    return [proof for proof in proofs if proof is not None]


def anchors(site: Site, chosen: Vouched) -> list[Anchor]:
    """The time stamps that go in."""
    folder = AnchorFolder(site.folder.anchors)
    return [folder.read(size) for size in chosen.anchors]


def _choose(site: Site, export: IndexedExport) -> Vouched:
    witnessed = site.witnessed.covering(export.index, wait=site.export_wait)
    if witnessed is not None:
        size, checkpoint = witnessed.size, witnessed.text
    else:
        with site.store.read() as connection:
            size, checkpoint = exhibits.checkpoint_over(connection, export.index)
    with site.store.read() as connection:
        last = max(leaf.index for leaf in exhibits.manifests_of(connection, export.id))
    return Vouched(size=size, checkpoint=checkpoint, anchors=_anchors(site, last, size))


def _anchors(site: Site, last: int, size: int) -> tuple[int, ...]:
    """The first time stamp over every exported manifest, or else the newest one."""
    dated = [each for each in AnchorFolder(site.folder.anchors).sizes() if each <= size]
    over = [each for each in dated if each > last]
    return tuple(over[:1] or dated[-1:])
