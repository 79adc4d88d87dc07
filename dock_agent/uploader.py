"""Footage to central: resumable, several at a time, important first.

A file starts as soon as its manifest is logged, while the next is still being copied.
Where to go on is asked of central each time; nothing about it is remembered here. When
central holds every byte the row is `sent`; the recording counts as stored only by the
signed receipt that comes over the courier. Nothing in the vault is changed or removed.
"""

import logging
import ssl
import threading
from typing import BinaryIO

from dock_agent.errors import AgentError, StoppingError, UploadError, UploadRefusedError
from dock_agent.events import EventStream
from dock_agent.ledger import Ledger, Parcel, Problem
from dock_agent.problems import ProblemBook
from dock_agent.tus import AlreadyStoredError, DigestRefusedError, LostPlaceError, Tus
from dock_agent.vault import Vault
from edge import clock
from edge.evidence.digest import Digest

CHUNK = 8 << 20
RESTARTS = 3
_PLACES_LOST = 5
_POLL_S = 1.0
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_NUDGE_MS = 30_000
_LISTENER = "upload"
_log = logging.getLogger(__name__)


class VaultLostError(AgentError):
    """What the ledger says is in the vault is not there as sealed: never sent as good."""

    code = "VAULT_LOST"


class Uploader:
    """`run` in as many threads as uploads may go on at once; `wake` from any thread."""

    def __init__(
        self,
        url: str,
        tls: ssl.SSLContext,
        ledger: Ledger,
        vault: Vault,
        events: EventStream,
        problems: ProblemBook,
    ) -> None:
        self._url = url
        self._tls = tls
        self._ledger = ledger
        self._vault = vault
        self._events = events
        self._problems = problems
        self._turn = threading.Condition()
        self._taken: set[str] = set()
        self._not_before: dict[str, float] = {}
        self._pauses: dict[str, float] = {}

    def run(self, stop: threading.Event) -> None:
        """Upload one recording after the other until `stop`."""
        with Tus(self._url, self._tls) as tus:
            while not stop.is_set():
                parcel = self._next()
                if parcel is None:
                    with self._turn:
                        self._turn.wait(_POLL_S)
                    continue
                try:
                    self._deliver(parcel, tus, stop)
                except StoppingError:
                    break
                except AgentError:
                    _log.exception("an upload whose outcome the ledger did not take")
                    stop.wait(_LONGEST_PAUSE_S)
                finally:
                    with self._turn:
                        self._taken.discard(parcel.recording)
        self._ledger.close()

    def wake(self) -> None:
        """Something was logged: there may be more to send."""
        with self._turn:
            self._turn.notify_all()

    def nudge(self) -> None:
        """Ask central again about footage whose receipt is overdue."""
        at = clock.now()
        for recording in self._ledger.uploads.unanswered(at.plus_ms(-_NUDGE_MS)):
            self._ledger.uploads.mark(recording, "waiting", at)
            self.wake()

    def _next(self) -> Parcel | None:
        now = clock.monotonic()
        with self._turn:
            for parcel in self._ledger.uploads.waiting(len(self._taken) + 50):
                name = parcel.recording
                if name not in self._taken and self._not_before.get(name, 0.0) <= now:
                    self._taken.add(name)
                    return parcel
        return None

    def _deliver(self, parcel: Parcel, tus: Tus, stop: threading.Event) -> None:
        """Send one recording, and write down what came of it."""
        name, ledger = parcel.recording, self._ledger
        try:
            self._send(parcel, tus, stop)
        except AlreadyStoredError:
            ledger.uploads.mark(name, "sent", clock.now())
            ledger.outbox.again(parcel.envelope, clock.now())
        except DigestRefusedError as refused:
            self._note(refused, name)
            if parcel.restarts + 1 < RESTARTS:
                ledger.uploads.restarted(name, refused.code, clock.now())
                self._later(name)
            else:
                ledger.uploads.mark(name, "refused", clock.now(), code=refused.code)
        except (UploadRefusedError, VaultLostError) as refused:
            ledger.uploads.mark(name, "refused", clock.now(), code=refused.code)
            self._note(refused, name)
        except UploadError as failure:
            self._problems.note(_LISTENER, failure)
            self._later(name)
        else:
            ledger.uploads.mark(name, "sent", clock.now())
            self._problems.over(_LISTENER)
            self._pauses.pop(name, None)

    def _send(self, parcel: Parcel, tus: Tus, stop: threading.Event) -> None:
        lost = 0
        place = tus.create(parcel.envelope, parcel.size)
        with self._open(parcel) as footage:
            while True:
                try:
                    self._send_from(tus, place, footage, parcel, stop)
                except LostPlaceError:
                    lost += 1
                    if lost > _PLACES_LOST:
                        raise
                    place = tus.create(parcel.envelope, parcel.size)
                else:
                    return

    def _send_from(
        self, tus: Tus, place: str, footage: BinaryIO, parcel: Parcel, stop: threading.Event
    ) -> None:
        """Send from where central is; an empty file is whole when it is created."""
        offset = tus.offset(place)
        while offset < parcel.size:
            if stop.is_set():
                raise StoppingError(expected="time to upload", found="the agent is ending")
            footage.seek(offset)
            chunk = footage.read(min(CHUNK, parcel.size - offset))
            if not chunk:
                raise VaultLostError(
                    expected=f"{parcel.size} bytes in the vault", found=f"the end at {offset}"
                )
            offset = tus.send(place, offset, chunk)
            self._events.publish(
                "uploading", recording=parcel.recording, bytes=offset, total=parcel.size
            )

    def _open(self, parcel: Parcel) -> BinaryIO:
        try:
            return self._vault.open(Digest.parse(parcel.sha256))
        except OSError as failure:
            raise VaultLostError(
                expected=f"{parcel.sha256} in the vault",
                found=failure.strerror or str(failure),
            ) from failure

    def _later(self, recording: str) -> None:
        pause = self._pauses.get(recording, _FIRST_PAUSE_S)
        self._not_before[recording] = clock.monotonic() + pause
        self._pauses[recording] = min(pause * 2, _LONGEST_PAUSE_S)

    def _note(self, error: AgentError, recording: str) -> None:
        about = Problem(recording=recording)
        self._problems.note(f"recording {recording}", error, about=about)
