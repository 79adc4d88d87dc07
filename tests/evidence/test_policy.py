"""A policy is read whole or not at all."""

from typing import Any

import pytest

from edge.evidence.encoding import encode, encode_base64
from edge.evidence.errors import EncodingError, PolicyError, WeakKeyError
from edge.evidence.keys import EcdsaP256Signer
from edge.evidence.policy import Quorum, TrustPolicy
from tests.evidence import makers

SITE = makers.Site()
ROOT: dict[str, Any] = {
    "name": "site root",
    "algorithm": "ed25519",
    "public": encode_base64(SITE.root.public),
}
LOG = {"origin": makers.ORIGIN, "vkey": SITE.log.vkey}
POLICY: dict[str, Any] = {
    "format": "liuhen-trust-policy/v1",
    "roots": [ROOT],
    "logs": [LOG],
    "witnesses": [],
    "quorum": {"stations": 0, "outsiders": 0},
    "tsa": [],
}


def parse(**changes: Any) -> TrustPolicy:
    return TrustPolicy.parse(encode(POLICY | changes))


def test_policy_gives_roots_and_logs() -> None:
    policy = parse()
    keys = policy.trusted_keys()
    assert keys == SITE.roots().__class__({SITE.root.keyid: policy.roots[0]})
    assert policy.roots[0].role == "root"
    assert policy.log(makers.ORIGIN) == SITE.verifier
    assert policy.quorum == Quorum(stations=0, outsiders=0)


def test_a_root_may_be_p256() -> None:
    key = EcdsaP256Signer.generate()
    root = {"name": "r", "algorithm": key.algorithm, "public": encode_base64(key.public)}
    assert parse(roots=[ROOT, root]).trusted_keys()[key.keyid].name == "r"


def test_unknown_log_is_named_in_the_error() -> None:
    with pytest.raises(PolicyError, match=r"expected one of liuhen\.test/log, found other") as bad:
        parse().log("other")
    assert bad.value.code == "POLICY_BAD"


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "liuhen-trust-policy/v2"},
        {"format": None},
        {"later": 1},
        {"roots": []},
        {"roots": {}},
        {"roots": [ROOT | {"algorithm": "ecdsa-p256-sha256"}]},
        {"roots": [ROOT | {"public": "!"}]},
        {"roots": [ROOT | {"public": 1}]},
        {"roots": [ROOT | {"name": ""}]},
        {"roots": [ROOT | {"later": 1}]},
        {"roots": ["a"]},
        {"logs": []},
        {"logs": [LOG | {"origin": "other"}]},
        {"logs": [LOG | {"vkey": "a"}]},
        {"logs": [LOG | {"vkey": None}]},
        {"logs": [{"origin": "a"}]},
        {"witnesses": [{}]},
        {"tsa": [{}]},
        {"quorum": {"stations": 1, "outsiders": 0}},
        {"quorum": {"stations": 0, "outsiders": 1}},
        {"quorum": {"stations": 0}},
        {"quorum": {"stations": False, "outsiders": 0}},
        {"quorum": None},
    ],
)
def test_policy_that_cannot_be_kept_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        parse(**changes)


@pytest.mark.parametrize("name", POLICY)
def test_missing_member_is_refused(name: str) -> None:
    with pytest.raises(PolicyError):
        TrustPolicy.parse(encode({n: v for n, v in POLICY.items() if n != name}))


def test_weak_root_is_refused() -> None:
    weak = bytes.fromhex("302a300506032b6570032100") + (1).to_bytes(32, "little")
    with pytest.raises(WeakKeyError):
        parse(roots=[ROOT | {"public": encode_base64(weak)}])


def test_broken_file_is_refused() -> None:
    with pytest.raises(EncodingError):
        TrustPolicy.parse(b"{")
