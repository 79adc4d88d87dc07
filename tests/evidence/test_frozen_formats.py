"""What was signed with version 1 of the formats reads and verifies for ever."""

import pytest

from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope, verify
from edge.evidence.merkle import leaf_data, leaf_hash
from edge.evidence.policy import TrustPolicy
from edge.evidence.receipt import verify_logged
from edge.evidence.segments import SegmentHasher, recording_id
from edge.evidence.statement import TYPES, KeyEvent, Statement
from tests.evidence.make_vectors import content_of
from tests.evidence.vectors import VECTORS, load

FOLDER = VECTORS / "liuhen-v1"
EXPECTED = load("liuhen-v1", "expected.json")
RAW = (FOLDER / "envelopes.jsonl").read_bytes().splitlines()
POLICY = TrustPolicy.parse((FOLDER / "policy.json").read_bytes())


def test_every_frozen_envelope_verifies_and_keeps_its_name() -> None:
    keys = POLICY.trusted_keys()
    types = set()
    for raw, name, leaf in zip(RAW, EXPECTED["digests"], EXPECTED["leaf_hashes"], strict=True):
        envelope = Envelope.parse(raw)
        verified = verify(envelope, keys)
        event = verified.statement.predicate
        types.add(event.TYPE)
        if isinstance(event, KeyEvent) and event.action != "revoke":
            keys = keys.with_key_event(verified)
        assert str(envelope.digest) == name
        assert str(leaf_hash(leaf_data(envelope.digest))) == leaf
        assert Statement.parse(envelope.payload).to_bytes() == envelope.payload
    assert types == set(TYPES)


def test_frozen_receipt_proves_its_leaf() -> None:
    keys = POLICY.trusted_keys()
    for raw in RAW:
        verified = verify(Envelope.parse(raw), keys)
        event = verified.statement.predicate
        if isinstance(event, KeyEvent) and event.action != "revoke":
            keys = keys.with_key_event(verified)
    subject = Digest.parse(EXPECTED["digests"][4])
    receipt = Envelope.parse(RAW[-1])
    fact = verify_logged(receipt, keys, POLICY.log("liuhen.test/log"), subject)
    assert (fact.index, fact.checkpoint.size) == (4, len(RAW) - 1)


@pytest.mark.parametrize("file", EXPECTED["files"], ids=lambda file: str(file["size"]))
def test_frozen_file_values_hold(file: dict[str, object]) -> None:
    path = str(file["path"]).encode()
    name = recording_id(Digest.parse(str(file["inventory"])), path)
    content = content_of(int(str(file["size"])))
    hasher = SegmentHasher(name)
    hasher.update(content)
    found = hasher.finish()
    assert file == {
        "inventory": file["inventory"],
        "path": file["path"],
        "recording": name,
        "size": len(content),
        "sha256": str(Digest.of(content)),
        "leaves": [str(leaf) for leaf in found.leaves],
        "segment_root": str(found.root),
        "chain_head": str(found.chain_head),
    }
