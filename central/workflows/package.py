"""The package of an export in `exports/<id>/package`, made again from the log at any time.

Written from signed things alone by the pure writer of `edge.evidence.package`; footage is
linked from the vault and not copied. Every step may happen twice. A package that was
altered on disk is found here as a conflict, and by any verifier.
"""

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from central.log.tree import LogTree, TileFolder
from central.store import cases, envelopes, exhibits
from central.store.cases import IndexedExport
from central.workflows.archive import Member, Piece, cut, lay_out, size_of
from central.workflows.errors import ExportUnknownError
from central.workflows.site import Site
from central.workflows.vouching import anchors, growth, vouched
from edge import durable
from edge.evidence import package
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope
from edge.evidence.package import Exhibit
from edge.evidence.statement import Recording, Statement
from edge.verifier.assets import verifiers

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPackage:
    """A package on disk, and the ZIP that it can be read as."""

    export: IndexedExport
    folder: Path
    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        """Bytes of the ZIP."""
        return size_of(self.pieces)

    def read(self, begin: int, end: int) -> Iterator[bytes]:
        """Bytes [begin, end) of the ZIP, in chunks of at most 1 MiB."""
        for piece, first, last in cut(self.pieces, begin, end):
            if piece.member is None:
                yield piece.data[first:last]
            else:
                yield from _read(self.folder / piece.member, first, last)


def export_of(site: Site, export: str) -> IndexedExport:
    """The export of this id. Raises ExportUnknownError."""
    with site.store.read() as connection:
        found = cases.export(connection, export)
    if found is None:
        raise ExportUnknownError(expected="the id of an export", found=export[:100])
    return found


def written(site: Site, export: IndexedExport) -> WrittenPackage:
    """The package of `export`, made where it is not there (whole) yet."""
    folder = site.folder.exports / export.id
    listing = folder / "archive.json"
    if not listing.exists():
        listed = _write(site, export, folder / "package")
        durable.write_once(listing, json.dumps(listed).encode())
    members = [Member(**entry) for entry in json.loads(listing.read_bytes())]
    return WrittenPackage(export=export, folder=folder / "package", pieces=lay_out(members))


def _write(site: Site, export: IndexedExport, folder: Path) -> list[dict[str, str | int]]:
    built = _built(site, export)
    for name, data in built.files:
        durable.make_folder((folder / name).parent)
        durable.write_once(folder / name, data)
    for file in built.footage:
        durable.make_folder((folder / file.path).parent)
        site.vault.place(file.sha256, folder / file.path)
        durable.sync_folder((folder / file.path).parent)
    names = [name for name, _ in built.files] + [file.path for file in built.footage]
    return [
        {"name": name, "size": (folder / name).stat().st_size, "crc": _crc(folder / name)}
        for name in names
    ]


def _built(site: Site, export: IndexedExport) -> package.Package:
    vouch = vouched(site, export)
    with site.store.read() as connection:
        leaves = exhibits.of_export(connection, export.id)
        tree = LogTree.restore(
            TileFolder(site.folder.log),
            vouch.size,
            lambda first, end: envelopes.digests(connection, first, end),
        )
    chosen = [
        Exhibit(
            envelope=Envelope.parse(leaf.raw), index=leaf.index, path=tree.inclusion(leaf.index)
        )
        for leaf in leaves
    ]
    return package.build(
        chosen,
        checkpoint=vouch.checkpoint,
        leaves=_segments(site, export, chosen),
        consistency=growth(site, vouch, [it.envelope for it in chosen]),
        anchors=anchors(site, vouch),
        verifiers=verifiers(),
    )


def _segments(
    site: Site, export: IndexedExport, chosen: list[Exhibit]
) -> dict[str, tuple[Digest, ...]]:
    manifests = (Statement.parse(it.envelope.payload).predicate for it in chosen)
    return {
        it.recording: site.vault.leaves(it.file.sha256)
        for it in manifests
        if isinstance(it, Recording) and it.recording in export.recordings
    }


def _crc(path: Path) -> int:
    crc = 0
    for chunk in _read(path, 0, path.stat().st_size):
        crc = zlib.crc32(chunk, crc)
    return crc


def _read(path: Path, begin: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as source:
        source.seek(begin)
        while begin < end and (chunk := source.read(min(_CHUNK, end - begin))):
            begin += len(chunk)
            yield chunk
