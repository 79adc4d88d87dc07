"""A part of a recording is one piece, unaltered and in time; each way to fake one has its code."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.evidence.digest import Digest
from edge.evidence.media_tree import NO_TIME, StreamPackets
from edge.evidence.trim import Trim, place
from edge.evidence.verify_report import Code
from tests.evidence.test_media_tree import digests

FRAME = 33_333
VIDEO = StreamPackets(
    0, "video", digests(60), tuple(it * FRAME for it in range(60)), Digest.of(b"avcC")
)
AUDIO = StreamPackets(1, "audio", digests(90, 1), tuple(it * 21_333 for it in range(90)))
RECORDING = (replace(VIDEO, kind=""), replace(AUDIO, kind=""))


def cut(stream: StreamPackets, first: int, last: int, shift: int = 0) -> StreamPackets:
    times = tuple(time + shift for time in stream.times[first:last])
    return replace(stream, digests=stream.digests[first:last], times=times)


def codes(trim: Trim) -> list[Code]:
    return [fault.code for fault in trim.faults]


def judge(*part: StreamPackets, recording: Sequence[StreamPackets] = RECORDING) -> list[Code]:
    return codes(place(part, recording))


@given(st.data())
def test_any_one_piece_holds(data: st.DataObject) -> None:
    first = data.draw(st.integers(0, 59))
    last = data.draw(st.integers(first + 1, 60))
    shift = data.draw(st.integers(-(10**9), 10**9))
    trim = place([cut(VIDEO, first, last, shift)], RECORDING)
    assert not trim.faults
    ((placed),) = trim.placed
    assert (placed.first, placed.last) == (first, last)


@given(st.data())
def test_anything_left_out_in_between_is_a_gap(data: st.DataObject) -> None:
    first = data.draw(st.integers(1, 57))
    last = data.draw(st.integers(first + 1, 58))
    kept = [*range(first), *range(last, 60)]
    part = replace(
        VIDEO,
        digests=tuple(VIDEO.digests[it] for it in kept),
        times=tuple(VIDEO.times[it] for it in kept),
    )
    (fault,) = place([part], RECORDING).faults
    assert (fault.code, fault.expected) == (Code.CLIP_GAP, f"packet {first} of stream 0")
    assert fault.found == f"packet {last}, as packet {first} of the clip"


def test_repeated_and_moved_packets_are_a_gap() -> None:
    twice = replace(VIDEO, digests=VIDEO.digests[:5] * 2, times=VIDEO.times[:5] * 2)
    assert judge(twice) == [Code.CLIP_GAP]
    moved = replace(VIDEO, digests=VIDEO.digests[::-1])
    assert judge(moved) == [Code.CLIP_GAP]


@given(st.integers(0, 19))
def test_one_foreign_packet_is_found(at: int) -> None:
    part = cut(VIDEO, 10, 30)
    mixed = [*part.digests]
    mixed[at] = bytes(32)
    (fault,) = place([replace(part, digests=tuple(mixed))], RECORDING).faults
    assert fault.code is Code.CLIP_FOREIGN
    assert f"packet {at} " in str(fault.found)


def test_stream_of_something_else_is_foreign() -> None:
    other = replace(AUDIO, digests=digests(90, 9))
    assert judge(cut(VIDEO, 0, 9), other) == [Code.CLIP_FOREIGN]
    subtitle = StreamPackets(2, "subtitle", digests(1, 9), (0,))
    assert judge(cut(VIDEO, 0, 9), subtitle) == [Code.CLIP_FOREIGN]
    assert judge(VIDEO, recording=()) == [Code.CLIP_FOREIGN]


def test_other_decoder_set_up_is_foreign() -> None:
    assert judge(replace(cut(VIDEO, 0, 9), setup=Digest.of(b"cropped"))) == [Code.CLIP_FOREIGN]


def test_nothing_at_all_is_foreign() -> None:
    assert judge() == [Code.CLIP_FOREIGN]
    assert judge(cut(VIDEO, 0, 0)) == [Code.CLIP_FOREIGN]


def test_stream_without_packets_is_no_fault_beside_one_with() -> None:
    assert judge(cut(VIDEO, 0, 9), cut(AUDIO, 0, 0)) == []


def test_data_streams_are_named_as_unchecked() -> None:
    trim = place([cut(VIDEO, 0, 9), StreamPackets(7, "data", digests(1, 9), (0,))], RECORDING)
    assert (trim.faults, trim.unchecked) == ((), (7,))


def test_rounded_times_hold() -> None:
    part = cut(VIDEO, 10, 40)
    rounded = tuple(round(time, -3) for time in part.times)
    assert judge(replace(part, times=rounded)) == []


def test_another_pace_is_retimed() -> None:
    part = cut(VIDEO, 10, 40)
    assert judge(replace(part, times=tuple(it * 11 // 10 for it in part.times))) == [
        Code.CLIP_RETIMED
    ]


def test_lost_times_are_retimed() -> None:
    part = cut(VIDEO, 10, 40)
    assert judge(replace(part, times=(NO_TIME,) * 30)) == [Code.CLIP_RETIMED]


def test_packets_without_recorded_time_need_none() -> None:
    untimed = replace(VIDEO, times=(NO_TIME,) * 60)
    assert judge(cut(untimed, 5, 9), recording=[untimed]) == []


def test_sound_shifted_against_the_picture_is_retimed() -> None:
    assert judge(cut(VIDEO, 0, 30), cut(AUDIO, 0, 45, 90_000)) == []
    assert judge(cut(VIDEO, 0, 30), cut(AUDIO, 0, 45, 200_000)) == [Code.CLIP_RETIMED]


def test_sound_of_another_minute_is_retimed() -> None:
    part = replace(cut(AUDIO, 60, 90), times=AUDIO.times[:30])
    assert judge(cut(VIDEO, 0, 20), part) == [Code.CLIP_RETIMED]


def test_silence_is_placed_where_it_is_in_step() -> None:
    silent = replace(AUDIO, digests=(bytes(32),) * 90)
    trim = place([cut(silent, 45, 60), cut(VIDEO, 30, 40)], (VIDEO, silent))
    assert not trim.faults
    assert {it.original.kind: it.first for it in trim.placed} == {"video": 30, "audio": 45}


def test_digest_that_only_straddles_two_packets_is_no_place() -> None:
    whole = digests(1)[0]
    halves = (bytes(16) + whole[:16], whole[16:] + bytes(16))
    original = StreamPackets(0, "", (*halves, whole), (0, 1, 2))
    trim = place([StreamPackets(0, "video", (whole,), (2,))], [original])
    assert trim.placed[0].first == 2


@pytest.mark.parametrize("stream", [VIDEO, AUDIO])
def test_whole_recording_is_a_part_of_itself(stream: StreamPackets) -> None:
    assert judge(stream) == []
