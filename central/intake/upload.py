"""tus 1.0 for stations: creation and sha256 checksums; no GET, no DELETE, no termination.

An upload is named by its manifest: POST is idempotent, and the partial file is all the state
there is. A station may send only what it sealed itself (certificate CN = the manifest's
station), of the size that was signed. Runs behind a listener that demands client
certificates; see `central.listeners`.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from central.errors import CentralError
from central.intake.appending import Patch, append
from central.intake.deposit import Wanted
from central.intake.receiving import Receiving
from central.intake.upload_errors import (
    DeleteRefusedError,
    MalformedUploadError,
    ManifestNotLoggedError,
    MethodRefusedError,
    NotYoursError,
    SizeMismatchError,
    TusVersionError,
    UnknownUploadError,
    WrongMediaTypeError,
    status_of,
)
from central.workflows.access import DELETE_REFUSED, AccessBook, Act
from edge.evidence.digest import Digest
from edge.evidence.encoding import MAX_INTEGER
from edge.evidence.errors import EncodingError

TLS_EXTENSION = "liuhen.tls"
"""Name of the ASGI extension that holds ``client_cn`` of a verified certificate."""

FILES = "/upload/v1/files"
_VERSION = "1.0.0"
_TUS = {"Tus-Resumable": _VERSION, "Cache-Control": "no-store"}
_ABLE = {
    "Tus-Version": _VERSION,
    "Tus-Extension": "creation,checksum",
    "Tus-Checksum-Algorithm": "sha256",
}
_DIGEST_HEX = 64
_SHA256_BYTES = 32
_Handler = Callable[[Request], Awaitable[Response]]


def upload_app(receiving: Receiving, book: AccessBook) -> Starlette:
    """The application of the upload listener."""
    uploads = _Uploads(receiving, book)
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE", "MOVE"]
    return Starlette(
        routes=[
            Route(FILES, uploads.files, methods=methods),
            Route(FILES + "/{manifest}", uploads.file, methods=methods),
            Route("/{rest:path}", uploads.elsewhere, methods=methods),
        ],
        exception_handlers={CentralError: _refuse, ClientDisconnect: _gone},
    )


class _Uploads:
    def __init__(self, receiving: Receiving, book: AccessBook) -> None:
        self._receiving = receiving
        self._book = book

    async def files(self, request: Request) -> Response:
        return await self._answer(request, {"POST": self._create, "OPTIONS": self._able})

    async def file(self, request: Request) -> Response:
        taken = {"HEAD": self._offset, "PATCH": self._append, "OPTIONS": self._able}
        return await self._answer(request, taken)

    async def elsewhere(self, request: Request) -> Response:
        return await self._answer(request, {})

    async def _answer(self, request: Request, taken: Mapping[str, _Handler]) -> Response:
        method = request.headers.get("X-HTTP-Method-Override", request.method).upper()
        if method in taken:
            return await taken[method](request)
        if method in {"GET", "HEAD", "POST", "PATCH", "OPTIONS"} and taken:
            raise MethodRefusedError(expected=", ".join(taken), found=method)
        if method in {"GET", "HEAD", "OPTIONS"}:
            raise UnknownUploadError(expected=FILES, found=request.url.path[:200])
        self._note_refused(request, method)
        raise DeleteRefusedError(
            expected="POST, HEAD or PATCH: nothing here can be deleted", found=method
        )

    def _note_refused(self, request: Request, method: str) -> None:
        actor = f"station {_station(request)}"
        target = request.url.path
        act = Act(act=DELETE_REFUSED, actor=actor, via=actor, target=target, reason=method)
        self._book.note_once(act)

    async def _able(self, _request: Request) -> Response:
        return Response(status_code=204, headers=_TUS | _ABLE)

    async def _create(self, request: Request) -> Response:
        _expect_version(request)
        manifest = _named_manifest(request)
        wanted = await self._wanted(request, manifest)
        length = _number(request, "Upload-Length")
        if length != wanted.file.size:
            raise SizeMismatchError(
                expected=f"{wanted.file.size} bytes, as sealed",
                found=f"{length} bytes",
                recording=wanted.recording,
            )
        await self._receiving.create(wanted)
        return Response(status_code=201, headers=_TUS | {"Location": f"{FILES}/{manifest}"})

    async def _offset(self, request: Request) -> Response:
        _expect_version(request)
        wanted = await self._wanted(request, _path_manifest(request))
        offset = await self._receiving.offset(wanted)
        return Response(status_code=200, headers=_TUS | _place(offset, wanted))

    async def _append(self, request: Request) -> Response:
        _expect_version(request)
        media = request.headers.get("Content-Type", "")
        if media != "application/offset+octet-stream":
            raise WrongMediaTypeError(expected="application/offset+octet-stream", found=media[:80])
        patch = Patch(
            offset=_number(request, "Upload-Offset"),
            length=_number(request, "Content-Length")
            if "Content-Length" in request.headers
            else None,
            checksum=_checksum(request),
        )
        wanted = await self._wanted(request, _path_manifest(request))
        async with self._receiving.holding(wanted) as held:
            offset = await append(self._receiving, held, patch, request.stream())
        return Response(status_code=204, headers=_TUS | {"Upload-Offset": str(offset)})

    async def _wanted(self, request: Request, manifest: Digest) -> Wanted:
        wanted = self._receiving.deposits.wanted(manifest)
        if wanted is None:
            raise ManifestNotLoggedError(
                expected="a manifest that is in the log",
                found=f"{manifest}, which is not",
                envelope=str(manifest),
            )
        station = _station(request)
        if station != wanted.station:
            raise NotYoursError(
                expected=f"the certificate of {wanted.station}",
                found=f"that of {station}",
                recording=wanted.recording,
            )
        return wanted


def _station(request: Request) -> str:
    """The CN of the certificate that the listener verified."""
    tls = request.scope.get("extensions", {}).get(TLS_EXTENSION, {})
    name = tls.get("client_cn")
    if not isinstance(name, str) or not name:
        raise NotYoursError(expected="a client certificate", found="none")
    return name


def _expect_version(request: Request) -> None:
    found = request.headers.get("Tus-Resumable", "none")
    if found != _VERSION:
        raise TusVersionError(expected=f"Tus-Resumable {_VERSION}", found=found[:40])


def _number(request: Request, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit()) or int(text[:20]) > MAX_INTEGER:
        raise MalformedUploadError(expected=f"a number in {header}", found=repr(text[:40]))
    return int(text)


def _named_manifest(request: Request) -> Digest:
    """`Upload-Metadata: envelope <base64 of 64 hex digits>`; other keys are ignored."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if key == "envelope":
            try:
                return Digest.parse(base64.b64decode(value, validate=True).decode("ascii"))
            except (ValueError, EncodingError):
                break
    raise MalformedUploadError(
        expected="Upload-Metadata with envelope and the base64 of a hex SHA-256",
        found=repr(request.headers.get("Upload-Metadata", "")[:100]),
    )


def _path_manifest(request: Request) -> Digest:
    try:
        return Digest.parse(request.path_params["manifest"])
    except EncodingError as bad:
        raise UnknownUploadError(
            expected=f"{FILES}/<{_DIGEST_HEX} hex digits>", found=request.url.path[:200]
        ) from bad


def _checksum(request: Request) -> bytes | None:
    text = request.headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, value = text.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except binascii.Error:
        digest = b""
    if algorithm != "sha256" or len(digest) != _SHA256_BYTES:
        raise MalformedUploadError(
            expected="Upload-Checksum: sha256 <base64 of 32 bytes>", found=repr(text[:100])
        )
    return digest


def _place(offset: int, wanted: Wanted) -> dict[str, str]:
    return {"Upload-Offset": str(offset), "Upload-Length": str(wanted.file.size)}


async def _refuse(_request: Request, error: Exception) -> Response:
    if not isinstance(error, CentralError):  # the table above names only CentralError
        raise error
    said = {
        "code": error.code,
        "message": str(error),
        "expected": error.expected,
        "found": error.found,
        **error.facts,
    }
    return JSONResponse({"error": said}, status_code=status_of(error), headers=_TUS)


async def _gone(_request: Request, _error: Exception) -> Response:
    """The station hung up; nobody hears this, and what came is on disk."""
    return Response(status_code=499)
