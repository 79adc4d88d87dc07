"""Log proofs as text: c2sp.org/tlog-proof@v1, and nothing else is read as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.digest import Digest
from edge.evidence.errors import ProofError
from edge.evidence.proof import format_proof, parse_proof

HASH = "gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ="
CHECKPOINT = "example.com/log\n10\nAAAA\n\n— example.com/log c2ln\n"
PROOF = f"c2sp.org/tlog-proof@v1\nindex 7\n{HASH}\n\n{CHECKPOINT}"


def test_form_is_that_of_the_specification() -> None:
    proof = parse_proof(PROOF)
    assert (proof.index, len(proof.path), proof.checkpoint) == (7, 1, CHECKPOINT)
    assert format_proof(proof.index, proof.path, proof.checkpoint) == PROOF


def test_extra_data_is_passed_over_and_not_trusted() -> None:
    with_extra = PROOF.replace("index", "extra YWJj\nindex")
    assert parse_proof(with_extra) == parse_proof(PROOF)


@given(st.integers(0, 2**53 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=53))
def test_what_is_written_is_read(index: int, path: list[bytes]) -> None:
    hashes = tuple(Digest(raw) for raw in path)
    proof = parse_proof(format_proof(index, hashes, CHECKPOINT))
    assert (proof.index, proof.path, proof.checkpoint) == (index, hashes, CHECKPOINT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v1\n\n" + CHECKPOINT,
        PROOF.replace("@v1", "@v2"),
        PROOF.replace("index 7", "index 07"),
        PROOF.replace("index 7", "index -7"),
        PROOF.replace("index 7", "index ٧"),
        PROOF.replace("index 7", "index " + "9" * 17),
        PROOF.replace("index 7", "7"),
        PROOF.replace(HASH, HASH[:-1]),
        PROOF.replace(HASH, "YWJj"),
        PROOF.replace(HASH, HASH.replace("lQ=", "lR=")),
        PROOF.replace(HASH, f" {HASH}"),
        PROOF.replace("index", "extra !!\nindex"),
        PROOF.replace(HASH, "\n".join([HASH] * 65)),
        PROOF.replace("\n\n", "\n", 1)[:80],
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ProofError) as refused:
        parse_proof(text)
    assert refused.value.code == "LOG_NOT_INCLUDED"
