"""The ledger keeps facts as facts, and its promises under threads and failures."""

import sqlite3
import threading

import pytest

from dock_agent.errors import AgentError, LedgerError
from dock_agent.ledger import DockingRow, FileRow, Ledger, Problem, ReceiptRow, SealedRow
from edge.evidence.chain import ChainHead
from edge.evidence.checkpoint import Checkpoint
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant

AT = Instant.parse("2026-11-23T08:30:15.123Z")
DOCKING = "d0" * 16


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    return Ledger(tmp_path / "ledger.sqlite")


def append(ledger: Ledger, recording: str | None = None) -> SealedRow:
    with ledger.transaction():
        head = ledger.chain.head()
        seq = head.seq + 1 if head else 0
        row = SealedRow(
            seq=seq,
            digest=Digest.of(b"envelope %d" % seq),
            type="recording/v1",
            docking=None,
            recording=recording,
            sealed=str(AT),
            envelope=b"raw %d" % seq,
        )
        ledger.chain.append(row, prev="00" * 32, at=AT)
    return row


def docked(ledger: Ledger, count: int = 1) -> list[FileRow]:
    ledger.dockings.begin(
        DockingRow(docking=DOCKING, bay="1", camera_key="c", camera={}, started=str(AT))
    )
    ledger.files.add(
        FileRow(
            docking=DOCKING,
            camera_key="c",
            path=b"%d.mp4" % n,
            size=n,
            mtime_ns=-(2**70),
            important=n == 1,
            claims={},
            inventory="00" * 32,
            recording=f"{n:032x}",
        )
        for n in range(count)
    )
    return ledger.files.of(DOCKING)


def receipt(row: SealedRow, name: bytes = b"receipt") -> ReceiptRow:
    return ReceiptRow(
        digest=Digest.of(name), envelope=row.digest, recording=row.recording, raw=name, verified=AT
    )


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE statements SET envelope = x'00'",
        "DELETE FROM statements",
        "INSERT OR REPLACE INTO statements SELECT * FROM statements",
        "UPDATE receipts SET raw = x'00'",
        "DELETE FROM receipts",
        "UPDATE checkpoints SET root = 'x'",
        "DELETE FROM checkpoints",
    ],
)
def test_facts_cannot_be_changed_removed_or_replaced(tmp_path, attack: str) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    row = append(ledger)
    seen = Checkpoint("log", 1, Digest.of(b"root"))
    ledger.receipts.logged(receipt(row), 0, seen, "text")
    other = sqlite3.connect(tmp_path / "ledger.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match="only grow"):
        other.execute(attack)
    assert ledger.chain.by_seq(0) == row


def test_a_ledger_without_its_guards_is_refused(tmp_path) -> None:
    Ledger(tmp_path / "ledger.sqlite").close()
    other = sqlite3.connect(tmp_path / "ledger.sqlite")
    other.execute("DROP TRIGGER statements_no_update")
    other.commit()
    with pytest.raises(LedgerError) as refused:
        Ledger(tmp_path / "ledger.sqlite")
    assert refused.value.code == "LEDGER_UNGUARDED"


def test_a_file_that_is_no_ledger_is_refused(tmp_path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database, but long enough" * 100)
    with pytest.raises(LedgerError):
        Ledger(tmp_path / "ledger.sqlite")


def test_asking_never_makes_a_ledger(tmp_path) -> None:
    with pytest.raises(LedgerError) as refused:
        Ledger.existing(tmp_path / "ledger.sqlite")
    assert refused.value.code == "LEDGER_MISSING"
    assert list(tmp_path.iterdir()) == []


def test_eight_threads_seal_without_gap_double_or_busy(ledger: Ledger) -> None:
    failures: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(25):
                append(ledger)
        except Exception as failure:  # noqa: BLE001 - any is a failure of the claim
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failures == []
    assert [seq for seq, _, _ in ledger.chain.walk()] == list(range(200))
    assert ledger.outbox.counts()["pending"] == 200


def test_a_transaction_that_fails_leaves_nothing(ledger: Ledger) -> None:
    append(ledger)

    def fail_half_way() -> None:
        with ledger.transaction():
            append(ledger)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert ledger.chain.head() == ChainHead(0, Digest.of(b"envelope 0"))
    assert ledger.outbox.counts()["pending"] == 1


def test_one_recording_is_never_sealed_twice(ledger: Ledger) -> None:
    append(ledger, "aa" * 16)
    with pytest.raises(LedgerError):
        append(ledger, "aa" * 16)
    assert ledger.chain.head() == ChainHead(0, Digest.of(b"envelope 0"))


def test_a_receipt_moves_row_and_file_together_and_never_back(ledger: Ledger) -> None:
    (file,) = docked(ledger)
    row = append(ledger, file.recording)
    ledger.files.copied(file.id, "ab" * 32, {"size": 0})
    ledger.files.move(file.id, "sealed")
    seen = Checkpoint("log", 1, Digest.of(b"root"))
    ledger.receipts.stored(receipt(row, b"stored"))
    ledger.receipts.logged(receipt(row, b"logged"), 0, seen, "text")
    ledger.receipts.logged(receipt(row, b"logged"), 0, seen, "text")
    assert ledger.files.of(DOCKING)[0].state == "stored"
    assert ledger.outbox.counts()["logged"] == 1
    assert ledger.receipts.last_checkpoint() == seen


def test_important_files_come_first_and_any_mtime_is_kept(ledger: Ledger) -> None:
    files = docked(ledger, 3)
    assert [f.path for f in files] == [b"1.mp4", b"0.mp4", b"2.mp4"]
    assert {f.mtime_ns for f in files} == {-(2**70)}


def test_a_refused_row_does_not_hide_that_it_was_logged(ledger: Ledger) -> None:
    row = append(ledger)
    ledger.receipts.logged(receipt(row), 0, Checkpoint("log", 1, Digest.of(b"r")), "text")
    assert not ledger.outbox.refused(0, "LATE", AT)
    assert ledger.outbox.state_of(0) == "logged"


def test_rewinding_puts_later_rows_back_and_keeps_receipts(ledger: Ledger) -> None:
    rows = [append(ledger) for _ in range(3)]
    ledger.receipts.logged(receipt(rows[1]), 1, Checkpoint("log", 2, Digest.of(b"r")), "text")
    ledger.outbox.refused(2, "X", AT)
    assert ledger.outbox.rewind(1, AT) == 1
    assert [letter.seq for letter in ledger.outbox.waiting(10)] == [0, 1, 2]
    assert ledger.receipts.count(rows[1].digest, "logged") == 1


def test_the_same_problem_is_one_row_until_it_is_over(ledger: Ledger) -> None:
    problem = Problem(subject="bay 1", code="X", expected="a", found="b", path="p")
    assert ledger.problems.note(problem, AT)
    assert not ledger.problems.note(problem, AT)
    assert [row.times for row in ledger.problems.open()] == [2]
    assert ledger.problems.clear("bay 1", AT) == 1
    assert ledger.problems.open() == []
    assert ledger.problems.note(problem, AT)


def test_uploads_wait_for_the_log_and_important_ones_go_first(ledger: Ledger) -> None:
    for file in docked(ledger, 3):
        row = append(ledger, file.recording)
        ledger.files.copied(file.id, "ab" * 32, {"size": file.size + 7})
        ledger.files.move(file.id, "sealed")
        if file.path != b"2.mp4":
            seen = Checkpoint("log", row.seq + 1, Digest.of(b"r"))
            ledger.receipts.logged(receipt(row, b"r%d" % row.seq), row.seq, seen, "text")
    assert [(p.recording, p.size) for p in ledger.uploads.waiting(10)] == [
        (f"{1:032x}", 8),
        (f"{0:032x}", 7),
    ]


def test_a_problem_with_a_file_is_kept_beside_its_copy(ledger: Ledger) -> None:
    (file,) = docked(ledger)
    problem = AgentError(code="SOURCE_CHANGED", expected="a", found="b")
    ledger.files.copied(file.id, "ab" * 32, {"size": 0}, problem=problem)
    (row,) = ledger.files.of(DOCKING)
    assert (row.state, row.code, row.copy) == ("copied", "SOURCE_CHANGED", {"size": 0})
