"""The one door to microphones: PortAudio through PyAudio, mono, 16 bit.

Promise: every block that the device delivers is passed on with the time of its first sample;
what the device itself left out is counted and shows as a step in time, never as a shift of
all that follows. A device that runs ahead of real time (ALSA's file plug-in) is held back.
Nothing else imports PyAudio, and it is imported only when it is asked for.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from edge.capture.errors import MicrophoneError
from edge.capture.feed import Block
from edge.capture.source_clock import SourceClock
from edge.clock import monotonic
from edge.config import MicrophoneSettings

BLOCKS_PER_SECOND = 25
_AHEAD_SECONDS = 0.25
_ALIVE_CHECK_SECONDS = 0.5


class Microphone(Protocol):
    """An open microphone."""

    name: str
    rate: int

    def run(self, hear: Callable[[Block], None], stop: threading.Event) -> None:
        """Deliver sound until `stop` is set. Raises MicrophoneError where it fails."""

    def close(self) -> None: ...

    @property
    def overflows(self) -> int:
        """How often the device said that it left samples out."""


def open_microphone(settings: MicrophoneSettings) -> Microphone:
    """Open the microphone of the settings. Raises MicrophoneError where it cannot be had."""
    if settings.source == "pyaudio":
        return PyAudioMicrophone(settings)
    raise MicrophoneError(expected="pyaudio", found=settings.source)


def list_microphones() -> list[dict[str, str]]:
    """Inputs that PortAudio sees; none where PyAudio is not installed."""
    try:
        import pyaudio
    except ImportError:
        return []
    system = pyaudio.PyAudio()
    try:
        return [
            {
                "source": "pyaudio",
                "device": str(each["name"]),
                "name": str(each["name"]),
                "rate": str(round(float(each["defaultSampleRate"]))),
            }
            for each in _inputs(system)
        ]
    finally:
        system.terminate()


class PyAudioMicrophone:
    """One input device; PortAudio calls back from a thread of its own."""

    def __init__(self, settings: MicrophoneSettings) -> None:
        try:
            import pyaudio
        except ImportError as fault:
            raise MicrophoneError(expected="PyAudio installed", found=str(fault)) from fault
        self.rate = settings.rate
        self.overflows = 0
        self._runs_ahead = False
        self._pyaudio = pyaudio
        self._system = pyaudio.PyAudio()
        try:
            device = _choose(self._system, settings.device)
            self.name = str(device["name"])
            self._index = int(device["index"])
            self._system.is_format_supported(
                self.rate,
                input_device=self._index,
                input_channels=1,
                input_format=pyaudio.paInt16,
            )
        except (OSError, ValueError) as fault:
            self._system.terminate()
            expected = f"an input {settings.device!r} at {self.rate} Hz"
            raise MicrophoneError(expected=expected, found=str(fault)) from fault
        except MicrophoneError:
            self._system.terminate()
            raise

    def run(self, hear: Callable[[Block], None], stop: threading.Event) -> None:
        clock = SourceClock()
        count = 0

        def heard(
            samples: bytes, frames: int, _time: Mapping[str, float], status: int
        ) -> tuple[None, int]:
            nonlocal count
            if status & self._pyaudio.paInputOverflow:
                self.overflows += 1
                clock.lost()
            count += frames
            end = clock.place(count / self.rate, monotonic())
            if self._held_back(end - monotonic(), stop):
                return None, self._pyaudio.paComplete
            hear(Block(samples, end - frames / self.rate))
            return None, self._pyaudio.paContinue

        try:
            self._listen(heard, stop)
        except OSError as fault:
            raise self._lost(str(fault)) from fault

    def close(self) -> None:
        self._system.terminate()

    def _held_back(self, ahead: float, stop: threading.Event) -> bool:
        """Wait where the device runs ahead of real time; True where there is no more need."""
        self._runs_ahead = self._runs_ahead or ahead > _AHEAD_SECONDS
        return stop.wait(max(0.0, ahead)) if self._runs_ahead else stop.is_set()

    def _listen(self, heard: Callable[..., tuple[None, int]], stop: threading.Event) -> None:
        stream = self._system.open(
            format=self._pyaudio.paInt16,
            channels=1,
            rate=self.rate,
            input=True,
            input_device_index=self._index,
            frames_per_buffer=self.rate // BLOCKS_PER_SECOND,
            stream_callback=heard,
        )
        try:
            while not stop.wait(_ALIVE_CHECK_SECONDS):
                if not stream.is_active():
                    raise self._lost("its end")
        finally:
            stream.close()

    def _lost(self, found: str) -> MicrophoneError:
        return MicrophoneError(
            code="MICROPHONE_LOST", expected=f"sound from {self.name}", found=found
        )


def _inputs(system: Any) -> list[Mapping[str, Any]]:  # noqa: ANN401 - PyAudio has no types
    devices = (system.get_device_info_by_index(i) for i in range(system.get_device_count()))
    return [each for each in devices if each["maxInputChannels"] > 0]


def _choose(system: Any, wanted: str) -> Mapping[str, Any]:  # noqa: ANN401 - PyAudio has no types
    inputs = _inputs(system)
    if not wanted and inputs:
        default: Mapping[str, Any] = system.get_default_input_device_info()
        return default
    for each in inputs:
        if wanted in str(each["name"]):
            return each
    found = ", ".join(str(each["name"]) for each in inputs) or "no input"
    raise MicrophoneError(expected=f"an input whose name has {wanted!r}", found=found)
