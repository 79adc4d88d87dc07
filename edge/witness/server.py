"""The witness over HTTP: `POST /add-checkpoint`, and `GET /` for its name and keys.

Plain HTTP/1.1 with keep-alive, for a loopback address behind a proxy or a closed network:
requests need no secrecy and carry their own signatures. Sizes, time and the number of
connections are bounded. Keeps no statistics.
"""

import sys
import threading
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any

from edge.evidence.witness import REQUEST_LIMIT
from edge.witness.store import WitnessStore

_TEXT = "text/plain; charset=utf-8"
_MOST_CONNECTIONS = 64
_SECONDS = 10


class WitnessServer(ThreadingHTTPServer):
    """Serves one store on `address`; port 0 takes any free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], store: WitnessStore, vkeys: Sequence[str]) -> None:
        self.store = store
        self.page = "".join(f"{vkey}\n" for vkey in vkeys).encode()
        self._free = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as in the base class
        """Take a connection, or close it at once where there are too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as in the base class
        """Make room again when the connection ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002 - as in the base class
        """A connection that broke is one line, not a stack trace; the store is untouched."""
        print(f"connection of {client_address}: {sys.exception()!r}", file=sys.stderr)  # noqa: T201 - the log


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    connection: socket
    protocol_version = "HTTP/1.1"
    timeout = _SECONDS

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        if not (size.isascii() and size.isdigit()) or "Transfer-Encoding" in self.headers:
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif len(size) > 9 or int(size) > REQUEST_LIMIT:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif self.path != "/add-checkpoint":
            self._refuse(HTTPStatus.NOT_FOUND)
        else:
            self._answer(self.rfile.read(int(size)))

    def do_GET(self) -> None:
        if self.path == "/":
            self._send(HTTPStatus.OK, _TEXT, self.server.page)
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def _answer(self, raw: bytes) -> None:
        try:
            status, kind, body = self.server.store.answer(raw)
        except OSError as failure:
            self.log_error("not remembered, so not signed: %s", failure)
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
            return
        self._send(status, kind, body)

    def _refuse(self, status: HTTPStatus) -> None:
        """Without reading on: the connection ends."""
        self.close_connection = True
        self._send(status, _TEXT, f"{status.phrase}\n".encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "liuhen-witness"
