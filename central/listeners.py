"""Two listeners in one loop: HTTP on loopback for people, HTTPS for stations.

The stations' listener speaks TLS 1.3 only, demands a certificate of our own CA, and hands
its common name to the application. Sockets are opened before anything is told, so a port
that is taken is an error at start and not a silent wait.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from central.config import EnrolmentSection, HttpSection, UploadSection
from central.errors import CentralError
from central.intake.upload import TLS_EXTENSION

_GRACE_S = 2
_BACKLOG = 512
_KEEP_ALIVE_S = 75


class PortTakenError(CentralError):
    """Another program listens where central should."""

    code = "PORT_TAKEN"


class StationProtocol(HttpToolsProtocol):
    """HTTP/1.1 that tells the application whose certificate the listener verified."""

    _client_cn: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))
        secured = transport.get_extra_info("ssl_object")
        self._client_cn = None if secured is None else _common_name(secured.getpeercert())

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {TLS_EXTENSION: {"client_cn": self._client_cn}}


class _Server(uvicorn.Server):
    """A server that leaves signals to its owner."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Listener:
    """One open socket and the server behind it."""

    bound: socket.socket
    server: uvicorn.Server

    async def run(self) -> None:
        await self.server.serve(sockets=[self.bound])

    def stop(self) -> None:
        """Take no more requests; those at work have two seconds."""
        self.server.should_exit = True


def for_people(app: ASGIApp, settings: HttpSection) -> Listener:
    """The listener of API and pages. TLS is a reverse proxy's business."""
    config = _config(app, HttpToolsProtocol, tls=None)
    return Listener(_open(settings.host, settings.port), _Server(config))


def for_stations(app: ASGIApp, settings: UploadSection) -> Listener:
    """The listener of uploads."""
    config = _config(app, StationProtocol, tls=tls_context(settings))
    return Listener(_open(settings.host, settings.port), _Server(config))


def for_guests(app: ASGIApp, settings: EnrolmentSection, tls: UploadSection) -> Listener:
    """The listener of stations that enrol themselves: TLS 1.3, no client certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(tls.certificate, tls.key)
    config = _config(app, HttpToolsProtocol, tls=context)
    return Listener(_open(settings.host, settings.port), _Server(config))


def tls_context(settings: UploadSection) -> ssl.SSLContext:
    """TLS 1.3 with a client certificate of the stations' CA, or no connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(settings.client_ca)
    context.load_cert_chain(settings.certificate, settings.key)
    return context


async def run(listeners: Sequence[Listener], stop: asyncio.Event, ready: asyncio.Event) -> None:
    """Serve until `stop`; sets `ready` when every listener answers."""
    serving = [asyncio.create_task(each.run()) for each in listeners]
    stopping = asyncio.create_task(stop.wait())
    while not all(each.server.started for each in listeners):
        if any(task.done() for task in serving):
            break
        await asyncio.sleep(0.01)
    else:
        ready.set()
    await asyncio.wait([*serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    for each in listeners:
        each.stop()
    await asyncio.gather(*serving)
    stopping.cancel()


def _config(
    app: ASGIApp, protocol: type[HttpToolsProtocol], tls: ssl.SSLContext | None
) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=tls is None,  # of a proxy on this machine only
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )


def _open(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(_BACKLOG)
    except OSError as failure:
        bound.close()
        raise PortTakenError(
            expected=f"{host}:{port} to be free", found=str(failure), port=port
        ) from failure
    bound.set_inheritable(False)
    return bound


def _common_name(certificate: dict[str, object] | None) -> str | None:
    """The one common name of a verified certificate; None where there is not exactly one."""
    subject = cast(
        "tuple[tuple[tuple[str, str], ...], ...]", (certificate or {}).get("subject", ())
    )
    names = [value for part in subject for key, value in part if key == "commonName"]
    return names[0] if len(names) == 1 else None
