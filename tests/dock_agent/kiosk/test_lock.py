"""Asking whether an agent runs never keeps one from starting."""

import fcntl
import threading

import pytest

from dock_agent import lock
from dock_agent.errors import AlreadyRunningError


def test_a_question_at_the_wrong_instant_does_not_refuse_a_start(tmp_path) -> None:
    with (tmp_path / "agent.lock").open("w") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        threading.Timer(0.2, fcntl.flock, [asking, fcntl.LOCK_UN]).start()
        lock.claim(tmp_path)
    assert lock.is_running(tmp_path)


def test_an_agent_that_runs_is_still_in_the_way(tmp_path) -> None:
    lock.claim(tmp_path)
    with pytest.raises(AlreadyRunningError):
        lock.claim(tmp_path)
