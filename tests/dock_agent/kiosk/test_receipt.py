"""The receipt's text: one way to write it, one way to read it, and a code that carries it."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dock_agent.kiosk import qr
from dock_agent.kiosk.receipt import Receipt, files_root
from edge.evidence.digest import Digest
from edge.evidence.instant import Instant
from edge.evidence.merkle import EMPTY_ROOT
from tests.conftest import CHROMIUM
from tests.dock_agent.kiosk.scene import chromium, decode

digests = st.binary(max_size=4).map(Digest.of)
numbers = st.none() | st.integers(-(2**53), 2**53)
receipts = st.builds(
    Receipt,
    station=st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
    bay=st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
    camera=st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64),
    outcome=st.sampled_from(["complete", "nothing-new", "incomplete"]),
    proven=st.integers(0, 10_000),
    files=st.integers(0, 10_000),
    size=st.integers(0, 2**53),
    at=st.integers(0, 4_102_444_800_000).map(Instant),
    error_ms=st.none() | st.integers(0, 10_000),
    source=st.sampled_from(["chrony", "system"]),
    offset_ms=numbers,
    root=digests,
    closing=digests,
    index=st.none() | st.integers(0, 2**53),
    stored=st.integers(0, 10_000),
)


@given(receipts)
def test_what_is_written_is_read(receipt: Receipt) -> None:
    assert Receipt.parse(receipt.text()) == receipt


def example(**other) -> Receipt:
    facts = {
        "station": "dock-01",
        "bay": "1",
        "camera": "LH001",
        "outcome": "complete",
        "proven": 12,
        "files": 12,
        "size": 4_831_838_208,
        "at": Instant.parse("2026-11-23T00:30:15.123Z"),
        "error_ms": 40,
        "source": "chrony",
        "offset_ms": -1200,
        "root": Digest.of(b"root"),
        "closing": Digest.of(b"closing"),
    }
    return Receipt(**{**facts, **other})


def test_the_text_is_the_documented_one() -> None:
    root, closing = Digest.of(b"root"), Digest.of(b"closing")
    assert example().text() == (
        "liuhen-receipt/v1\nstation dock-01\nbay 1\ncamera LH001\noutcome complete\n"
        "files 12/12\nbytes 4831838208\nat 2026-11-23T00:30:15.123Z\nclock 40 chrony\n"
        f"offset -1200\nroot {root}\nclosing {closing}\nlog ?\nstored 0/12"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("liuhen-receipt/v1", "liuhen-receipt/v2"),
        ("bay 1\n", ""),
        ("bay 1\n", "bay 1\nbay 1\n"),
        ("stored 0/12", "stored 0/13"),
        ("stored 0/12", "stored 0/12\n"),
        ("bytes 4831838208", "bytes 04831838208"),
        ("log ?", "log -"),
        ("camera LH001", "camera LH%3001"),
    ],
)
def test_any_other_text_is_refused(old: str, new: str) -> None:
    text = example().text()
    assert old in text
    with pytest.raises(ValueError, match=r".+"):
        Receipt.parse(text.replace(old, new, 1))


def test_a_hostile_serial_adds_no_line() -> None:
    evil = example(camera="A\nlog 7\nstored 12/12", index=None)
    assert len(evil.text().split("\n")) == len(example().text().split("\n"))
    assert Receipt.parse(evil.text()).index is None


def test_the_root_needs_only_the_files_and_their_order_by_path() -> None:
    files = [(b"b", Digest.of(b"2")), (b"a", Digest.of(b"1"))]
    assert files_root(files) == files_root(files[::-1])
    assert files_root([]) == EMPTY_ROOT
    assert files_root(files) != files_root([(b"a", Digest.of(b"2")), (b"b", Digest.of(b"1"))])


def test_the_drawing_holds_squares_and_nothing_else() -> None:
    drawn = qr.svg(example(camera="<script>").text())
    assert "script" not in drawn
    assert "style" not in drawn


@pytest.mark.browser
def test_a_reader_that_is_not_ours_gets_the_text_byte_for_byte(tmp_path) -> None:
    assert CHROMIUM.exists()
    assert subprocess.run([str(CHROMIUM), "--version"], capture_output=True, check=False)
    texts = [
        example().text(),
        example(index=10**9, stored=12).text(),
        example(station="s" * 64, bay="b" * 64, camera="记录仪" * 21).text(),
    ]
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 500, "height": 500})
        for number, text in enumerate(texts):
            page.set_content(qr.svg(text))
            page.screenshot(path=tmp_path / f"{number}.png")
            assert decode(tmp_path / f"{number}.png") == [text]
