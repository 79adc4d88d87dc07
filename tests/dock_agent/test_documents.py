"""Inventories and closings that are long, and what a manifest's flags say."""

import threading

import pytest

from dock_agent import closing
from dock_agent.config import Offload
from dock_agent.events import EventStream
from dock_agent.inventory import PART_BYTES, seal_inventory
from dock_agent.kit import Kit
from dock_agent.ledger import DockingRow, Ledger
from dock_agent.problems import ProblemBook
from dock_agent.scan import CardEntry, CardProblem, Listing
from dock_agent.seal import Sealer
from dock_agent.station import Station
from dock_agent.vault import Vault
from edge import clock
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope
from edge.evidence.keys import EcdsaP256Signer, Ed25519Signer
from edge.evidence.statement import Agent, Docking, Inventory, Statement, inventory_root
from firmware_hooks.profile import Claims
from firmware_hooks.registry import Registry

DOCKING = "d0" * 16
CAMERA: dict[str, str | bool] = {"profile": "generic", "write_block": "none", "assigned": False}


@pytest.fixture
def kit(tmp_path) -> Kit:
    ledger, events = Ledger(tmp_path / "ledger.sqlite"), EventStream()
    station = Station(
        id="dock-01",
        boot="0b" * 16,
        identity=EcdsaP256Signer.generate(),
        epoch=Ed25519Signer.generate(),
        agent=Agent(version="test", config=Digest.of(b"config")),
    )
    return Kit(
        ledger=ledger,
        sealer=Sealer(ledger, station, lambda: None),
        vault=Vault(tmp_path / "vault"),
        registry=Registry.load(),
        events=events,
        problems=ProblemBook(ledger, events),
        offload=Offload(profiles=None, retry_seconds=1.0, attempts=1),
        stop=threading.Event(),
    )


def inventoried(kit: Kit, listing: Listing) -> DockingRow:
    row = DockingRow(
        docking=DOCKING, bay="1", camera_key="c", camera=CAMERA, started=str(clock.now())
    )
    kit.ledger.dockings.begin(row)
    seal_inventory(kit.sealer, kit.ledger, row, listing, clock.reading())
    found = kit.ledger.dockings.get(DOCKING)
    assert found is not None
    return found


def entries(count: int, length: int = 20) -> tuple[CardEntry, ...]:
    return tuple(
        CardEntry(
            path=b"%06d" % n + b"x" * (length - 6), size=n, mtime_ns=n, claims=Claims(kind="media")
        )
        for n in range(count)
    )


def sealed(kit: Kit, kind: type) -> list:
    last = kit.ledger.chain.head()
    assert last is not None
    rows = [kit.ledger.chain.by_seq(seq) for seq in range(last.seq + 1)]
    envelopes = [Envelope.parse(row.envelope) for row in rows if row]
    assert all(len(each.raw) <= 1 << 20 for each in envelopes)
    found = [Statement.parse(each.payload).predicate for each in envelopes]
    return [each for each in found if isinstance(each, kind)]


def test_an_empty_card_has_an_inventory_of_one_empty_part(kit: Kit) -> None:
    row = inventoried(kit, Listing(entries=(), problems=()))
    (part,) = sealed(kit, Inventory)
    assert (part.part, part.parts, part.entries) == (1, 1, ())
    assert row.inventory is not None
    closing.close(kit, row)
    (done,) = sealed(kit, Docking)
    assert (done.outcome, done.files) == ("nothing-new", 0)


@pytest.mark.parametrize(("count", "length"), [(4001, 20), (1500, 1000)])
def test_a_long_inventory_comes_in_parts_that_the_broker_takes(
    kit: Kit, count: int, length: int
) -> None:
    inventoried(kit, Listing(entries=entries(count, length), problems=()))
    parts = sealed(kit, Inventory)
    assert [p.part for p in parts] == list(range(1, len(parts) + 1))
    assert {p.parts for p in parts} == {len(parts)}
    assert len(parts) > 1
    every = [entry for part in parts for entry in part.entries]
    assert len(every) == count
    assert {p.inventory_root for p in parts} == {inventory_root(every)}
    assert PART_BYTES * 4 / 3 < 1 << 20


def test_each_file_names_the_part_that_lists_it(kit: Kit) -> None:
    inventoried(kit, Listing(entries=entries(2001), problems=()))
    files = kit.ledger.files.of(DOCKING)
    first = {kit.ledger.chain.by_seq(n).digest for n in (0, 1)}
    assert {Digest.parse(file.inventory) for file in files} == first
    assert len({file.recording for file in files}) == 2001


def test_a_closing_too_long_for_one_envelope_is_cut_and_says_so(kit: Kit) -> None:
    row = inventoried(kit, Listing(entries=entries(6000, 200), problems=()))
    with kit.ledger.transaction():
        for file in kit.ledger.files.of(DOCKING):
            kit.ledger.files.known(file.id, "ab" * 16)
    closing.close(kit, row)
    (done,) = sealed(kit, Docking)
    assert 0 < len(done.known) < 6000
    assert done.files == 6000
    (problem,) = done.problems
    assert (problem.code, problem.expected) == ("LIST_CUT", "6000 known listed")
    assert done.outcome == "nothing-new"


def test_what_waits_or_was_not_listed_makes_a_docking_incomplete(kit: Kit) -> None:
    link = CardProblem(code="LINK_NOT_FOLLOWED", path=b"l", expected="a file", found="a link")
    row = inventoried(kit, Listing(entries=(), problems=(link,)))
    closing.close(kit, row)
    (done,) = sealed(kit, Docking)
    assert [(p.code, p.path) for p in done.problems] == [("LINK_NOT_FOLLOWED", "l")]
    assert done.outcome == "incomplete"
