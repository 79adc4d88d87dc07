"""A package whose recordings are real media files, with the media trees that a station signs."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from edge.evidence.envelope import Envelope
from edge.evidence.keys import Signer
from edge.evidence.media_tree import pack_packets, tree_of
from edge.evidence.package import build
from edge.evidence.statement import MediaTree, Predicate, Recording, StationLink
from edge.media.packets import Packets, read_packets
from tests.evidence.package_makers import Desk

SAMPLES = Path(__file__).parents[2] / "samples"
GOPRO = SAMPLES / "max-heromode.mp4"
HEVC = SAMPLES / "test_h265.mp4"
SIGNED = SAMPLES / "test_signed_h264.mp4"


@cache
def packets(path: Path) -> Packets:
    found = read_packets(path)
    assert found is not None
    return found


@dataclass
class MediaDesk(Desk):
    """Its station puts a media tree into each manifest that it knows one for."""

    trees: dict[str, MediaTree] = field(default_factory=dict)

    def chain(
        self, make: Callable[[StationLink], Predicate], signer: Signer | None = None
    ) -> Envelope:
        def with_tree(link: StationLink) -> Predicate:
            made = make(link)
            if isinstance(made, Recording) and made.source.path in self.trees:
                name = made.source.path
                media = replace(made.media, tree=self.trees[name])
                source = replace(made.source, camera_signature=packets(SAMPLES / name).signature)
                return replace(made, media=media, source=source)
            return made

        return super().chain(with_tree, signer)

    def pack_with(self, lists: dict[str, bytes]) -> dict[str, bytes]:
        """The package with packet lists, by recording id."""
        made = build(
            self.exhibits(),
            checkpoint=self.site.checkpoint(self.leaf_hashes()),
            leaves=self.leaves(),
            packets=lists,
        )
        return self.pack() | dict(made.files)


def exported(*paths: Path, bare: tuple[Path, ...] = ()) -> MediaDesk:
    """One docking of these files; those in `bare` get no media tree."""
    trees = {it.name: tree_of(packets(it).tree_streams) for it in paths}
    desk = MediaDesk(trees=trees)
    desk.begin()
    manifests = desk.dock({it.name: it.read_bytes() for it in (*paths, *bare)})
    desk.export(manifests, case=None)
    return desk


def packet_list(path: Path) -> bytes:
    return pack_packets(packets(path).tree_streams)


def ffmpeg(*arguments: str | Path) -> None:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)
