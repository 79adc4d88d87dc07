"""Identity and trust: what is unsafe stops the start."""

import pytest

from dock_agent import lock, station, trust
from dock_agent.config import load
from dock_agent.errors import AlreadyRunningError, ConfigError, IdentityError
from edge.evidence.keys import EcdsaP256Signer, Ed25519Signer
from tests.dock_agent.tree import Tree


@pytest.fixture
def tree(tmp_path) -> Tree:
    return Tree(tmp_path, 8883, 8443)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_touch_is_refused(tree: Tree, mode: int) -> None:
    (tree.root / "identity.pem").chmod(mode)
    with pytest.raises(IdentityError) as refused:
        station.start(load(tree.config))
    assert refused.value.code == "IDENTITY_EXPOSED"


def test_another_kind_of_key_is_refused(tree: Tree) -> None:
    (tree.root / "identity.pem").write_bytes(Ed25519Signer.generate().to_pem())
    with pytest.raises(IdentityError):
        station.start(load(tree.config))


def test_every_start_is_a_new_epoch_with_a_key_that_is_nowhere_on_disk(tree: Tree) -> None:
    config = load(tree.config)
    first, second = station.start(config), station.start(config)
    assert first.boot != second.boot
    assert first.epoch.keyid != second.epoch.keyid
    pem = first.epoch.to_pem().split(b"\n")[1]
    files = [path for path in tree.root.rglob("*") if path.is_file()]
    assert not any(pem in path.read_bytes() for path in files)


def test_a_key_event_that_the_root_did_not_sign_stops_the_start(tree: Tree) -> None:
    other = Tree.__new__(Tree)
    other.keys = type(tree.keys)()
    forged = other.keys.enrolment("central", "central", other.keys.central)
    (tree.root / "trust" / "forged.json").write_bytes(forged)
    with pytest.raises(ConfigError, match=r"forged\.json") as refused:
        trust.load(load(tree.config))
    assert refused.value.code == "TRUST_BAD"


def test_trust_comes_from_files_alone(tree: Tree) -> None:
    found = trust.load(load(tree.config))
    assert tree.keys.central.keyid in found.keys
    assert EcdsaP256Signer.generate().keyid not in found.keys


def test_a_data_folder_has_one_agent(tmp_path) -> None:
    assert not lock.is_running(tmp_path)
    lock.claim(tmp_path)
    assert lock.is_running(tmp_path)
    with pytest.raises(AlreadyRunningError):
        lock.claim(tmp_path)
