"""What a media tool makes of a file: container, duration, streams, playable or not.

Promise: an answer for any file whatever, in bounded time and memory, and never an exception
because of what is in it: a broken or hostile file is not playable, and the text says why.
The tool (PyAV) runs in a child process that sees this one file and can write none.
Facts are claims of the file, not of the camera; nothing is decided from them.
"""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dock_agent import media_probe
from edge.evidence.errors import EvidenceError
from edge.evidence.media_tree import tree_of
from edge.evidence.statement import CameraSignature, Media, Stream
from edge.media.packets import read_packets

TIMEOUT_SECONDS = 20.0
_MAX_ANSWER = 1 << 16
_MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class Probed:
    """What a file says of itself: media facts, and whether its camera signed it."""

    media: Media
    signature: CameraSignature | None = None


def probe(path: Path) -> Probed:
    """Facts and packets of the file at `path`. Raises OSError only if it cannot be opened.

    Where it is playable and every packet can be read, the facts hold a media tree.
    """
    media = inspect(path)
    packets = read_packets(path) if media.playable else None
    if packets is None:
        return Probed(media)
    return Probed(replace(media, tree=tree_of(packets.tree_streams)), packets.signature)


def inspect(path: Path, *, timeout: float = TIMEOUT_SECONDS) -> Media:
    """Read the facts of the file at `path`. Raises OSError only if it cannot be opened."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            return _unplayable("the file is empty")
        answer, status = _ask(file.fileno(), timeout)
    if status != 0:
        return _unplayable(_why(status, timeout))
    try:
        return _media(json.loads(answer))
    except (ValueError, KeyError, TypeError, AttributeError, EvidenceError):
        return _unplayable("the media tool gave no usable answer")


def _ask(handle: int, timeout: float) -> tuple[bytes, int]:
    """Run the child on an open file; its answer and exit status, or 0 - the signal."""
    command = [sys.executable, "-I", "-B", str(Path(media_probe.__file__))]
    with subprocess.Popen(
        command,
        stdin=handle,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        cwd="/",
        close_fds=True,
    ) as child:
        limit = threading.Timer(timeout, child.kill)
        limit.start()
        try:
            answer = child.stdout.read(_MAX_ANSWER + 1) if child.stdout else b""
            if len(answer) > _MAX_ANSWER:
                child.kill()
            return answer, child.wait()
        finally:
            limit.cancel()
            child.kill()


def _media(facts: dict[str, Any]) -> Media:
    playable = facts["playable"] is True
    streams = tuple(Stream(**each) for each in facts.get("streams", []))
    problem = None if playable else _text(facts.get("problem")) or "not playable"
    return Media(
        playable=playable,
        problem=problem,
        container=_text(facts.get("container")),
        duration_ms=facts.get("duration_ms"),
        streams=streams,
    )


def _text(value: object) -> str | None:
    """Text for a manifest: printable, short, without lone surrogates."""
    if value is None:
        return None
    shown = "".join(c if c.isprintable() else " " for c in str(value)[:_MAX_TEXT])
    return shown.encode("utf-8", "replace").decode().strip() or None


def _why(status: int, timeout: float) -> str:
    if status == -9:
        return f"the media tool was stopped after {timeout:g} s or too long an answer"
    if status < 0:
        return f"the media tool was ended by signal {-status}"
    return f"the media tool failed with status {status}"


def _unplayable(problem: str) -> Media:
    return Media(playable=False, problem=problem, streams=())
