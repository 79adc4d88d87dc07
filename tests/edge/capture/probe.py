"""What ffprobe and ffmpeg, which know nothing of us, say of a segment."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

needs_ffmpeg = pytest.mark.skipif(
    shutil.which("ffprobe") is None or shutil.which("ffmpeg") is None,
    reason="no ffprobe and ffmpeg to measure with",
)


def streams(path: Path) -> dict[str, dict]:
    words = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    done = subprocess.run(words, capture_output=True, check=True)
    return {each["codec_type"]: each for each in json.loads(done.stdout)["streams"]}


def times(path: Path, kind: str) -> list[float]:
    """Presentation times of all packets of the stream `v` or `a`, in order."""
    words = ["ffprobe", "-v", "error", "-select_streams", kind, "-show_entries", "packet=pts_time"]
    done = subprocess.run(
        [*words, "-of", "csv=p=0", str(path)], capture_output=True, check=True, text=True
    )
    return sorted(float(line.strip(",")) for line in done.stdout.split())


def decoded_frames(path: Path) -> int:
    """Frames that a foreign decoder gets out of a file, whatever its end looks like."""
    words = ["ffprobe", "-v", "quiet", "-select_streams", "v", "-count_frames"]
    words += ["-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", str(path)]
    done = subprocess.run(words, capture_output=True, check=False, text=True)
    return int(done.stdout.strip().strip(",") or 0)


def plays(path: Path) -> bool:
    words = ["ffmpeg", "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"]
    done = subprocess.run(words, capture_output=True, check=False)
    return done.returncode == 0 and not done.stderr


def brightness(path: Path, pixels: int) -> list[float]:
    """Mean luma of each frame of that many pixels, as it is coded."""
    words = ["ffmpeg", "-v", "error", "-i", str(path), "-vf", "extractplanes=y"]
    words += ["-f", "rawvideo", "-fps_mode", "passthrough", "-"]
    raw = subprocess.run(words, capture_output=True, check=True).stdout
    return [sum(raw[i : i + pixels]) / pixels for i in range(0, len(raw), pixels)]


def loudness(path: Path) -> list[float]:
    """Root mean square of the sound, for each tenth of a second."""
    words = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(path),
        "-f",
        "s16le",
        "-ac",
        "1",
        "-ar",
        "8000",
        "-",
    ]
    raw = subprocess.run(words, capture_output=True, check=True).stdout
    samples = memoryview(raw[: len(raw) // 2 * 2]).cast("h")
    tenths = [samples[i : i + 800] for i in range(0, len(samples) - 799, 800)]
    return [(sum(s * s for s in tenth) / 800) ** 0.5 for tenth in tenths]
