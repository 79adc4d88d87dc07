from pathlib import Path
from typing import Any

import pytest

from firmware_hooks.errors import ProfileError
from firmware_hooks.profile import FORMAT, Claims, Profile
from firmware_hooks.registry import BUILT_IN, Registry

PROFILES = Registry.load().profiles
TABLE: dict[str, Any] = {
    "format": FORMAT,
    "name": "x",
    "title": "X",
    "access": "mass_storage",
    "names": [],
}


def test_the_field_form_is_read() -> None:
    name = "DCIM/DCAM_A7_001234_20261123_083015.mp4"
    assert PROFILES["dcam"].claims(name) == Claims(
        kind="media", device="A7", officer="001234", name_time="20261123T083015"
    )


@pytest.mark.parametrize("suffix", [".mp4", ".jpg", ".MP4"])
def test_the_important_mark_is_read_from_one_stem_in_every_form(suffix: str) -> None:
    claims = PROFILES["dcam"].claims("DCAM_A7_001234_20261123_083015_IMP" + suffix)
    assert claims.important
    assert claims.officer == "001234"


@pytest.mark.parametrize(
    "name",
    [
        "DCAM_A7_1234_20261123_083015.mp4",
        "DCAM_A7_001234_20261123.mp4",
        "XDCAM_A7_001234_20261123_083015.mp4",
        "DCAM_A7_001234_20261123_083015_IMP2.mp4",
        "DCAM__001234_20261123_083015.mp4",
        "DCAM_A7_001234_20261123_083015.mp4\n",
    ],
)
def test_a_name_of_nearly_that_form_claims_nothing(name: str) -> None:
    claims = PROFILES["dcam"].claims(name)
    assert (claims.device, claims.officer, claims.name_time) == (None, None, None)


def test_the_user_serial_form_keeps_its_own_time_form() -> None:
    claims = PROFILES["user_serial"].claims("jdoe_ACC8E1_20261123T083015Z.mkv")
    assert claims == Claims(
        kind="media", officer="jdoe", device="ACC8E1", name_time="20261123T083015Z"
    )


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.mp4", "media"),
        ("a.MP4", "media"),
        ("a", "side"),
        ("a.unknown", "side"),
        ("._a.mp4", "system"),
        ("DCIM/.DS_Store", "system"),
        ("System Volume Information/IndexerVolumeGuid", "system"),
        ("x/System Volume Information/a.mp4", "media"),
        ("$RECYCLE.BIN/S-1/a.mp4", "system"),
    ],
)
def test_each_file_has_a_kind(path: str, kind: str) -> None:
    assert PROFILES["generic"].claims(path).kind == kind


def test_lock_marks_are_important_to_the_generic_profile() -> None:
    assert PROFILES["generic"].claims("DCIM/x_LOCK.mp4").important
    assert not PROFILES["generic"].claims("DCIM/block.mp4").important


@pytest.mark.parametrize("path", sorted(BUILT_IN.glob("*.toml")), ids=lambda p: p.stem)
def test_a_built_in_profile_is_named_as_its_file(path: Path) -> None:
    assert Profile.load(path).name.replace("-", "_") == path.stem


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "liuhen-profile/v9"}, "format"),
        ({"access": "telepathy"}, "telepathy"),
        ({"name": ""}, "name"),
        ({"names": ["("]}, "regular expression"),
        ({"names": ["(?P<colour>x)"]}, "colour"),
        ({"names": "x"}, "names"),
        ({"files": {"medai": []}}, "medai"),
        ({"files": []}, "files"),
        ({"surprise": 1}, "surprise"),
        ({"recognise": {"serial": "["}}, "regular expression"),
    ],
)
def test_a_wrong_profile_is_refused_and_the_member_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ProfileError, match=said) as refused:
        Profile.parse(TABLE | change)
    assert refused.value.code == "PROFILE_MALFORMED"


@pytest.mark.parametrize("content", [b"= =", b"\xff\xfe"])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(ProfileError, match=r"broken\.toml"):
        Profile.load(path)


# --- which profile fits


def card(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def test_the_form_that_most_names_have_wins(tmp_path: Path) -> None:
    field = "DCIM/100/DCAM_A7_001234_20261123_08301{}.mp4"
    card(tmp_path, *(field.format(n) for n in range(3)), "jdoe_S_20261123T083015Z.mp4", "x.txt")
    assert Registry.load().identify(tmp_path).name == "dcam"


@pytest.mark.parametrize("names", [[], ["a.mp4"], ["DCIM/MOVI0001.MOV"]])
def test_an_unknown_card_is_generic_not_refused(tmp_path: Path, names: list[str]) -> None:
    assert Registry.load().identify(card(tmp_path, *names)).name == "generic"


def test_a_card_that_cannot_be_read_is_generic(tmp_path: Path) -> None:
    assert Registry.load().identify(tmp_path / "nothing").name == "generic"


def test_names_behind_links_do_not_count(tmp_path: Path) -> None:
    other = card(tmp_path / "other", "DCAM_A7_001234_20261123_083015.mp4")
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "link").symlink_to(other)
    assert Registry.load().identify(tmp_path / "card").name == "generic"


OWN = """
format = "liuhen-profile/v1"
name = "{name}"
title = "Ours"
access = "mass_storage"
[recognise]
serial = 'ZX-\\d+'
folders = ["PRIVATE/ZX"]
[files]
media = [".zxv"]
"""


def test_a_sites_own_profile_is_found_by_serial_or_folder(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "zx.toml").write_text(OWN.format(name="zx"))
    registry = Registry.load(tmp_path / "own")
    by_serial = registry.identify(tmp_path / "nothing", "ZX-17")
    assert by_serial.name == "zx"
    assert registry.identify(card(tmp_path / "c", "PRIVATE/ZX/1.zxv")).name == "zx"
    assert registry.identify(tmp_path / "nothing", "other").name == "generic"
    assert by_serial.claims("PRIVATE/ZX/1.ZXV").kind == "media"


def test_a_sites_own_profile_replaces_a_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "dcam.toml").write_text(OWN.format(name="dcam"))
    assert Registry.load(tmp_path).profiles["dcam"].title == "Ours"
