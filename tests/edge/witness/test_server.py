"""The witness over real HTTP: statuses of tlog-witness, bounds, and one line for each fault."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from edge.evidence.cosignature import CosignatureVerifier, cosigned_by
from edge.evidence.witness import REQUEST_LIMIT
from edge.witness import server as module
from edge.witness.server import WitnessServer
from tests.edge.witness.makers import Bench

Reply = tuple[int, str, bytes]


@pytest.fixture
def server(desk: Bench) -> Iterator[WitnessServer]:
    store = desk.open()
    with WitnessServer(("127.0.0.1", 0), store, desk.keys.vkeys) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()
    store.close()


def connected(server: WitnessServer) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=20)


def post(link: http.client.HTTPConnection, body: bytes, path: str = "/add-checkpoint") -> Reply:
    link.request("POST", path, body)
    return replied(link)


def replied(link: http.client.HTTPConnection) -> Reply:
    reply = link.getresponse()
    return reply.status, reply.headers["Content-Type"], reply.read()


def test_one_connection_carries_many_requests(desk: Bench, server: WitnessServer) -> None:
    link = connected(server)
    status, _, body = post(link, desk.log.request(0, 5))
    assert status == 200
    witness = CosignatureVerifier.parse(desk.keys.vkeys[0])
    assert cosigned_by(desk.log.note(5) + body.decode(), [witness])
    assert post(link, desk.log.request(3, 6)) == (409, "text/x.tlog.size", b"5\n")
    assert post(link, desk.log.forked(4).request(5, 6))[0] == 422
    assert post(link, b"nonsense")[0] == 400
    assert post(link, desk.log.request(5, 6))[0] == 200


def test_page_names_the_keys(desk: Bench, server: WitnessServer) -> None:
    link = connected(server)
    link.request("GET", "/")
    assert replied(link)[2].decode().splitlines() == list(desk.keys.vkeys)
    link.request("GET", "/metrics")
    assert replied(link)[0] == 404


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({"Content-Length": str(REQUEST_LIMIT + 1)}, "/add-checkpoint", 413),
        ({"Content-Length": "9" * 30}, "/add-checkpoint", 413),
        ({"Content-Length": "-1"}, "/add-checkpoint", 411),
        ({}, "/add-checkpoint", 411),
        ({"Transfer-Encoding": "chunked", "Content-Length": "1"}, "/add-checkpoint", 411),
        ({"Content-Length": "1"}, "/add-checkpoint/", 404),
    ],
)
def test_what_is_not_read_ends_the_connection(
    server: WitnessServer, headers: dict[str, str], path: str, status: int
) -> None:
    link = connected(server)
    link.putrequest("POST", path)
    for name, value in headers.items():
        link.putheader(name, value)
    link.endheaders()
    reply = link.getresponse()
    assert (reply.status, reply.headers["Connection"]) == (status, "close")


def test_state_that_cannot_be_written_is_500_and_nothing_signed(
    desk: Bench, server: WitnessServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(raw: bytes) -> Reply:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(server.store, "answer", broken)
    status, _, body = post(connected(server), desk.log.request(0, 5))
    assert status == 500
    assert "—".encode() not in body


def test_too_many_connections_are_closed_and_then_there_is_room(
    desk: Bench, server: WitnessServer
) -> None:
    address = server.server_address
    held = [socket.create_connection(address, timeout=20) for _ in range(module._MOST_CONNECTIONS)]
    for link in held:
        link.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert link.recv(100).startswith(b"HTTP/1.1 200")
    with socket.create_connection(address, timeout=20) as turned_away:
        assert turned_away.recv(10) == b""
    for link in held:
        link.shutdown(socket.SHUT_RDWR)
        link.close()
    for _ in range(200):
        with suppress(http.client.RemoteDisconnected, ConnectionResetError):
            assert post(connected(server), desk.log.request(0, 5))[0] == 200
            break
        threading.Event().wait(0.01)
    else:
        pytest.fail("no room again")


def test_broken_connection_is_one_line(
    server: WitnessServer, capsys: pytest.CaptureFixture[str]
) -> None:
    with suppress(OSError):
        try:
            socket.create_connection(("127.0.0.1", 0))
        finally:
            server.handle_error(None, ("127.0.0.1", 1))
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "connection of" in line] == lines[-1:]
    assert "Error" in lines[-1]


def test_version_of_python_is_not_told(server: WitnessServer) -> None:
    link = connected(server)
    link.request("GET", "/")
    assert link.getresponse().headers["Server"] == "liuhen-witness"
