"""station.toml: what is wrong is named, nothing is guessed."""

import re

import pytest

from dock_agent.config import load
from dock_agent.errors import ConfigError
from tests.dock_agent.tree import Tree


@pytest.fixture
def good(tmp_path) -> Tree:
    return Tree(tmp_path, 8883, 8443)


def test_paths_are_relative_to_the_file(good: Tree, monkeypatch) -> None:
    monkeypatch.chdir("/")
    config = load(good.config)
    assert config.ledger == good.root / "data" / "ledger.sqlite"
    assert config.mqtt.port == 8883
    assert config.offload.attempts == 3


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("[mqtt]", "[mqtt]\nretries = 3", "retries"),
        ("[mqtt]", "[kafka]\nhost='x'\n[mqtt]", "[kafka]"),
        ('id = "dock-01"', 'id = "../x"', "id"),
        ('id = "dock-01"', "", "id"),
        ("port = 8883", "port = 0", "port"),
        ("port = 8883", "port = true", "port"),
        ("https://", "http://", "url"),
        ("retry_seconds = 0.2", "retry_seconds = -1", "retry_seconds"),
        ("[mqtt]", "[mqtt", "TOML"),
        ("[station]", "station = 1\n[offload2]", "station"),
    ],
)
def test_a_mistake_is_named_with_its_file(good: Tree, old: str, new: str, named: str) -> None:
    text = good.config.read_text()
    assert old in text
    good.config.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=re.escape(named)) as refused:
        load(good.config)
    assert str(good.config) in str(refused.value)
    assert refused.value.code == "CONFIG_BAD"


def test_a_missing_file_is_said_to_be_missing(tmp_path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "none.toml")
    assert refused.value.code == "CONFIG_UNREADABLE"
