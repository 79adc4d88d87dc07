"""Child process of `packets`: digest one media file's packets from standard input.

It bounds itself (processor time, memory, no file can be written, no core) before it looks at a
byte, opens nothing but what it was given, and lets FFmpeg follow no reference out of the file.
Nothing is decoded. Imports nothing of ours, because it runs isolated (`python -I`).

Answer: a length (4 bytes) and JSON about the streams; for each packet its stream, whether the
file says not to show it, its time in microseconds and the SHA-256 of its bytes (42 bytes); a
packet of stream 255 as the end; a length and JSON about camera signatures. Numbers are
big-endian. An answer that stops before the end is none.
"""

import hashlib
import json
import os
import resource
import struct
import sys
from typing import Any

MEMORY_BYTES = 1 << 30
MAX_STREAMS = 64
MAX_PACKETS = 4 << 20
ROW = struct.Struct(">BBq32s")
LENGTH = struct.Struct(">I")
END = 255
NO_TIME = -(1 << 63)
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,h264,hevc,mjpeg,"
    "wav,mp3,aac,amr,flac,ogg,asf,flv"
)
_ONVIF = bytes.fromhex("005bc93f2d715e95ada4796f90877a6f")
_SEI_TYPES = {"h264": frozenset({6}), "hevc": frozenset({39, 40})}
_USER_DATA_UNREGISTERED = 5
_BURST = 4096


def bound(cpu_seconds: int) -> None:
    """Give up, for good, what reading a file does not need."""
    for what, limit in (
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))


def answer(file: Any, out: Any) -> None:  # noqa: ANN401 - binary files
    """Write everything about one file."""
    import av

    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}
    with av.open(file, mode="r", options=options, metadata_errors="replace") as container:
        streams = list(container.streams)[:MAX_STREAMS]
        _write_json(out, [_stream(each) for each in streams])
        signatures = _write_packets(container, streams, out)
        out.write(ROW.pack(END, 0, 0, bytes(32)))
        _write_json(out, signatures)


def _stream(stream: Any) -> dict[str, Any]:  # noqa: ANN401 - PyAV has no types here
    context = stream.codec_context
    facts: dict[str, Any] = {"index": stream.index, "kind": stream.type}
    if context is not None and context.extradata:
        facts["setup"] = hashlib.sha256(context.extradata).hexdigest()
    return facts


def _write_packets(container: Any, streams: list[Any], out: Any) -> dict[str, int]:  # noqa: ANN401
    """One row for each packet; counts ONVIF signature messages by stream."""
    signatures: dict[str, int] = {}
    framings = {stream.index: framing(stream) for stream in streams}
    rows = bytearray()
    for count, packet in enumerate(container.demux(streams)):
        if count > MAX_PACKETS:
            message = f"more than {MAX_PACKETS} packets"
            raise ValueError(message)
        if not packet.size:
            continue
        data = bytes(packet)
        at = packet.stream.index
        digest = hashlib.sha256(data).digest()
        rows += ROW.pack(at, bool(packet.is_discard), _microseconds(packet), digest)
        if len(rows) > _BURST * ROW.size:
            out.write(rows)
            rows.clear()
        framed = framings[at]
        if framed is not None and _ONVIF in data:
            codec, size = framed
            found = sum(is_signature(unit, codec) for unit in units(data, size))
            if found:
                signatures[str(at)] = signatures.get(str(at), 0) + found
    out.write(rows)
    return signatures


def _microseconds(packet: Any) -> int:  # noqa: ANN401 - PyAV has no types here
    time = packet.dts if packet.pts is None else packet.pts
    if time is None or packet.time_base is None:
        return NO_TIME
    microseconds: int = round(time * packet.time_base * 1_000_000)
    return microseconds


def framing(stream: Any) -> tuple[str, int] | None:  # noqa: ANN401 - PyAV has no types here
    """Codec and length of a unit's size field; 0 where start codes part the units."""
    context = stream.codec_context
    if context is None or context.name not in _SEI_TYPES:
        return None
    setup = bytes(context.extradata or b"")
    at = 4 if context.name == "h264" else 21
    boxed = len(setup) > at and setup[0] == 1
    return context.name, (setup[at] & 3) + 1 if boxed else 0


def units(data: bytes, size: int) -> list[bytes]:
    """The NAL units of one packet."""
    if not size:
        return [it for it in data.split(b"\x00\x00\x01") if it]
    found = []
    at = 0
    while at + size <= len(data):
        length = int.from_bytes(data[at : at + size], "big")
        found.append(data[at + size : at + size + length])
        at += size + length
    return found


def is_signature(unit: bytes, codec: str) -> bool:
    """Whether a unit is an SEI message of ONVIF media signing."""
    if len(unit) < 2 + len(_ONVIF):
        return False
    kind, start = (unit[0] & 31, 1) if codec == "h264" else (unit[0] >> 1 & 63, 2)
    if kind not in _SEI_TYPES[codec] or unit[start] != _USER_DATA_UNREGISTERED:
        return False
    at = start + 1
    while at < len(unit) - 1 and unit[at] == 255:
        at += 1
    return unit[at + 1 :].startswith(_ONVIF)


def _write_json(out: Any, value: Any) -> None:  # noqa: ANN401 - JSON
    raw = json.dumps(value).encode()
    out.write(LENGTH.pack(len(raw)) + raw)


def main() -> int:
    """Read standard input, write the answer; status 1 where there is none."""
    bound(int(sys.argv[1]))
    try:
        with os.fdopen(0, "rb") as file, os.fdopen(os.dup(1), "wb") as out:
            answer(file, out)
    except Exception:  # noqa: BLE001 - whatever a hostile file provokes
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
