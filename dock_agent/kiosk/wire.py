"""News from the agent to the screen: one datagram an event, and nobody ever waits.

The address is an abstract Unix socket named after the data folder: no file is left behind
by a kill, and either side may start first. A full buffer or a missing listener loses the
event, which is right for news: the ledger holds the facts. The kernel says who sent a
datagram; one from another account is not heard. Decides nothing about footage.
"""

import hashlib
import json
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dock_agent.events import Event, Listener

_LONGEST = 65_536
_SENDER = struct.Struct("3i")  # pid, uid, gid, as the kernel fills them in


def teller(data: Path) -> Listener:
    """Make a listener that tells the screen of this data folder, if there is one."""
    out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    out.settimeout(0)
    address = _address(data)

    def tell(event: Event) -> None:
        message = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            out.sendto(message, address)
        except OSError:
            return  # nobody there, nobody reading, or longer than a datagram

    return tell


class Ear:
    """Hears what agents of this data folder tell. Raises OSError where another one does."""

    def __init__(self, data: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._socket.bind(_address(data))
        self._trusted = {0, os.geteuid()}

    def hear(self, patience: float) -> Iterator[dict[str, Any]]:
        """Wait for one event, then take what else is there."""
        self._socket.settimeout(patience)
        while True:
            try:
                raw, extra, _, _ = self._socket.recvmsg(_LONGEST, socket.CMSG_SPACE(_SENDER.size))
            except (TimeoutError, BlockingIOError):
                return
            if self._sender(extra) in self._trusted:
                yield from _event(raw)
            self._socket.settimeout(0)

    def close(self) -> None:
        self._socket.close()

    @staticmethod
    def _sender(extra: list[tuple[int, int, bytes]]) -> int | None:
        for level, kind, content in extra:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                return int(_SENDER.unpack(content[: _SENDER.size])[1])
        return None


def _event(raw: bytes) -> Iterator[dict[str, Any]]:
    try:
        event = json.loads(raw)
    except (ValueError, RecursionError):
        return
    if isinstance(event, dict):
        yield event


def _address(data: Path) -> str:
    name = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()
    return f"\0liuhen-events-{name[:32]}"
