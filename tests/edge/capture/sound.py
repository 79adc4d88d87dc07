"""A sound device made of ALSA's file plug-in: real libasound, real PortAudio, no hardware."""

import importlib.util
import math
import struct
from pathlib import Path

import pytest

SYSTEM_CONFIG = Path("/usr/share/alsa/alsa.conf")
NAME = "spoken-note"
RATE = 48_000

needs_sound = pytest.mark.skipif(
    importlib.util.find_spec("pyaudio") is None or not SYSTEM_CONFIG.exists(),
    reason="no PyAudio (requirements-edge.txt), or no ALSA configuration",
)


def write_device(folder: Path, seconds: int = 60) -> Path:
    """Write a device that plays a 440 Hz tone; answers what ALSA_CONFIG_PATH must name."""
    samples = (round(9000 * math.sin(2 * math.pi * 440 * i / RATE)) for i in range(RATE))
    tone = b"".join(struct.pack("<h", sample) for sample in samples)
    source = folder / "tone.raw"
    source.write_bytes(tone * seconds)
    config = folder / "asound.conf"
    config.write_text(
        f"""<{SYSTEM_CONFIG}>
pcm.{NAME} {{
  type file
  slave.pcm "null"
  file "/dev/null"
  infile "{source}"
  format "raw"
  hint {{ show on  description "{NAME}" }}
}}
"""
    )
    return config
