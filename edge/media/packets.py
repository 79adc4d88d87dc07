"""The packets of a media file: their digests and times, and whether its camera signed them.

Promise: bounded time and memory for any file whatever, and never an exception because of what is
in it: a file whose packets cannot all be read has none. FFmpeg (PyAV) runs in a child process
that sees this one file and can write none. Does not decode, and verifies no camera's signature.
"""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from edge.evidence.digest import Digest
from edge.evidence.errors import EvidenceError
from edge.evidence.media_tree import StreamPackets
from edge.evidence.statement import CameraSignature
from edge.media import packet_probe
from edge.media.packet_probe import END, LENGTH, MAX_PACKETS, ROW

ONVIF = "onvif-media-signing"
IN_THE_TREE = frozenset({"video", "audio"})
_SECONDS = 20
_BYTES_A_SECOND = 20 << 20
_MAX_JSON = 1 << 20


@dataclass(frozen=True, slots=True)
class Packets:
    """All streams of one file; `signature` where its camera says that it signed."""

    streams: tuple[StreamPackets, ...]
    signature: CameraSignature | None

    @property
    def tree_streams(self) -> tuple[StreamPackets, ...]:
        """Those that go into a media tree: pictures and sound."""
        return tuple(it for it in self.streams if it.kind in IN_THE_TREE)


def read_packets(path: Path) -> Packets | None:
    """Digest every packet of the file; None where it is no media file, or a broken one.

    Raises OSError only if the file cannot be opened.
    """
    with path.open("rb") as file:
        return packets_in(file)


def packets_in(file: BinaryIO) -> Packets | None:
    """The same of a file that is open already, from its start."""
    size = os.fstat(file.fileno()).st_size
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    return _ask(file.fileno(), _SECONDS + size // _BYTES_A_SECOND) if size else None


def _ask(handle: int, seconds: int) -> Packets | None:
    command = [sys.executable, "-I", "-B", str(Path(packet_probe.__file__)), str(seconds)]
    with subprocess.Popen(
        command,
        stdin=handle,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        cwd="/",
        close_fds=True,
    ) as child:
        limit = threading.Timer(2 * seconds, child.kill)
        limit.start()
        try:
            return _read(child.stdout) if child.stdout else None
        except (ValueError, KeyError, TypeError, AttributeError, EvidenceError):
            return None
        finally:
            limit.cancel()
            child.kill()


def _read(answer: IO[bytes]) -> Packets:
    facts = {int(it["index"]): it for it in _json(answer)}
    digests: dict[int, list[bytes]] = {index: [] for index in facts}
    times: dict[int, list[int]] = {index: [] for index in facts}
    hidden = dict.fromkeys(facts, 0)
    for _ in range(MAX_PACKETS + 2):
        index, discard, time, digest = ROW.unpack(_exactly(answer, ROW.size))
        if index == END:
            break
        digests[index].append(digest)
        times[index].append(time)
        hidden[index] += discard
    else:
        raise ValueError(MAX_PACKETS)
    streams = tuple(
        StreamPackets(
            index,
            str(it["kind"]),
            tuple(digests[index]),
            tuple(times[index]),
            Digest.parse(it["setup"]) if "setup" in it else None,
            hidden[index],
        )
        for index, it in sorted(facts.items())
    )
    return Packets(streams, _signature(_json(answer)))


def _signature(found: dict[str, int]) -> CameraSignature | None:
    for index, messages in sorted(found.items()):
        return CameraSignature(kind=ONVIF, stream=int(index), messages=int(messages))
    return None


def _json(answer: IO[bytes]) -> Any:  # noqa: ANN401 - JSON
    (length,) = LENGTH.unpack(_exactly(answer, LENGTH.size))
    if length > _MAX_JSON:
        raise ValueError(length)
    return json.loads(_exactly(answer, length))


def _exactly(answer: IO[bytes], size: int) -> bytes:
    data: bytes = answer.read(size)
    if len(data) != size:
        raise ValueError(size)
    return data
