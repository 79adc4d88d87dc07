"""Makes tests/vectors/liuhen-v1: one signed envelope of each type, and what they come to.

Run by hand, and only when a new type is added: the files freeze the formats, so that a
change which breaks what is already signed fails a test. The keys are new each time and
their private halves are not kept.

    python -m tests.evidence.make_vectors
"""

import json
from typing import Any

from edge.evidence.digest import Digest
from edge.evidence.encoding import encode, encode_base64
from edge.evidence.envelope import Envelope
from edge.evidence.keys import Ed25519Signer
from edge.evidence.merkle import leaf_data, leaf_hash
from edge.evidence.segments import SEGMENT_SIZE, SegmentHasher, recording_id
from edge.evidence.statement import KeyEvent, Predicate
from tests.evidence import makers
from tests.evidence.vectors import VECTORS

SIZES = (0, 1, SEGMENT_SIZE - 1, SEGMENT_SIZE, SEGMENT_SIZE + 1, 3 * SEGMENT_SIZE + 5)
PATTERN = bytes(range(251))


def content_of(size: int) -> bytes:
    """Bytes 0 to 250, over and over: 251 is prime, so no two segments are the same."""
    return (PATTERN * (size // len(PATTERN) + 1))[:size]


def segment_values() -> list[dict[str, Any]]:
    values = []
    inventory = Digest.of(b"an inventory")
    for size in SIZES:
        path = b"DCIM/%d.mp4" % size
        name = recording_id(inventory, path)
        hasher = SegmentHasher(name)
        hasher.update(content_of(size))
        found = hasher.finish()
        values.append(
            {
                "inventory": str(inventory),
                "path": path.decode(),
                "recording": name,
                "size": size,
                "sha256": str(Digest.of(content_of(size))),
                "leaves": [str(leaf) for leaf in found.leaves],
                "segment_root": str(found.root),
                "chain_head": str(found.chain_head),
            }
        )
    return values


def envelopes(site: makers.Site) -> list[Envelope]:
    """In an order in which each can be verified with the keys before it."""
    signers = {
        "root": site.root,
        "station": site.identity,
        "epoch": site.epoch,
        "central": site.central,
    }
    first: list[Predicate] = [
        makers.enrolment("station", makers.STATION, site.identity),
        makers.enrolment("central", "central", site.central),
        makers.epoch(site.epoch),
        makers.enrolment("station", "dock-09", Ed25519Signer.generate(), action="revoke"),
    ]
    others = [p for p in makers.every_predicate() if not isinstance(p, KeyEvent)]
    made = [
        makers.sealed(predicate, signers[min(predicate.roles())])
        for predicate in (*first, *others)
        if predicate.TYPE != "receipt-logged/v1"
    ]
    names = [envelope.digest for envelope in made]
    return [*made, site.logged(names, 4)]


def main() -> None:
    site = makers.Site()
    folder = VECTORS / "liuhen-v1"
    folder.mkdir(exist_ok=True)
    every = envelopes(site)
    policy = {
        "format": "liuhen-trust-policy/v1",
        "roots": [
            {
                "name": "root",
                "algorithm": site.root.algorithm,
                "public": encode_base64(site.root.public),
            }
        ],
        "logs": [{"origin": makers.ORIGIN, "vkey": site.log.vkey}],
        "witnesses": [],
        "quorum": {"stations": 0, "outsiders": 0},
        "tsa": [],
    }
    (folder / "policy.json").write_bytes(encode(policy))
    (folder / "envelopes.jsonl").write_bytes(b"".join(e.raw + b"\n" for e in every))
    expected = {
        "digests": [str(envelope.digest) for envelope in every],
        "leaf_hashes": [str(leaf_hash(leaf_data(envelope.digest))) for envelope in every],
        "files": segment_values(),
    }
    text = json.dumps(expected, indent=1) + "\n"
    (folder / "expected.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
