"""Evidence rows cannot be changed by ordinary means, and a database without guards is refused."""

import threading

import pytest
from sqlalchemy.exc import IntegrityError

from central.errors import GuardMissingError
from central.store import Store, guards, outgoing
from central.store.operational import settings
from central.store.outgoing import LOGGED, Answer
from central.store.schema import envelopes
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant


@pytest.fixture
def store(tmp_path):
    opened = Store.open(tmp_path / "index.sqlite")
    yield opened
    opened.close()


def add_envelope(store, idx=0):
    row = {
        "idx": idx,
        "digest": Digest.of(b"%d" % idx),
        "type": "access/v1",
        "received": Instant(0),
        "station": None,
        "raw": b"{}",
    }
    with store.write() as connection:
        connection.execute(envelopes.insert(), row)


def rows(store):
    with store.read() as connection:
        return connection.execute(envelopes.select().order_by(envelopes.c.idx)).all()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE envelopes SET type = 'case/v1'",
        "DELETE FROM envelopes",
        (
            "INSERT OR REPLACE INTO envelopes SELECT idx, digest, 'x', received, station, raw"
            " FROM envelopes"
        ),
        (
            "INSERT OR REPLACE INTO envelopes SELECT idx + 9, digest, 'x', received, station, raw"
            " FROM envelopes"
        ),
        "UPDATE OR REPLACE envelopes SET idx = 7",
        (
            "INSERT INTO envelopes SELECT * FROM envelopes WHERE true"
            " ON CONFLICT(idx) DO UPDATE SET type = 'x'"
        ),
    ],
)
def test_a_change_of_evidence_is_refused_and_nothing_changes(store, statement):
    add_envelope(store)
    before = rows(store)
    with pytest.raises(IntegrityError, match="EVIDENCE_APPEND_ONLY"), store.write() as c:
        c.exec_driver_sql(statement)
    assert rows(store) == before


@pytest.mark.parametrize("table", guards.GUARDED, ids=lambda table: table.name)
def test_every_evidence_table_has_its_guards(store, table):
    wanted = set(guards.triggers_of(table))
    with store.read() as connection:
        found = connection.exec_driver_sql(
            f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table.name}'"
        )
        assert {name for (name,) in found} == wanted
    assert len(wanted) == 3


@pytest.mark.parametrize("table", guards.GUARDED, ids=lambda table: table.name)
def test_a_database_that_lacks_a_guard_is_refused(tmp_path, table):
    path = tmp_path / "index.sqlite"
    store = Store.open(path)
    with store.write() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {table.name}_no_delete")
    store.close()
    with pytest.raises(GuardMissingError) as caught:
        Store.open(path)
    assert caught.value.facts == {"trigger": f"{table.name}_no_delete", "table": table.name}


def test_a_guard_that_was_weakened_is_refused(tmp_path):
    path = tmp_path / "index.sqlite"
    store = Store.open(path)
    with store.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER envelopes_no_update")
        connection.exec_driver_sql(
            "CREATE TRIGGER envelopes_no_update BEFORE UPDATE ON envelopes BEGIN SELECT 1; END"
        )
    store.close()
    with pytest.raises(GuardMissingError, match="another one"):
        Store.open(path)


def test_a_database_that_lacks_a_table_is_refused(tmp_path):
    path = tmp_path / "index.sqlite"
    store = Store.open(path)
    with store.write() as connection:
        connection.exec_driver_sql("DROP TABLE exports")
    store.close()
    with pytest.raises(GuardMissingError) as caught:
        Store.open(path)
    assert caught.value.facts == {"table": "exports"}


def test_a_failed_transaction_leaves_nothing(store):
    row = {"name": "a", "value": 1}
    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(settings.insert(), [row, row])
    with store.read() as connection:
        assert connection.execute(settings.select()).all() == []


def test_writers_at_once_wait_for_each_other_and_all_succeed(store):
    def write(name):
        for number in range(25):
            with store.write() as connection:
                connection.execute(settings.select()).all()
                row = {"name": f"{name}-{number}", "value": number}
                connection.execute(settings.insert(), row)

    threads = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with store.read() as connection:
        assert len(connection.execute(settings.select()).all()) == 200


def test_a_commit_is_on_disk_and_readers_see_whole_transactions(store):
    with store.read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


def answer(payload):
    return Answer(station="st-01", kind=LOGGED, envelope=Digest.of(b"e"), payload=payload)


def test_an_answer_that_is_given_again_is_one_row_and_owed_again(store):
    with store.write() as connection:
        outgoing.queue(connection, answer(b"1"), Instant(0))
        (first,) = outgoing.unsent(connection, limit=9)
        outgoing.mark_sent(connection, first.id, first.version, Instant(1))
        assert outgoing.unsent(connection, limit=9) == []
        outgoing.queue(connection, answer(b"2"), Instant(2))
        (again,) = outgoing.unsent(connection, limit=9)
    assert (again.id, again.answer.payload) == (first.id, b"2")


def test_the_word_on_an_older_answer_does_not_settle_a_newer_one(store):
    with store.write() as connection:
        outgoing.queue(connection, answer(b"1"), Instant(0))
        (first,) = outgoing.unsent(connection, limit=9)
        outgoing.queue(connection, answer(b"2"), Instant(1))
        outgoing.mark_sent(connection, first.id, first.version, Instant(2))
        (owed,) = outgoing.unsent(connection, limit=9)
    assert owed.answer.payload == b"2"
