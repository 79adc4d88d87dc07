"""The commands as an operator types them; against a station that worked once."""

import json
import subprocess
import sys

import pytest

from tests.conftest import PROJECT
from tests.dock_agent.conftest import Place
from tests.dock_agent.tree import Tree, footage

COMMANDS = ("run", "status", "bays", "recordings", "verify", "retry")


def ask(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dock_agent", *words]
    return subprocess.run(command, capture_output=True, cwd=PROJECT, text=True, check=False)


@pytest.fixture
def worked(place: Place) -> Place:
    place.agent.start()
    place.tree.dock(place.tree.card(footage(1, 0, 700, 2_000_000)))
    place.stored(3)
    place.closed(1)
    place.agent.until("logged", lambda: place.agent.ask("status")[0] == 0)
    return place


@pytest.mark.broker
def test_each_question_has_an_answer_for_people_and_for_programs(worked: Place) -> None:
    config = ("--config", str(worked.tree.config))
    for command in ("status", "bays", "recordings", "verify", "retry"):
        said, told = ask(command, *config), ask(command, *config, "--json")
        assert (said.returncode, told.returncode) == (0, 0), said.stderr + told.stderr
        assert said.stdout.strip()
        json.loads(told.stdout)
    status = worked.agent.ask("status")[1]
    assert status["running"] is True
    assert status["files"]["stored"] == 3
    assert status["checkpoint"]["size"] >= status["outbox"]["logged"]
    (bay,) = worked.agent.ask("bays")[1]["bays"]
    assert bay["outcome"] == "complete"


@pytest.mark.broker
def test_recordings_come_in_pages(worked: Place) -> None:
    _, first = worked.agent.ask("recordings", "--limit", "2")
    _, second = worked.agent.ask("recordings", "--limit", "2", "--after", str(first["next"]))
    assert len(first["items"]) == 2
    assert len(second["items"]) == 1
    assert "next" not in second
    names = {item["recording"] for item in first["items"] + second["items"]}
    assert names == {r.recording for r in worked.central.recordings.values()}
    assert all(item["index"] >= 0 for item in first["items"])


@pytest.mark.broker
def test_one_flipped_byte_in_the_vault_is_found(worked: Place) -> None:
    recording = next(r for r in worked.central.recordings.values() if r.file.size == 700)
    name = str(recording.file.sha256)
    path = worked.tree.data / "vault" / name[:2] / name
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[350] ^= 1
    path.write_bytes(content)
    code, answer = worked.agent.ask("verify")
    assert code == 1
    (problem,) = answer["problems"]
    assert (problem["code"], problem["recording"]) == ("VAULT_DAMAGED", recording.recording)


@pytest.mark.broker
def test_a_second_agent_is_refused(worked: Place) -> None:
    second = ask("run", "--config", str(worked.tree.config))
    assert second.returncode == 1
    assert second.stderr.startswith("AGENT_ALREADY_RUNNING")


def test_every_command_explains_itself() -> None:
    for words in ([], *[[command] for command in COMMANDS]):
        done = ask(*words, "--help")
        assert done.returncode == 0
        assert "usage:" in done.stdout


def test_wrong_usage_and_wrong_configuration_exit_2(tmp_path) -> None:
    assert ask("dance").returncode == 2
    assert ask("recordings", "--limit", "-1").returncode == 2
    assert ask("status", "--config", str(tmp_path / "none.toml")).returncode == 2
    tree = Tree(tmp_path, 1, 2)
    (tmp_path / "identity.pem").chmod(0o644)
    exposed = ask("run", "--config", str(tree.config))
    assert exposed.returncode == 2
    assert "IDENTITY_EXPOSED" in exposed.stderr
