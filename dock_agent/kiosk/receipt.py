"""The officer's receipt: what a docking ended with, as a short text that can be checked.

One fact a line, keys in a fixed order, so that a text is parsed in exactly one way:

    liuhen-receipt/v1
    station dock-01            as enrolled
    bay 1
    camera LH001               serial; %-escaped; `?` where the hardware names none
    outcome complete           as docking/v1 says: complete, nothing-new, incomplete
    files 12/12                with a proven digest / on the card
    bytes 4831838208           of all files, as the signed inventory lists them
    at 2026-11-23T00:30:15.123Z    end of the docking by the station's clock
    clock 40 chrony            its error bound in ms, or `?`, and who states it
    offset -1200               camera minus station in ms, or `?` where nobody measured
    root 9f..                  RFC 6962 root over the files' SHA-256, by path bytes
    closing 3a..               name of the signed docking/v1, the statement behind all this
    log 1234                   its leaf in central's log, or `?` while no receipt verified
    stored 9/12                files with a verified stored receipt / on the card

The text proves nothing by itself: it names the signed statement, and anyone with the log
or a package can compare. Pure: no ledger, no clock.
"""

from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, unquote

from edge.evidence.digest import Digest
from edge.evidence.instant import Instant
from edge.evidence.merkle import leaf_hash, root_of

FORMAT = "liuhen-receipt/v1"
_KEYS = (
    *("station", "bay", "camera", "outcome", "files", "bytes", "at"),
    *("clock", "offset", "root", "closing", "log", "stored"),
)
_UNKNOWN = "?"
_SAFE = "!()*,-./:;=@_~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`proven` of `files` have a digest; `index` is None until central's receipt verified."""

    station: str
    bay: str
    camera: str | None
    outcome: str
    proven: int
    files: int
    size: int
    at: Instant
    error_ms: int | None
    source: str
    offset_ms: int | None
    root: Digest
    closing: Digest
    index: int | None = None
    stored: int = 0

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Key and value of each line after the first."""
        values = (
            self.station,
            self.bay,
            _written(self.camera),
            self.outcome,
            f"{self.proven}/{self.files}",
            str(self.size),
            str(self.at),
            f"{_number(self.error_ms)} {self.source}",
            _number(self.offset_ms),
            str(self.root),
            str(self.closing),
            _number(self.index),
            f"{self.stored}/{self.files}",
        )
        return tuple(zip(_KEYS, values, strict=True))

    def text(self) -> str:
        """The receipt as the QR code carries it."""
        return "\n".join([FORMAT, *(f"{key} {value}" for key, value in self.lines())])

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a receipt's text. Raises ValueError where it is not exactly one."""
        first, *rest = text.split("\n")
        pairs = [line.partition(" ")[::2] for line in rest]
        if first != FORMAT or tuple(key for key, _ in pairs) != _KEYS:
            message = f"expected {FORMAT} with {', '.join(_KEYS)}, found {text[:80]!r}"
            raise ValueError(message)
        said = dict(pairs)
        proven, files = said["files"].split("/")
        bound, source = said["clock"].split(" ")
        receipt = cls(
            station=said["station"],
            bay=said["bay"],
            camera=_read(said["camera"]),
            outcome=said["outcome"],
            proven=int(proven),
            files=int(files),
            size=int(said["bytes"]),
            at=Instant.parse(said["at"]),
            error_ms=_whole(bound),
            source=source,
            offset_ms=_whole(said["offset"]),
            root=Digest.parse(said["root"]),
            closing=Digest.parse(said["closing"]),
            index=_whole(said["log"]),
            stored=int(said["stored"].split("/")[0]),
        )
        if receipt.text() != text:
            message = f"expected one way of writing, found {text[:80]!r}"
            raise ValueError(message)
        return receipt


def files_root(digests: list[tuple[bytes, Digest]]) -> Digest:
    """The RFC 6962 root over the raw SHA-256 of each file, in the order of path bytes."""
    return root_of(leaf_hash(digest.raw) for _, digest in sorted(digests, key=lambda each: each[0]))


def _written(camera: str | None) -> str:
    return _UNKNOWN if camera is None else quote(camera[:64], safe=_SAFE)


def _read(text: str) -> str | None:
    return None if text == _UNKNOWN else unquote(text, errors="strict")


def _number(value: int | None) -> str:
    return _UNKNOWN if value is None else str(value)


def _whole(text: str) -> int | None:
    return None if text == _UNKNOWN else int(text)
