"""The station's recorder costs little more CPU than ffmpeg doing the same job.

Both record the same 720p30 pattern in real time, with the same encoder settings and the same
fragments. CPU seconds of a long run less those of a short one, so that starting up cancels
out; the row's name says the recorder's peak memory. Left out where ffmpeg is not installed.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.claim import Claim

_LONG, _SHORT = 12, 2
_ROUNDS = 3
_GOAL = 0.75
_ENCODER = "-c:v libx264 -preset superfast -tune zerolatency -b:v 2000k -maxrate 2000k"
_MUXER = "-bufsize 2000k -g 30 -bf 0 -movflags frag_keyframe+empty_moov+default_base_moof -f mp4"


@dataclass(frozen=True, slots=True)
class _Used:
    cpu: float
    mib: int


def measure() -> list[Claim]:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        return []
    ours: list[float] = []
    rival: list[float] = []
    peak = 0
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(_ROUNDS):
            for who in ("ours", "rival") if turn % 2 else ("rival", "ours"):
                place = Path(folder, f"{turn}-{who}")
                if who == "rival":
                    rival.append(_a_second(_ffmpeg(ffmpeg, place, s) for s in (_SHORT, _LONG))[0])
                else:
                    cpu, mib = _a_second(_recorder(place, s) for s in (_SHORT, _LONG))
                    ours.append(cpu)
                    peak = max(peak, mib)
    ratios = [theirs / mine for mine, theirs in zip(ours, rival, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    claim = Claim(
        name=f"recorder CPU a second (peak {peak} MiB)",
        ours=statistics.median(ours),
        rival=statistics.median(rival),
        rival_name="ffmpeg, the same encoder",
        ratio=middle,
        quartiles=(low, high),
        goal=_GOAL,
    )
    return [claim]


def _a_second(commands: Iterable[list[str]]) -> tuple[float, int]:
    short, long = (_run(command) for command in commands)
    return (long.cpu - short.cpu) / (_LONG - _SHORT), long.mib


def _recorder(place: Path, seconds: int) -> list[str]:
    words = [sys.executable, "-m", "edge", "record", "--camera", "test"]
    return [*words, "--out", str(place), "--seconds", str(seconds)]


def _ffmpeg(program: str, place: Path, seconds: int) -> list[str]:
    source = f"testsrc2=size=1280x720:rate=30:duration={seconds},format=yuv420p"
    words = [program, "-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", source]
    return [*words, *_ENCODER.split(), *_MUXER.split(), f"{place}-{seconds}.mp4"]


def _run(command: list[str]) -> _Used:
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    if status:
        message = f"expected {command[0]} to end well, found status {status}"
        raise RuntimeError(message)
    return _Used(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)
