"""Witnesses that others run, asked over HTTP as C2SP tlog-witness has it.

Requests carry signatures and nothing secret. An answer is read up to its limit; whether the
lines in it hold is for `witnessed` to say.
"""

import httpx

from central.log.witnesses import Answer, SilentWitnessError

_SECONDS = 10.0
_MOST_BYTES = 65_536


class Outsider:
    """One witness at an address; the address is its name here."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    @property
    def name(self) -> str:
        return self._url

    async def ask(self, request: bytes) -> Answer:
        """POST /add-checkpoint. Raises SilentWitnessError."""
        address = f"{self._url}/add-checkpoint"
        try:
            async with (
                httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False) as client,
                client.stream("POST", address, content=request) as response,
            ):
                body = b""
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > _MOST_BYTES:
                        raise SilentWitnessError(f"expected a short answer of {address}")
                kind = response.headers.get("content-type", "").partition(";")[0]
                return Answer(response.status_code, kind, body)
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            message = f"expected an answer of {address}, found {failure!r}"
            raise SilentWitnessError(message) from failure
