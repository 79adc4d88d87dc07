"""`python -m dock_agent kiosk`: the screen as a process, until SIGTERM.

Runs beside the agent and outlives its restarts. Listens on 127.0.0.1 and on nothing else,
whatever the configuration says. Holds no key and changes nothing.
"""

import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from dock_agent.config import StationConfig
from dock_agent.errors import AgentError, ConfigError
from dock_agent.kiosk.app import application
from dock_agent.kiosk.follower import Follower
from dock_agent.kiosk.wire import Ear

LOOPBACK = "127.0.0.1"
_LAST_WORDS_S = 2


class KioskError(AgentError):
    """The screen cannot be shown."""

    code = "KIOSK_PORT_TAKEN"


def serve(config: StationConfig) -> int:
    """Serve until told to end; 1 where the follower failed. Raises ConfigError, KioskError."""
    if not config.kiosk.enabled:
        raise ConfigError(
            code="KIOSK_DISABLED",
            expected="[kiosk] enabled = true to show a screen",
            found="enabled = false",
        )
    listener = _listen(config.kiosk.port)
    try:
        ear = Ear(config.data)
    except OSError as taken:
        raise _refused("to be the only screen of this station", taken) from taken
    failures: list[bool] = []

    def failed() -> None:
        failures.append(True)
        server.end()

    follower = Follower(config, ear, failed)
    server = _Server(
        uvicorn.Config(
            application(config, follower),
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=_LAST_WORDS_S,
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: server.end())
    follower.start()
    try:
        server.run(sockets=[listener])
    finally:
        follower.stop()
        ear.close()
    return 1 if failures else 0


class _Server(uvicorn.Server):
    """Ends when told, with the exit code that is ours to choose."""

    def end(self) -> None:
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve`; uvicorn would raise them again at the end."""
        yield


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError as failure:
        listener.close()
        raise _refused(f"port {port} of {LOOPBACK} to be free", failure) from failure
    return listener


def _refused(expected: str, failure: OSError) -> KioskError:
    found = errno.errorcode.get(failure.errno or 0, "") or str(failure)
    return KioskError(expected=expected, found=f"{found}: {failure.strerror}")
