"""Trust grows from the root by key events, one job for each key, and nothing else adds one."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key

from edge.evidence.envelope import Verified, verify
from edge.evidence.errors import UntrustedKeyError, WeakKeyError
from edge.evidence.keys import (
    EcdsaP256Signer,
    Ed25519Signer,
    PublicKey,
    TrustedKey,
    TrustedKeys,
)
from edge.evidence.statement import KeyFacts
from tests.evidence import makers

SITE = makers.Site()


def verified(event: makers.Predicate, signer: makers.Signer, keys: TrustedKeys) -> Verified:
    return verify(makers.sealed(event, signer), keys)


def test_trust_grows_from_root_to_station_to_epoch() -> None:
    keys = SITE.keys()
    roles = {keyid: key.role for keyid, key in keys.items()}
    assert roles == {
        SITE.root.keyid: "root",
        SITE.identity.keyid: "station",
        SITE.epoch.keyid: "epoch",
        SITE.central.keyid: "central",
    }
    assert keys[SITE.epoch.keyid].boot == makers.BOOT
    assert keys[SITE.identity.keyid].boot is None
    assert keys.get("unknown") is None


def test_a_set_never_changes() -> None:
    keys = SITE.roots()
    key = TrustedKey(
        public=PublicKey.from_spki(SITE.central.public), role="central", name="central"
    )
    grown = keys.add(key)
    assert len(keys) == 1
    assert len(grown) == 2
    assert grown.add(key) is grown


def test_one_key_has_one_job() -> None:
    keys = SITE.keys()
    public = PublicKey.from_spki(SITE.epoch.public)
    for role, name, boot in (
        ("central", makers.STATION, None),
        ("epoch", "dock-02", makers.BOOT),
        ("epoch", makers.STATION, "0c" * 16),
    ):
        with pytest.raises(UntrustedKeyError, match="as before"):
            keys.add(TrustedKey(public=public, role=role, name=name, boot=boot))
    assert keys[SITE.epoch.keyid].role == "epoch"


def test_the_same_event_twice_changes_nothing() -> None:
    keys = SITE.keys()
    again = verified(makers.epoch(SITE.epoch), SITE.identity, keys)
    assert keys.with_key_event(again) == keys


@pytest.mark.parametrize("signer", [SITE.identity, SITE.epoch, SITE.central])
def test_only_the_root_enrols(signer: makers.Signer) -> None:
    keys = SITE.keys()
    event = makers.enrolment("station", "dock-02", EcdsaP256Signer.generate())
    with pytest.raises(UntrustedKeyError):
        verified(event, signer, keys)


@pytest.mark.parametrize("signer", [SITE.root, SITE.epoch, SITE.central])
def test_only_the_identity_opens_an_epoch(signer: makers.Signer) -> None:
    keys = SITE.keys()
    with pytest.raises(UntrustedKeyError):
        verified(makers.epoch(Ed25519Signer.generate()), signer, keys)


def test_nothing_but_enrolments_and_epochs_adds_a_key() -> None:
    keys = SITE.keys()
    revocation = makers.enrolment("station", makers.STATION, SITE.identity, action="revoke")
    for event, signer in ((revocation, SITE.root), (makers.docking(), SITE.epoch)):
        with pytest.raises(UntrustedKeyError, match="enrols or opens"):
            keys.with_key_event(verified(event, signer, keys))


def test_weak_key_is_refused_on_enrolment_even_by_the_root() -> None:
    weak = bytes.fromhex("302a300506032b6570032100") + (1).to_bytes(32, "little")
    event = makers.enrolment(
        "central",
        "central",
        SITE.central,
        key=KeyFacts(algorithm="ed25519", public=weak),
        keyid=makers.Digest.of(weak),
    )
    keys = SITE.roots()
    with pytest.raises(WeakKeyError, match="low order"):
        keys.with_key_event(verified(event, SITE.root, keys))


def test_key_of_another_algorithm_than_stated_is_refused() -> None:
    event = makers.enrolment(
        "central",
        "central",
        SITE.central,
        key=KeyFacts(algorithm="ecdsa-p256-sha256", public=SITE.central.public),
    )
    keys = SITE.roots()
    with pytest.raises(UntrustedKeyError, match="found ed25519"):
        keys.with_key_event(verified(event, SITE.root, keys))


def test_roles_are_a_closed_set() -> None:
    public = PublicKey.from_spki(SITE.root.public)
    with pytest.raises(ValueError, match="role"):
        TrustedKey(public=public, role="admin", name="x")


@pytest.mark.parametrize("kind", [Ed25519Signer, EcdsaP256Signer])
def test_signer_comes_back_from_pem(kind: type[Ed25519Signer | EcdsaP256Signer]) -> None:
    signer = kind.generate()
    again = kind.from_pem(signer.to_pem())
    assert (again.keyid, again.public) == (signer.keyid, signer.public)
    PublicKey.from_spki(signer.public).verify(b"data", again.sign(b"data"))


def test_signer_of_another_kind_or_from_no_key_is_refused() -> None:
    with pytest.raises(WeakKeyError, match="ed25519"):
        Ed25519Signer.from_pem(EcdsaP256Signer.generate().to_pem())
    with pytest.raises(WeakKeyError, match="ecdsa"):
        EcdsaP256Signer.from_pem(Ed25519Signer.generate().to_pem())
    for pem in (b"", b"not a key"):
        with pytest.raises(WeakKeyError, match="PEM"):
            Ed25519Signer.from_pem(pem)
    with pytest.raises(WeakKeyError, match="P-256"):
        EcdsaP256Signer(generate_private_key(SECP384R1()))
