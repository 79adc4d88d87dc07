"""The rules of the window, with time as an argument."""

from dock_agent.ledger import Letter
from dock_agent.outbox import Window
from edge.evidence.digest import Digest


def letters(*seqs: int) -> list[Letter]:
    return [Letter(seq=s, digest=Digest.of(bytes([s])), envelope=b"") for s in seqs]


def seqs(due: list[Letter]) -> list[int]:
    return [each.seq for each in due]


def test_no_more_than_the_window_is_on_its_way() -> None:
    window = Window(size=3)
    waiting = letters(0, 1, 2, 3, 4)
    assert seqs(window.due(waiting, 0.0)) == [0, 1, 2]
    assert seqs(window.due(waiting, 1.0)) == []
    assert seqs(window.due(waiting[1:], 2.0)) == [3]


def test_a_silent_central_gets_only_the_oldest_again() -> None:
    window = Window(size=3, patience=10.0)
    waiting = letters(0, 1, 2)
    window.due(waiting, 0.0)
    assert seqs(window.due(waiting, 9.9)) == []
    assert seqs(window.due(waiting, 10.0)) == [0]
    assert seqs(window.due(waiting, 19.0)) == []


def test_a_central_that_was_heard_gets_everything_that_is_late() -> None:
    window = Window(size=3, patience=10.0)
    waiting = letters(0, 1, 2)
    window.due(waiting, 0.0)
    window.heard(5.0)
    assert seqs(window.due(waiting, 10.0)) == [0, 1, 2]


def test_nothing_is_on_its_way_after_a_loss() -> None:
    window = Window()
    waiting = letters(0, 1)
    window.due(waiting, 0.0)
    window.forget()
    assert seqs(window.due(waiting, 0.1)) == [0, 1]


def test_only_the_first_of_many_answers_to_one_gap_rewinds() -> None:
    window = Window()
    window.due(letters(5, 6, 7), 0.0)
    assert window.gap(3, 0.1)
    window.due(letters(3, 4, 5, 6, 7), 0.2)
    assert not window.gap(3, 0.3)


def test_the_same_gap_again_is_answered_after_growing_pauses() -> None:
    window = Window(patience=1.0)
    now, pauses = 0.0, []
    for _ in range(4):
        assert window.gap(3, now)
        started = now
        while not window.due(letters(3), now):
            now += 0.5
        pauses.append(now - started)
        now += 1.0
    assert pauses == [0.0, 2.0, 4.0, 8.0]


def test_a_closed_gap_forgets_its_pause() -> None:
    window = Window(patience=1.0)
    window.gap(3, 0.0)
    window.gap(3, 2.0)
    window.advanced()
    assert window.gap(3, 10.0)
    assert seqs(window.due(letters(3), 10.0)) == [3]
