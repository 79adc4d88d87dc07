"""central.toml is taken as it is meant, or refused by the name of what is wrong."""

import tomllib
from pathlib import Path

import pytest

from central import config
from central.errors import ConfigError


@pytest.fixture
def document(site):
    return tomllib.loads(site.made.config.read_text())


def test_what_init_writes_is_read_back_with_paths_beside_the_file(site):
    loaded = config.load(site.made.config)
    assert loaded.central.name == "test"
    assert loaded.mqtt.port == site.mqtt_port
    assert loaded.trust.policy.read_bytes()
    assert loaded.retention.days == 183


@pytest.mark.parametrize(
    ("section", "key", "value", "named"),
    [
        ("mqtt", "prot", 1, "prot"),
        ("http", "port", "8420", "[http] port"),
        ("http", "port", True, "[http] port"),
        ("http", "port", 70000, "70000"),
        ("retention", "days", 30, "183"),
        ("central", "origin", "", "[central] origin"),
    ],
)
def test_a_wrong_value_is_refused_by_name(document, section, key, value, named):
    document[section][key] = value
    with pytest.raises(ConfigError) as caught:
        config.parse(document, base=Path("/"))
    assert caught.value.code == "CONFIG_INVALID"
    assert named in str(caught.value)


def test_an_unknown_section_is_refused_by_name(document):
    document["brokr"] = {}
    with pytest.raises(ConfigError, match="brokr"):
        config.parse(document, base=Path("/"))


def test_a_missing_key_is_refused_by_name(document):
    del document["upload"]["client_ca"]
    with pytest.raises(ConfigError, match=r"\[upload\] client_ca"):
        config.parse(document, base=Path("/"))


def test_a_missing_file_and_broken_toml_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="central init"):
        config.load(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[central")
    with pytest.raises(ConfigError, match="TOML"):
        config.load(broken)
