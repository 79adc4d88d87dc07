"""An instant is one moment with one spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.errors import EncodingError
from edge.evidence.instant import Instant

FIRST, LAST = -62135596800000, 253402300799999
instants = st.integers(FIRST, LAST).map(Instant)


@given(instants)
def test_wire_form_comes_back(moment: Instant) -> None:
    assert Instant.parse(str(moment)) == moment


@given(instants, instants)
def test_text_sorts_as_time_does(one: Instant, other: Instant) -> None:
    assert (one < other) == (str(one) < str(other))


def test_the_epoch_is_zero() -> None:
    assert str(Instant(0)) == "1970-01-01T00:00:00.000Z"
    assert Instant.parse("2026-11-23T08:30:15.123Z").ms == 1795422615123


def test_differences_are_in_milliseconds() -> None:
    start = Instant(1000)
    assert start.plus_ms(-1001) == Instant(-1)
    assert start.minus(Instant(4000)) == -3000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-23T08:30:15Z",
        "2026-11-23T08:30:15.123",
        "2026-11-23T08:30:15.123+00:00",
        "2026-11-23T08:30:15.1234Z",
        "2026-11-23 08:30:15.123Z",
        "2026-11-23t08:30:15.123z",
        "2026-02-29T08:30:15.123Z",
        "2026-11-23T24:00:00.000Z",
        "2026-11-23T23:59:60.000Z",
        "0000-01-01T00:00:00.000Z",
        "２０２６-11-23T08:30:15.123Z",
        "2026-11-23T08:30:15.123Z\n",
    ],
)
def test_other_spellings_and_unreal_times_are_refused(text: str) -> None:
    with pytest.raises(EncodingError) as refused:
        Instant.parse(text)
    assert refused.value.facts["what"] == "instant"


@pytest.mark.parametrize("ms", [FIRST - 1, LAST + 1, 10**30, True])
def test_times_that_cannot_be_written_are_refused(ms: int) -> None:
    with pytest.raises(EncodingError, match="0001 to 9999"):
        Instant(ms)
