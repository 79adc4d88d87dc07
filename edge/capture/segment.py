"""One segment: an MP4 that is playable up to wherever it was cut off.

Promise: fragments of about a second, so that a kill costs at most the last one; picture and
sound on one time line that starts at `start`; sound that is missing is silence of the same
length, never a shift of what follows. Does not decide when a segment ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av import AudioFrame, AudioStream, Packet, VideoStream
from av.container import OutputContainer
from av.error import FFmpegError

from edge import durable
from edge.capture.errors import CaptureError, DiskError, EncoderError
from edge.capture.feed import Block, Frame
from edge.capture.segment_file import SegmentFile

_TICKS = 90_000
_HOLE_SECONDS = 0.1
_LONGEST_HOLE_SECONDS = 60
_CONTAINER_OPTIONS = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof",
    "flush_packets": "1",
    "max_interleave_delta": "1000000",  # a silent source holds the other back for a second
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """How to encode frames. Known libx264 options are used where that is the codec."""

    width: int
    height: int
    rate: int
    codec: str
    kbit_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """How blocks come: mono, 16 bit."""

    rate: int


class Segment:
    """An MP4 being written. After `finish`, `size` and the counts are final."""

    def __init__(
        self, path: Path, start: float, picture: Picture | None, sound: Sound | None, note: str
    ) -> None:
        self.path = path
        self.start = start
        self.frames = 0
        self.first_frame = self.last_frame = start
        self._filled = 0
        self._sound_rate = sound.rate if sound else 0
        self._samples = 0
        self._ticks = -1
        self._heard = 0
        self._file = SegmentFile(path)
        try:
            with self._faults():
                self._open(picture, sound, note)
        except CaptureError:
            self._file.seal()
            if not self._file.size:  # no picture and no sound was ever in it
                durable.discard_temporary(path)
            raise

    def _open(self, picture: Picture | None, sound: Sound | None, note: str) -> None:
        self._out = av.open(self._file, "w", format="mp4", options=_CONTAINER_OPTIONS)
        self._out.metadata["comment"] = note
        self._video = _add_picture(self._out, picture) if picture else None
        self._audio = _add_sound(self._out, sound) if sound else None
        self._out.start_encoding()

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._file.size

    @property
    def filled_ms(self) -> int:
        """Silence written in place of sound that never came."""
        return round(self._filled / self._sound_rate * 1000) if self._sound_rate else 0

    @property
    def heard_ms(self) -> int:
        """Sound that came from the device."""
        return round(self._heard / self._sound_rate * 1000) if self._sound_rate else 0

    def see(self, frame: Frame) -> None:
        """Encode one frame at its own time."""
        if self._video is None:
            return
        ticks = max(self._ticks + 1, round((frame.at - self.start) * _TICKS))
        frame.image.pts = self._ticks = ticks
        frame.image.time_base = Fraction(1, _TICKS)
        self.first_frame = self.first_frame if self.frames else frame.at
        self.last_frame = frame.at
        self.frames += 1
        with self._faults():
            self._out.mux(self._video.encode(frame.image))

    def hear(self, block: Block) -> None:
        """Encode one block after the sound before it, with silence for what is missing."""
        if self._audio is None:
            return
        hole = block.at - self.start - self._samples / self._sound_rate
        if hole > _HOLE_SECONDS:
            missing = round(min(hole, _LONGEST_HOLE_SECONDS) * self._sound_rate)
            self._filled += missing
            self._encode_sound(bytes(2 * missing))
        self._heard += block.count
        self._encode_sound(block.samples)

    def finish(self) -> None:
        """Encode what is left and write the end; `seal` must follow, whatever happens here."""
        with self._faults():
            if self._video:
                self._out.mux(self._video.encode(None))
            if self._audio:
                self._out.mux(self._audio.encode(None))
            self._out.close()

    def seal(self) -> None:
        """Flush to the disk and close. Raises DiskError, and keeps the file."""
        self._file.seal()

    def _encode_sound(self, samples: bytes) -> None:
        frame = AudioFrame(format="s16", layout="mono", samples=len(samples) // 2)
        frame.planes[0].update(samples)
        frame.sample_rate = self._sound_rate
        frame.pts = self._samples
        frame.time_base = Fraction(1, self._sound_rate)
        self._samples += len(samples) // 2
        if self._audio is not None:
            with self._faults():
                self._out.mux([each for each in self._audio.encode(frame) if _is_heard(each)])

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Say whether the disk failed or the encoder: libav says the same of both."""
        try:
            yield
        except (FFmpegError, OSError, ValueError) as fault:
            name = self.path.name
            if self._file.fault is None:
                expected = f"to encode {name}"
                raise EncoderError(expected=expected, found=str(fault)) from fault
            found = str(self._file.fault)
            raise DiskError(expected=f"to write {name}", found=found) from fault


def _is_heard(packet: "Packet[AudioStream]") -> bool:
    """Leave out AAC's run-in before the first sample: it would delay the picture by it."""
    return packet.pts is None or packet.pts >= 0


def _add_picture(out: OutputContainer, picture: Picture) -> VideoStream:
    stream = cast("VideoStream", out.add_stream(picture.codec, rate=picture.rate))
    context = stream.codec_context
    context.width, context.height = picture.width, picture.height
    context.pix_fmt = "yuv420p"
    context.time_base = Fraction(1, _TICKS)
    context.bit_rate = picture.kbit_s * 1000
    context.gop_size = picture.rate
    context.max_b_frames = 0
    if picture.codec == "libx264":
        limit = str(picture.kbit_s * 1000)
        speed = {"preset": "superfast", "tune": "zerolatency"}
        context.options = {**speed, "maxrate": limit, "bufsize": limit}
    return stream


def _add_sound(out: OutputContainer, sound: Sound) -> AudioStream:
    stream = out.add_stream("aac", rate=sound.rate)
    stream.codec_context.layout = "mono"
    stream.codec_context.bit_rate = 64_000
    return stream
