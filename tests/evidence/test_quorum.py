"""Witnesses count by name, kind and key; a policy that nobody could meet is refused."""

from typing import Any

import pytest

from edge.evidence.checkpoint import Checkpoint, sign_checkpoint
from edge.evidence.cosignature import Cosigner
from edge.evidence.digest import Digest
from edge.evidence.encoding import encode, encode_base64
from edge.evidence.errors import CheckpointError, PolicyError
from edge.evidence.mldsa import MlDsa44Signer
from edge.evidence.policy import TrustPolicy
from edge.evidence.quorum import false_cosigners, quorum_of, with_cosignatures
from edge.evidence.signers import Ed25519Signer
from edge.evidence.subtree_cosignature import SubtreeCosigner
from tests.evidence import makers

SITE = makers.Site()
CHECKPOINT = Checkpoint(makers.ORIGIN, 3, Digest.of(b"root"))
TEXT = CHECKPOINT.to_text()
NOTE = sign_checkpoint(CHECKPOINT, SITE.log)
STATIONS = [Cosigner(f"station.test/{i}", Ed25519Signer.generate()) for i in range(3)]
OUTSIDER = Cosigner("outside.test/w", Ed25519Signer.generate())
QUANTUM = SubtreeCosigner("outside.test/w", MlDsa44Signer.generate())
SECOND = SubtreeCosigner(makers.ORIGIN, MlDsa44Signer.generate())


def witness(cosigner: Cosigner | SubtreeCosigner, kind: str) -> dict[str, str]:
    return {"name": cosigner.name, "vkey": cosigner.vkey, "kind": kind}


WITNESSES = [witness(it, "station") for it in STATIONS] + [
    witness(OUTSIDER, "outsider"),
    witness(QUANTUM, "outsider"),
]


def policy(**changes: Any) -> TrustPolicy:
    wire: dict[str, Any] = {
        "format": "liuhen-trust-policy/v1",
        "roots": [{"name": "r", "algorithm": "ed25519", "public": encode_base64(SITE.root.public)}],
        "logs": [{"origin": makers.ORIGIN, "vkey": SITE.log.vkey}],
        "witnesses": WITNESSES,
        "quorum": {"stations": 2, "outsiders": 1},
        "tsa": [],
    }
    return TrustPolicy.parse(encode(wire | changes))


def test_quorum_is_met_by_k_stations_and_m_outsiders() -> None:
    note = NOTE + STATIONS[0].line(TEXT, 5) + STATIONS[2].line(TEXT, 6)
    assert not quorum_of(note, policy()).met
    found = quorum_of(note + OUTSIDER.line(TEXT, 7), policy())
    assert (found.met, found.stations, found.outsiders) == (
        True,
        {"station.test/0": 5, "station.test/2": 6},
        {"outside.test/w": 7},
    )


def test_one_witness_counts_once_however_often_it_signs() -> None:
    note = NOTE + "".join(STATIONS[0].line(TEXT, second) for second in (5, 9, 7))
    assert quorum_of(note, policy()).stations == {"station.test/0": 9}
    both = NOTE + OUTSIDER.line(TEXT, 5) + QUANTUM.line(TEXT, 8)
    assert quorum_of(both, policy()).outsiders == {"outside.test/w": 8}


def test_station_does_not_count_as_outsider() -> None:
    note = NOTE + "".join(it.line(TEXT, 5) for it in STATIONS)
    found = quorum_of(note, policy())
    assert (found.met, len(found.stations), len(found.outsiders)) == (False, 3, 0)


def test_stranger_and_cosignature_of_another_checkpoint_do_not_count() -> None:
    other = Checkpoint(makers.ORIGIN, 4, Digest.of(b"root")).to_text()
    stranger = Cosigner("station.test/0", Ed25519Signer.generate())
    note = NOTE + STATIONS[1].line(other, 5) + stranger.line(TEXT, 5)
    assert quorum_of(note, policy()).stations == {}
    assert false_cosigners(note, policy()) == ["station.test/1"]


def test_policy_that_asks_for_nobody_is_met() -> None:
    assert quorum_of(NOTE, policy(quorum={"stations": 0, "outsiders": 0})).met


def test_what_is_no_note_has_no_quorum() -> None:
    with pytest.raises(CheckpointError):
        quorum_of("text", policy())


def test_log_adds_each_cosignature_that_holds_once() -> None:
    good = STATIONS[0].line(TEXT, 5)
    stranger = Cosigner("station.test/1", Ed25519Signer.generate()).line(TEXT, 5)
    later = STATIONS[0].line(TEXT, 6)
    answers = [good + later, good, stranger, "nonsense\n", "\n", "— a", OUTSIDER.line(TEXT, 6)]
    note = with_cosignatures(NOTE, answers, policy())
    assert note == NOTE + good + OUTSIDER.line(TEXT, 6)
    assert policy().open(note) == CHECKPOINT


def test_second_signature_of_the_log_is_demanded_where_the_policy_has_its_key() -> None:
    log = {"origin": makers.ORIGIN, "vkey": SITE.log.vkey, "vkey_mldsa44": SECOND.vkey}
    both = policy(logs=[log])
    with pytest.raises(CheckpointError, match="ML-DSA-44"):
        both.open(NOTE)
    assert both.open(NOTE + SECOND.line(TEXT, 5)) == CHECKPOINT
    other = Checkpoint(makers.ORIGIN, 4, Digest.of(b"root")).to_text()
    with pytest.raises(CheckpointError, match="ML-DSA-44"):
        both.open(NOTE + SECOND.line(other, 5))


def test_checkpoint_of_an_unknown_log_is_not_opened() -> None:
    with pytest.raises(CheckpointError, match="unknown"):
        policy().open(NOTE.replace(makers.ORIGIN, "unknown"))


@pytest.mark.parametrize(
    "changes",
    [
        {"quorum": {"stations": 4, "outsiders": 0}},
        {"quorum": {"stations": 0, "outsiders": 2}},  # two keys, one witness
        {"quorum": {"stations": -1, "outsiders": 0}},
        {"witnesses": {}},
        {"witnesses": ["a"]},
        {"witnesses": [WITNESSES[0] | {"kind": "friend"}]},
        {"witnesses": [WITNESSES[0] | {"kind": ["station"]}]},
        {"witnesses": [WITNESSES[0] | {"name": "other"}]},
        {"witnesses": [WITNESSES[0] | {"vkey": 1}]},
        {"witnesses": [WITNESSES[0] | {"vkey": "a+b"}]},
        {"witnesses": [WITNESSES[0] | {"later": 1}]},
        {"witnesses": [WITNESSES[0], WITNESSES[0]]},
        {"witnesses": [WITNESSES[3], WITNESSES[4] | {"kind": "station"}]},
        {"logs": [{"origin": makers.ORIGIN, "vkey": SITE.log.vkey, "vkey_mldsa44": 1}]},
        {"logs": [{"origin": makers.ORIGIN, "vkey": SITE.log.vkey, "vkey_mldsa44": QUANTUM.vkey}]},
        {"tsa": {}},
    ],
)
def test_policy_that_cannot_be_kept_is_refused(changes: dict[str, Any]) -> None:
    quorum = {"quorum": {"stations": 0, "outsiders": 0}}
    with pytest.raises(PolicyError):
        policy(**(quorum | changes))


def test_key_that_signs_something_else_is_no_witness() -> None:
    """Whoever holds the log's key, or a root's, would cosign itself."""
    for signer in (SITE.log._signer, SITE.root):
        own = witness(Cosigner("station.test/9", signer), "station")
        with pytest.raises(PolicyError, match="a key of its own"):
            policy(witnesses=[*WITNESSES, own])
