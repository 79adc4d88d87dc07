"""kill -9 at random moments: the same result, nothing lost, nothing doubled, no gap.

The seed is printed; `LIUHEN_KILL_SEED` replays it.
"""

import hashlib
import os
import random
import time

import pytest

from dock_agent.ledger import Ledger
from edge.evidence.chain import check_next
from edge.evidence.envelope import Envelope
from edge.evidence.statement import Statement
from tests.dock_agent.conftest import Place
from tests.dock_agent.tree import footage

MOMENTS = 10
pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]


def test_killed_at_random_moments_ends_the_same(place: Place) -> None:
    seed = int(os.environ.get("LIUHEN_KILL_SEED", time.time_ns() % 1_000_000))
    print(f"LIUHEN_KILL_SEED={seed}")
    chance = random.Random(seed)
    files = footage(seed, 0, 700, 60_000_000, 1 << 20, 3_000_001, 0, 9_000_000)
    docking = place.tree.dock(place.tree.card(files))
    for _ in range(MOMENTS):
        place.agent.start()
        time.sleep(chance.uniform(0.3, 1.6))
        place.agent.kill()
    place.agent.start()
    place.agent.until("stored", lambda: len(place.central.stored) == len(files))
    place.closed(1)
    place.agent.until("known", lambda: place.files()["stored"] == len(files))
    recordings = place.central.recordings.values()
    assert sorted(r.source.path_bytes for r in recordings) == sorted(files)
    assert len({r.recording for r in recordings}) == len(files)
    assert {hashlib.sha256(c).hexdigest() for c in files.values()} == set(place.central.vault)
    assert [i.docking for i in place.central.inventories] == [docking]
    assert [d.outcome for d in place.central.dockings] == ["complete"]
    assert_whole_chain(place)
    assert place.agent.ask("verify")[0] == 0


def assert_whole_chain(place: Place) -> None:
    head = None
    ledger = Ledger.existing(place.tree.data / "ledger.sqlite")
    for seq, digest, _prev in ledger.chain.walk():
        row = ledger.chain.by_seq(seq)
        assert row is not None
        link = Statement.parse(Envelope.parse(row.envelope).payload).link
        assert link is not None
        check_next(head, link)
        head = type(ledger.chain.head())(seq, row.digest)
        assert str(row.digest) == digest
    assert head == ledger.chain.head() == place.central.head
