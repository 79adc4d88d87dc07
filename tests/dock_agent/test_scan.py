import os
import socket
from pathlib import Path

import pytest

from dock_agent.errors import VanishedError
from dock_agent.scan import PROBLEM_CODES, Limits, Listing, scan
from tests.dock_agent.cards import PROFILES, put, state
from tests.faults.mounted import fault_fs

GENERIC = PROFILES.profiles["generic"]
DCAM = PROFILES.profiles["dcam"]


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    folder.mkdir()
    return folder


def paths(listing: Listing) -> list[bytes]:
    return [each.path for each in listing.entries]


def problems(listing: Listing) -> list[tuple[str, str]]:
    return [(each.code, each.text) for each in listing.problems]


def test_every_file_is_listed_whatever_its_suffix(card: Path) -> None:
    names = ["a.mp4", "DCIM/100/b.MOV", "notes", ".hidden", "x.exe", "System Volume Information/g"]
    for name in names:
        put(card, name, b"1234")
    listing = scan(card, GENERIC)
    assert sorted(paths(listing)) == sorted(name.encode() for name in names)
    kinds = {each.text: each.claims.kind for each in listing.entries}
    assert kinds["a.mp4"] == kinds["DCIM/100/b.MOV"] == "media"
    assert kinds["notes"] == kinds["x.exe"] == kinds[".hidden"] == "side"
    assert kinds["System Volume Information/g"] == "system"
    assert listing.size == 4 * len(names)
    assert listing.problems == ()


def test_important_files_come_first_then_paths_in_byte_order(card: Path) -> None:
    plain = ["DCAM_1_000001_20261123_080000.mp4", "B.mp4", "a.mp4", "Z/z.mp4"]
    for name in [*plain, "DCAM_1_000001_20261123_090000_IMP.mp4"]:
        put(card, name, b"")
    expected = [b"DCAM_1_000001_20261123_090000_IMP.mp4", *sorted(n.encode() for n in plain)]
    assert paths(scan(card, DCAM)) == expected
    assert scan(card, DCAM) == scan(card, DCAM)


def test_what_the_name_claims_is_carried_along(card: Path) -> None:
    put(card, "DCAM_A7-2_001234_20261123_083015_IMP.MP4", b"")
    claims = scan(card, DCAM).entries[0].claims
    assert (claims.device, claims.officer, claims.name_time, claims.important) == (
        "A7-2",
        "001234",
        "20261123T083015",
        True,
    )


def test_names_that_are_not_utf8_stay_raw(card: Path) -> None:
    raw = "执法/现场.mp4".encode("gbk")
    put(card, raw, b"x")
    (each,) = scan(card, GENERIC).entries
    assert each.path == raw
    assert not each.is_utf8
    assert "\ufffd" in each.text
    assert each.text.encode()  # no lone surrogates: it can be written anywhere


def test_a_name_with_a_newline_is_one_file(card: Path) -> None:
    put(card, b"a\nb.mp4", b"x")
    assert paths(scan(card, GENERIC)) == [b"a\nb.mp4"]


def test_links_and_special_files_are_problems_not_followed(card: Path, tmp_path: Path) -> None:
    put(tmp_path / "outside", "secret.mp4", b"x")
    (card / "loop").symlink_to(card)
    (card / "file").symlink_to(tmp_path / "outside" / "secret.mp4")
    (card / "dangling").symlink_to("/nowhere")
    os.mkfifo(card / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(card / "socket"))
        listing = scan(card, GENERIC)
    assert listing.entries == ()
    assert problems(listing) == [
        ("LINK_NOT_FOLLOWED", "dangling"),
        ("LINK_NOT_FOLLOWED", "file"),
        ("LINK_NOT_FOLLOWED", "loop"),
        ("SPECIAL_FILE", "pipe"),
        ("SPECIAL_FILE", "socket"),
    ]
    assert {code for code, _ in problems(listing)} <= set(PROBLEM_CODES)
    assert listing.problems[0].expected == "a file or folder"


def test_what_is_beyond_a_limit_is_named(card: Path) -> None:
    put(card, "1/2/3/deep.mp4", b"x")
    put(card, "1/2/ok.mp4", b"x")
    put(card, "n" * 40, b"x")
    put(card, "z", b"x")
    listing = scan(card, GENERIC, limits=Limits(depth=3, path_bytes=20, files=1))
    assert paths(listing) == [b"1/2/ok.mp4"]
    assert problems(listing) == [
        ("PATH_TOO_DEEP", "1/2/3"),
        ("PATH_TOO_LONG", "n" * 40),
        ("TOO_MANY_FILES", "z"),
    ]


def test_a_very_deep_card_ends(card: Path) -> None:
    (card / "/".join(["d"] * 200)).mkdir(parents=True)
    assert [code for code, _ in problems(scan(card, GENERIC))] == ["PATH_TOO_DEEP"]


def test_listing_changes_nothing_to_the_access_time(card: Path) -> None:
    put(card, "DCIM/a.mp4", b"x")
    for path in [card, *card.rglob("*")]:
        os.utime(path, ns=(1_500_000_000_000_000_000, 1_600_000_000_000_000_000))
    before = state(card)
    PROFILES.identify(card)
    scan(card, GENERIC)
    assert state(card) == before


def test_thousands_of_files_are_listed(card: Path) -> None:
    for n in range(3000):
        folder = card / f"{n % 10}"
        folder.mkdir(exist_ok=True)
        (folder / f"{n:05}.mp4").write_bytes(b"")
    assert len(scan(card, GENERIC).entries) == 3000


def test_no_card_at_all_is_said_so(card: Path) -> None:
    with pytest.raises(VanishedError) as refused:
        scan(card / "nothing", GENERIC)
    assert refused.value.code == "CAMERA_GONE"


def test_an_empty_card_is_an_empty_listing(card: Path) -> None:
    assert scan(card, GENERIC) == Listing(entries=(), problems=())


def test_a_card_that_goes_while_it_is_listed_is_gone_not_empty(tmp_path: Path) -> None:
    with fault_fs(tmp_path / "faulty") as mounted:
        put(mounted.path, "DCIM/a.mp4", b"x")
        mounted("gone")
        with pytest.raises(VanishedError):
            scan(mounted.path, GENERIC)


def test_an_unreadable_folder_is_a_problem_and_the_rest_is_listed(tmp_path: Path) -> None:
    with fault_fs(tmp_path / "faulty") as mounted:
        put(mounted.path, "BAD/a.mp4", b"x")
        put(mounted.path, "good.mp4", b"x")
        mounted("fail LIST BAD 0 EIO")
        listing = scan(mounted.path, GENERIC)
    assert paths(listing) == [b"good.mp4"]
    assert problems(listing) == [("FOLDER_UNREADABLE", "BAD")]
