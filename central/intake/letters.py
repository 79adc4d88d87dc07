"""Requests and responses over the broker, beside evidence: witnesses, and proofs of growth.

`witness/request` goes to a station and `witness/response` comes back, paired by correlation
data; `consistency/request` comes from a station and is answered at once. Nothing here is
kept: whoever asked asks again. What comes from a station is bounded and believed by nobody:
cosignatures and proofs verify, or they do not.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from central.log.reader import LogReader
from central.log.witnesses import Answer, SilentWitnessError
from edge.evidence.encoding import decode, encode
from edge.evidence.errors import EvidenceError

WITNESS_REQUEST, WITNESS_RESPONSE = "witness/request", "witness/response"
CONSISTENCY_REQUEST, CONSISTENCY_RESPONSE = "consistency/request", "consistency/response"
LOG_SHORT = "LOG_SHORT"
EXPIRY_S = 10
_TIMES, _WAIT_S = 5, 2.0
_MOST_BYTES = 1 << 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message that is neither evidence nor a receipt."""

    station: str
    kind: str
    payload: bytes
    correlation: bytes | None = None


Post = Callable[[Letter], bool]
"""Hands a letter to the broker; False where the line is down."""


class Letters:
    """What comes in from stations. `take` runs in the intake's own thread."""

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._waiting: dict[tuple[str, bytes], Callable[[bytes], None]] = {}
        self.heard: Callable[[str], None] = lambda _station: None
        """Called with a station whenever it writes: it is there."""

    def take(self, letter: Letter) -> Letter | None:
        """The reply, where there is one."""
        self.heard(letter.station)
        if letter.kind == CONSISTENCY_REQUEST:
            return Letter(
                station=letter.station,
                kind=CONSISTENCY_RESPONSE,
                payload=self._proof(letter.payload),
                correlation=letter.correlation,
            )
        if letter.kind == WITNESS_RESPONSE and letter.correlation is not None:
            answered = self._waiting.pop((letter.station, letter.correlation), None)
            if answered is not None:
                answered(letter.payload)
        return None

    def expect(self, station: str, answered: Callable[[bytes], None]) -> bytes:
        """Correlation data that leads the station's response to `answered`."""
        correlation = secrets.token_bytes(16)
        self._waiting[station, correlation] = answered
        return correlation

    def forget(self, station: str, correlation: bytes) -> None:
        self._waiting.pop((station, correlation), None)

    def _proof(self, payload: bytes) -> bytes:
        """``liuhen-consistency/v1``, or why there is none as JSON."""
        try:
            asked = decode(payload, limit=1024)
            old, new = asked["old"], asked["new"]
            if type(old) is not int or type(new) is not int:
                return _refusal("REQUEST_MALFORMED")
            growth = self._reader.growth(old, new)
        except (EvidenceError, KeyError, ValueError):
            return _refusal("REQUEST_MALFORMED")
        if growth is None:
            return _refusal(LOG_SHORT, old=old, new=new)
        return growth.to_text().encode()


class StationWitness:
    """One station, asked over the broker. Its answer is JSON: status, kind and body."""

    def __init__(self, name: str, station: str, letters: Letters, post: Post) -> None:
        self.name = name
        self._station = station
        self._letters = letters
        self._post = post

    async def ask(self, request: bytes) -> Answer:
        """Raises SilentWitnessError where no response comes within seconds."""
        loop = asyncio.get_running_loop()
        response: asyncio.Future[bytes] = loop.create_future()

        def settle(payload: bytes) -> None:
            if not response.done():
                response.set_result(payload)

        def answered(payload: bytes) -> None:
            with contextlib.suppress(RuntimeError):  # the loop ended meanwhile
                loop.call_soon_threadsafe(settle, payload)

        correlation = self._letters.expect(self._station, answered)
        letter = Letter(
            station=self._station,
            kind=WITNESS_REQUEST,
            payload=request,
            correlation=correlation,
        )
        try:
            for _ in range(_TIMES):  # a station that is just connecting hears the next one
                if not self._post(letter):
                    raise SilentWitnessError("expected a line to the broker, found none")
                done, _waiting = await asyncio.wait([response], timeout=_WAIT_S)
                if done:
                    return _answer(response.result())
            seconds = _TIMES * _WAIT_S
            raise SilentWitnessError(f"expected {self._station} within {seconds:.0f} s")
        finally:
            self._letters.forget(self._station, correlation)


def _answer(payload: bytes) -> Answer:
    try:
        said = decode(payload, limit=_MOST_BYTES)
        return Answer(int(said["status"]), str(said["kind"]), str(said["body"]).encode())
    except (EvidenceError, KeyError, TypeError, ValueError) as bad:
        raise SilentWitnessError(f"expected status, kind and body, found {bad!r}") from bad


def _refusal(code: str, **facts: int) -> bytes:
    return encode({"code": code, **facts})
