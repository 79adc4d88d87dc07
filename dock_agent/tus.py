"""tus 1.0 as central speaks it: create, ask how far, send a chunk with its digest.

One call is one request. Errors say whether to try again (UploadError), to start from zero
(DigestRefusedError) or to ask a person (UploadRefusedError). Knows no file and no ledger.
"""

import base64
import hashlib
import json
import ssl
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx

from dock_agent.errors import UploadError, UploadRefusedError
from edge.evidence.digest import Digest

_VERSION = {"Tus-Resumable": "1.0.0"}
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_BUSY = frozenset({408, 423, 425, 429})
_GONE = frozenset({404, 410})
_CHECKSUM_MISMATCH = 460
_LONGEST = 200


class AlreadyStoredError(UploadError):
    """Central holds this footage under a receipt; it only has to be repeated."""

    code = "ALREADY_STORED"


class DigestRefusedError(UploadError):
    """The whole that arrived is not what the manifest says: start again from zero."""

    code = "UPLOAD_DIGEST_MISMATCH"


class LostPlaceError(UploadError):
    """Central is not where we thought: ask where it is, or create again."""

    code = "UPLOAD_PLACE_LOST"


class Tus:
    """One connection to the upload listener; not shared between threads."""

    def __init__(self, url: str, tls: ssl.SSLContext) -> None:
        self._create = f"{url}/upload/v1/files"
        self._http = httpx.Client(verify=tls, timeout=_TIMEOUT, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def create(self, envelope: Digest, size: int) -> str:
        """Name the manifest and the size; answers where to send the bytes."""
        named = base64.b64encode(str(envelope).encode()).decode()
        answer = self._ask(
            "POST",
            self._create,
            {"Upload-Length": str(size), "Upload-Metadata": f"envelope {named}"},
        )
        place: str = answer.headers.get("Location", "")
        if not place:
            raise UploadError(
                code="UPLOAD_MALFORMED", expected="a Location", found="an answer without"
            )
        return urljoin(self._create, place)

    def offset(self, place: str) -> int:
        """How many bytes central holds."""
        return _offset(self._ask("HEAD", place, {}))

    def send(self, place: str, offset: int, chunk: bytes) -> int:
        """Send one chunk; answers how many bytes central holds now."""
        checksum = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
        headers = {
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha256 {checksum}",
            "Content-Type": "application/offset+octet-stream",
        }
        return _offset(self._ask("PATCH", place, headers, chunk))

    def _ask(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None = None
    ) -> httpx.Response:
        try:
            answer = self._http.request(method, url, headers=_VERSION | headers, content=body)
        except httpx.TransportError as failure:
            raise UploadError(
                expected=f"an answer to {method} from {self._create}",
                found=f"{type(failure).__name__}: {failure}"[:_LONGEST],
            ) from failure
        if answer.is_success:
            return answer
        raise _refusal(method, answer)


def _offset(answer: httpx.Response) -> int:
    text = answer.headers.get("Upload-Offset", "")
    if not text.isascii() or not text.isdigit():
        raise UploadError(
            code="UPLOAD_MALFORMED", expected="an Upload-Offset", found=repr(text)[:_LONGEST]
        )
    return int(text)


def _refusal(method: str, answer: httpx.Response) -> UploadError:
    """Turn an error answer into what the uploader has to do about it."""
    status, code, found = answer.status_code, *_said(answer)
    expected = f"{method} to be taken"
    if code == AlreadyStoredError.code:
        return AlreadyStoredError(expected=expected, found=found)
    if status == 422:
        return DigestRefusedError(code=code, expected=expected, found=found)
    moved = status in _GONE or status in {409, _CHECKSUM_MISMATCH}
    if moved and method != "POST":
        return LostPlaceError(expected=expected, found=found)
    if status >= 500 or status in _BUSY or moved:
        return UploadError(code=code, expected=expected, found=found)
    return UploadRefusedError(code=code, expected=expected, found=found)


def _said(answer: httpx.Response) -> tuple[str, str]:
    """Central's code and message, or the bare status where it gave none."""
    try:
        error = json.loads(answer.content)["error"]
        return str(error["code"])[:64], str(error["message"])[:_LONGEST]
    except (ValueError, KeyError, TypeError):
        return f"HTTP_{answer.status_code}", f"status {answer.status_code}"
