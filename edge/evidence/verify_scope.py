"""What a package is about: its own export, and the recordings that the export names.

Earlier exports may be in it as history; its own is the one that stands last in the log.
"""

from dataclasses import dataclass

from edge.evidence.digest import Digest
from edge.evidence.package import footage_path
from edge.evidence.statement import Export, Recording
from edge.evidence.verify_bag import Bag
from edge.evidence.verify_log import Logged
from edge.evidence.verify_signatures import Authentic


@dataclass(frozen=True, slots=True)
class Scope:
    """What the package is about: its export, and the recordings that it names.

    `named` maps manifests to recording ids; `recordings` are those manifests that are
    authentic. Without a sound export it is whatever footage lies in the package.
    """

    export: tuple[Digest, Export] | None
    named: dict[Digest, str]
    recordings: dict[Digest, Recording]


def scope_of(bag: Bag, authentic: Authentic, logged: Logged) -> Scope:
    """Find the export and its manifests, among what is authentic."""
    manifests = dict(authentic.of(Recording))
    exports = dict(authentic.of(Export))
    if not exports:
        present = {
            digest: recording
            for digest, recording in manifests.items()
            if footage_path(recording.recording, recording.source.path) in bag.sizes
        }
        named = {digest: it.recording for digest, it in present.items()}
        return Scope(None, named, present)
    latest = max(exports, key=lambda it: (logged.indices.get(it, -1), it))
    named = {it.envelope: it.recording for it in exports[latest].recordings}
    sound = {it: manifests[it] for it in named if it in manifests}
    return Scope((latest, exports[latest]), named, sound)
