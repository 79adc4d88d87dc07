"""Child process of `media`: read one media file's facts from standard input.

It bounds itself (processor time, memory, no file can be written, no core) before it looks at
a byte, opens nothing but what it was given, and lets FFmpeg follow no reference out of the
file. Prints one JSON object; dies on anything else. Imports nothing of ours, because it runs
isolated (`python -I`).
"""

import json
import os
import resource
import sys
from typing import Any

CPU_SECONDS = 10
MEMORY_BYTES = 1 << 30
MAX_STREAMS = 64
MAX_PACKETS = 400
# Containers that cameras write. Playlists and anything that names other files are not here.
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,h264,hevc,mjpeg,"
    "wav,mp3,aac,amr,flac,ogg,asf,flv,jpeg_pipe,png_pipe"
)


def bound() -> None:
    """Give up, for good, what reading a file does not need."""
    for what, limit in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def facts_of(file: Any) -> dict[str, Any]:  # noqa: ANN401 - a binary file
    """Container, duration, streams, and whether a first frame can be decoded."""
    import av

    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    with av.open(file, mode="r", options=options, metadata_errors="replace") as container:
        streams = [_stream(each) for each in list(container.streams)[:MAX_STREAMS]]
        facts: dict[str, Any] = {"container": container.format.name, "streams": streams}
        if container.duration is not None and container.duration >= 0:
            facts["duration_ms"] = container.duration // 1000
        try:
            facts["playable"] = _decodes(container)
        except av.error.FFmpegError as broken:
            return {**facts, "playable": False, "problem": broken.strerror}
    if not facts["playable"]:
        facts["problem"] = "no frame of picture or sound could be decoded"
    return facts


def _stream(stream: Any) -> dict[str, Any]:  # noqa: ANN401 - PyAV has no types here
    context = stream.codec_context
    facts: dict[str, Any] = {"kind": stream.type, "codec": context.name if context else "unknown"}
    if stream.type == "video" and context:
        facts |= {"width": context.width, "height": context.height}
        if stream.average_rate:
            facts["rate"] = str(stream.average_rate)
    elif stream.type == "audio" and context and context.sample_rate:
        facts["rate"] = str(context.sample_rate)
    return facts


def _decodes(container: Any) -> bool:  # noqa: ANN401 - PyAV has no types here
    kinds = [*container.streams.video, *container.streams.audio]
    if not kinds:
        return False
    for number, packet in enumerate(container.demux(kinds[0])):
        if packet.decode():
            return True
        if number >= MAX_PACKETS:
            return False
    return False


def main() -> int:
    """Read standard input, print the facts."""
    bound()
    try:
        with os.fdopen(0, "rb") as file:
            facts = facts_of(file)
    except MemoryError:
        facts = {"playable": False, "problem": "needs more memory than a media file may"}
    except Exception as broken:  # noqa: BLE001 - whatever a hostile file provokes
        text = getattr(broken, "strerror", None) or str(broken) or type(broken).__name__
        facts = {"playable": False, "problem": text}
    sys.stdout.write(json.dumps(facts))
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
