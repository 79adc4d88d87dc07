"""Notes and checkpoints are C2SP's, and a checkpoint that is not the log's is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.checkpoint import (
    Checkpoint,
    NoteSigner,
    NoteVerifier,
    open_checkpoint,
    sign_checkpoint,
)
from edge.evidence.digest import Digest
from edge.evidence.encoding import encode_base64
from edge.evidence.errors import CheckpointError, PolicyError, WeakKeyError
from edge.evidence.keys import Ed25519Signer
from edge.evidence.merkle import EMPTY_ROOT
from tests.evidence.vectors import VECTORS, load

NOTE = load("c2sp-spec-examples", "examples.json")["signed_note"]
TESSERA = VECTORS / "tlog-tiles-tessera-log"
TESSERA_VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
ORIGIN = "liuhen.test/log"
SIGNER = NoteSigner(ORIGIN, Ed25519Signer.generate())
VERIFIER = NoteVerifier.parse(SIGNER.vkey)
ROOT = Digest.of(b"root")
GOOD = sign_checkpoint(Checkpoint(ORIGIN, 7, ROOT), SIGNER)


def test_note_of_the_specification_opens() -> None:
    verifier = NoteVerifier.parse(NOTE["vkey"])
    assert verifier.vkey == NOTE["vkey"]
    assert verifier.open(NOTE["note"]) == "This is an example message.\n"


def test_note_of_the_specification_with_another_text_does_not() -> None:
    spoiled = NOTE["note"].replace("example message", "other message")
    with pytest.raises(CheckpointError, match="over this text"):
        NoteVerifier.parse(NOTE["vkey"]).open(spoiled)


@pytest.mark.parametrize("size", range(16))
def test_checkpoints_of_tessera_open(size: int) -> None:
    text = (TESSERA / f"checkpoint.{size}").read_text("utf-8")
    checkpoint = open_checkpoint(text, NoteVerifier.parse(TESSERA_VKEY))
    assert (checkpoint.origin, checkpoint.size) == ("example.com/log/testdata", size)
    assert text.startswith(checkpoint.to_text())


@given(st.integers(1, 2**53 - 1), st.binary(min_size=32, max_size=32).map(Digest))
def test_checkpoint_comes_back(size: int, root: Digest) -> None:
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert open_checkpoint(sign_checkpoint(checkpoint, SIGNER), VERIFIER) == checkpoint


@given(st.data())
def test_any_changed_character_is_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD) - 1))
    other = data.draw(st.characters().filter(lambda c: c != GOOD[at]))
    with pytest.raises(CheckpointError) as refused:
        open_checkpoint(GOOD[:at] + other + GOOD[at + 1 :], VERIFIER)
    assert refused.value.code == "LOG_SIG_BAD"


@given(st.integers(0, len(GOOD) - 1))
def test_truncated_checkpoint_is_refused(length: int) -> None:
    with pytest.raises(CheckpointError):
        open_checkpoint(GOOD[:length], VERIFIER)


def test_cosignatures_of_others_are_passed_over() -> None:
    cosigner = NoteSigner("witness.test", Ed25519Signer.generate())
    line = cosigner.sign(Checkpoint(ORIGIN, 7, ROOT).to_text()).rsplit("\n\n", 1)[1]
    assert open_checkpoint(GOOD + line, VERIFIER).size == 7
    with pytest.raises(CheckpointError, match="witness"):
        open_checkpoint(cosigner.sign(Checkpoint(ORIGIN, 7, ROOT).to_text()), VERIFIER)


def test_same_name_with_another_key_is_refused() -> None:
    impostor = NoteSigner(ORIGIN, Ed25519Signer.generate())
    with pytest.raises(CheckpointError):
        open_checkpoint(sign_checkpoint(Checkpoint(ORIGIN, 7, ROOT), impostor), VERIFIER)


def test_wrong_signature_beside_the_right_one_is_refused() -> None:
    line = GOOD.rsplit("\n\n", 1)[1]
    bad = f"— {ORIGIN} {encode_base64(VERIFIER.key_hash + bytes(64))}\n"
    with pytest.raises(CheckpointError):
        open_checkpoint(GOOD.replace(line, line + bad), VERIFIER)


B64 = encode_base64(ROOT.raw)


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n7\n",
        f"other.test/log\n7\n{B64}\n",
        f"{ORIGIN}\n07\n{B64}\n",
        f"{ORIGIN}\n-7\n{B64}\n",
        f"{ORIGIN}\n７\n{B64}\n",
        f"{ORIGIN}\n+7\n{B64}\n",
        f"{ORIGIN}\n9007199254740992\n{B64}\n",
        f"{ORIGIN}\n7\n{B64[:-4]}\n",
        f"{ORIGIN}\n7\n{encode_base64(bytes(31))}\n",
        f"{ORIGIN}\n7\nnot base64\n",
        f"{ORIGIN}\n0\n{B64}\n",
        f"{ORIGIN}\n7\n{B64}\n\n",
        "\n",
    ],
)
def test_signed_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(CheckpointError):
        open_checkpoint(SIGNER.sign(text), VERIFIER)


def test_extension_lines_are_accepted_and_empty_logs_have_their_root() -> None:
    text = Checkpoint(ORIGIN, 7, ROOT).to_text() + "extension\n"
    assert open_checkpoint(SIGNER.sign(text), VERIFIER) == Checkpoint(ORIGIN, 7, ROOT)
    empty = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert open_checkpoint(sign_checkpoint(empty, SIGNER), VERIFIER) == empty


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        "text\n\n",
        "text\n— a cw==\n",
        "text\n\n- a AAAAAAAA\n",
        "text\n\n— a\n",
        "text\n\n— a+b AAAAAAAA\n",
        "text\n\n— a AAAA\n",
        "text\n\n— a AAAAAAB=\n",
        "te\rxt\n\n— a AAAAAAAA\n",
        "text\n\n" + "— a AAAAAAAA\n" * 65,
        "x" * 70_000 + "\n\n— a AAAAAAAA\n",
    ],
    ids=range(12),
)
def test_malformed_note_is_refused(note: str) -> None:
    with pytest.raises(CheckpointError):
        VERIFIER.open(note)


def test_a_log_signs_for_itself_only() -> None:
    with pytest.raises(ValueError, match="signer"):
        sign_checkpoint(Checkpoint("other.test/log", 1, ROOT), SIGNER)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b"])
def test_a_name_that_would_break_the_format_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        NoteSigner(name, Ed25519Signer.generate())


@pytest.mark.parametrize("text", ["no newline", "a\tb\n", "a\x00\n", "a\ud800\n"])
def test_text_that_cannot_be_a_note_is_not_signed(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        SIGNER.sign(text)


def test_verifier_key_is_checked() -> None:
    name, key_hash, key = SIGNER.vkey.split("+", 2)
    wrong_hash = "00000000" if key_hash != "00000000" else "11111111"
    for vkey in (
        "",
        name,
        f"{name}+{wrong_hash}+{key}",
        f"{name}+{key_hash}+!",
        f"+{key_hash}+{key}",
    ):
        with pytest.raises(PolicyError):
            NoteVerifier.parse(vkey)
    cosigner = encode_base64(b"\x04" + bytes(32))
    with pytest.raises(WeakKeyError):
        NoteVerifier.parse(f"{name}+{key_hash}+{cosigner}")


def test_weak_log_key_is_refused() -> None:
    key = b"\x01" + (1).to_bytes(32, "little")
    key_hash = Digest.of(ORIGIN.encode(), b"\n", key).raw[:4].hex()
    with pytest.raises(WeakKeyError, match="low order"):
        NoteVerifier.parse(f"{ORIGIN}+{key_hash}+{encode_base64(key)}")
