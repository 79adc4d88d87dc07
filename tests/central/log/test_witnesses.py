"""Witnesses of a real log: real witness servers over HTTP, and what the log makes of them."""

import contextlib
import json
import shutil
import time

import pytest

from central.intake.running import intake_of
from central.log.outsiders import Outsider
from central.log.witnesses import Answer, Witnessing
from central.pki import policy_file
from edge import clock
from edge.evidence.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from edge.evidence.digest import Digest
from edge.evidence.note import NoteSigner
from edge.evidence.quorum import quorum_of
from edge.evidence.signers import Ed25519Signer
from edge.evidence.witness import Request
from edge.witness.store import WitnessStore
from tests.central.outside import OutsideWitness
from tests.central.station import messages

PATIENCE_S = 20


class World:
    def __init__(self, site, central, station, root):
        self.site, self.central, self.station, self.root = site, central, station, root
        self.log = central.policy.log(central.config.central.origin)
        self.policy = site.made.policy
        self.intake = intake_of(central)

    def witness(self, name, kind="outsider"):
        made = OutsideWitness(self.root / name, name, self.log)
        policy_file.add_witness(self.policy, made.keys.vkeys[0], kind)
        return made

    def quorum(self, stations, outsiders):
        policy_file.set_quorum(self.policy, stations=stations, outsiders=outsiders)

    @contextlib.contextmanager
    def asking(self, *witnesses):
        asked = [each if hasattr(each, "ask") else Outsider(each.url) for each in witnesses]
        witnessing = Witnessing(
            self.central.witnessed, self.central.reader, lambda: asked, pause=0.01
        )
        self.central.log.listen(witnessing.wake)
        witnessing.start()
        try:
            yield witnessing
        finally:
            witnessing.stop()

    def grow(self, *paths):
        self.intake.take(messages(self.station, *self.station.journey(*paths)))
        return self.size

    @property
    def size(self):
        return open_checkpoint(self.central.reader.checkpoint(), self.log).size

    def until_witnessed(self, size):
        self.until(lambda: (it := self.central.witnessed.newest()) and it.size >= size)

    def until(self, reached):
        deadline = clock.monotonic() + PATIENCE_S
        while not reached():
            assert clock.monotonic() < deadline, self.central.witnessed.newest()
            time.sleep(0.01)


@pytest.fixture
def world(site, opened, station, tmp_path):
    made = World(site, opened, station, tmp_path)
    # the station of the bundle is asked over MQTT, which these tests do without
    wire = json.loads(made.policy.read_bytes()) | {"witnesses": []}
    made.policy.write_bytes(json.dumps(wire).encode())
    return made


def test_a_checkpoint_gathers_the_cosignatures_that_the_quorum_asks_for(world):
    one, two = world.witness("w/1", "station"), world.witness("w/2")
    world.quorum(1, 1)
    with one.serving(), two.serving(), world.asking(one, two):
        world.until_witnessed(world.grow("A.MP4"))
        world.until_witnessed(world.grow("B.MP4"))
    newest = world.central.witnessed.newest()
    by = quorum_of(newest.text, world.central.witnessed.policy)
    assert (set(by.stations), set(by.outsiders), by.met) == ({"w/1"}, {"w/2"}, True)
    assert open_checkpoint(newest.text, world.log).size == newest.size == world.size
    assert world.central.folder.witnessed_checkpoint.read_text() == newest.text
    assert world.central.folder.checkpoint.read_text() in newest.text


def test_a_checkpoint_short_of_the_quorum_is_published_and_marked(world):
    one, silent = world.witness("w/1"), world.witness("w/2")
    world.quorum(0, 2)
    with one.serving(), world.asking(one):
        size = world.grow("A.MP4")
        world.until(lambda: world.central.witnessed.mark(0).witnesses == 1)
    mark = world.central.witnessed.mark(0)
    assert (mark.met, mark.witnesses, mark.known) == (False, 1, 2)
    assert world.central.witnessed.newest() is None
    assert world.central.witnessed.covering(0) is None
    assert world.size == size
    assert silent.keys.name not in world.central.reader.checkpoint()


def test_nobody_asked_marks_everything_unwitnessed(world):
    world.grow("A.MP4")
    mark = world.central.witnessed.mark(0)
    assert (mark.met, mark.witnesses, mark.known, mark.size) == (False, 0, 0, 0)


def test_a_leaf_after_the_witnessed_checkpoint_is_not_witnessed(world):
    one = world.witness("w/1")
    with one.serving(), world.asking(one):
        world.until_witnessed(size := world.grow("A.MP4"))
    world.grow("B.MP4")
    assert world.central.witnessed.mark(size - 1).met
    assert not world.central.witnessed.mark(size).met
    assert world.central.witnessed.covering(size - 1).size == size
    assert world.central.witnessed.covering(size) is None


def test_what_witnesses_said_survives_a_restart(world, site):
    one = world.witness("w/1")
    world.quorum(0, 1)
    with one.serving(), world.asking(one):
        world.until_witnessed(world.grow("A.MP4"))
    before = world.central.witnessed.newest()
    again = type(world.central.witnessed)(
        world.central.folder,
        world.central.store,
        policy_file.PolicyFile(world.policy, world.central.policy),
    )
    assert again.newest() == before


def test_asked_anew_after_a_restart_a_witness_tells_where_it_is(world):
    one = world.witness("w/1")
    with one.serving():
        with world.asking(one):
            world.until_witnessed(world.grow("A.MP4"))
        with world.asking(one) as witnessing:
            world.until_witnessed(size := world.grow("B.MP4"))
            world.until(lambda: witnessing.standings[one.url].size == size)


def test_a_witness_that_was_set_back_is_reminded_of_its_own_word(world):
    """Its memory is an older copy; the log holds the proof of what it signed since."""
    one = world.witness("w/1")
    with one.serving(), world.asking(one):
        world.until_witnessed(world.grow("A.MP4"))
    shutil.copytree(one.folder, world.root / "copy")
    with one.serving(), world.asking(one):
        world.until_witnessed(world.grow("B.MP4"))
    one.folder.rename(world.root / "newest")
    shutil.copytree(world.root / "copy", one.folder)
    with one.serving(), world.asking(one):
        world.until_witnessed(world.grow("C.MP4"))


def test_a_log_behind_its_witness_is_a_problem_and_is_not_cosigned(world):
    """As after a restore of an older log: the witness remembers more than there is."""
    one = world.witness("w/1")
    size = world.grow("A.MP4")
    key = NoteSigner(
        world.log.name,
        Ed25519Signer.from_pem(world.central.folder.log_key.read_bytes()),
    )
    ahead = sign_checkpoint(Checkpoint(world.log.name, size + 5, Digest.of(b"lost")), key)
    store = WitnessStore.open(one.folder, one.keys, one.logs)
    assert store.answer(Request(0, (), ahead).to_bytes())[0] == 200
    store.close()
    with one.serving(), world.asking(one) as witnessing:
        world.until(
            lambda: witnessing.standings.get(one.url) and witnessing.standings[one.url].problem
        )
        assert witnessing.standings[one.url].problem == "LOG_BEHIND_WITNESS"
    assert world.central.witnessed.newest() is None


class Liar:
    """Answers 200 with whatever it likes."""

    name = "liar"

    def __init__(self, body):
        self.body = body

    async def ask(self, request):
        return Answer(200, "text/plain", self.body)


@pytest.mark.parametrize("body", [b"", b"\xff", "— w/1 AAAA\n".encode(), b"x" * 70_000])
def test_lines_that_do_not_hold_are_not_kept(world, body):
    world.witness("w/1")
    with world.asking(liar := Liar(body)) as witnessing:
        world.grow("A.MP4")
        world.until(
            lambda: witnessing.standings.get(liar.name) and witnessing.standings[liar.name].problem
        )
        assert witnessing.standings[liar.name].problem == "COSIGNATURE_BAD"
    assert world.central.witnessed.mark(0).witnesses == 0


def test_a_witness_that_no_policy_names_adds_nothing(world):
    stranger = OutsideWitness(world.root / "s", "stranger", world.log)
    with stranger.serving(), world.asking(stranger) as witnessing:
        world.grow("A.MP4")
        world.until(
            lambda: (
                witnessing.standings.get(stranger.url)
                and witnessing.standings[stranger.url].problem
            )
        )
    assert world.central.witnessed.mark(0).witnesses == 0


def test_one_silent_witness_does_not_keep_the_others(world):
    one, gone = world.witness("w/1"), world.witness("w/2")
    with gone.serving():
        pass  # its port is known, and closed
    with one.serving(), world.asking(gone, one) as witnessing:
        world.until_witnessed(world.grow("A.MP4"))
        world.until(lambda: witnessing.standings[gone.url].problem == "WITNESS_SILENT")


def test_an_export_waits_for_witnesses_that_answer_and_not_longer(world):
    one = world.witness("w/1")
    world.grow("A.MP4")
    begun = clock.monotonic()
    assert world.central.witnessed.covering(0, wait=30.0) is None  # nobody is asked
    assert clock.monotonic() - begun < 5
    with one.serving(), world.asking(one):
        world.until_witnessed(world.size)
        size = world.grow("B.MP4")
        assert world.central.witnessed.covering(size - 1, wait=30.0).size >= size


def test_a_policy_that_drops_a_witness_drops_its_word(world):
    one = world.witness("w/1")
    with one.serving(), world.asking(one):
        world.until_witnessed(world.grow("A.MP4"))
    wire = json.loads(world.policy.read_bytes()) | {"witnesses": []}
    world.policy.write_bytes(json.dumps(wire).encode())
    assert world.central.witnessed.mark(0).witnesses == 0
    assert world.central.witnessed.newest() is None
