"""Footage for one person: noted in the log first, then the bytes, by range.

Content types and whether a browser can play it come from what the station's media tool
read, never from a name. The original is served as it is; nothing is converted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from central.accounts.sign_in import Caller
from central.workflows.access import DOWNLOAD, PLAY, Act
from central.workflows.desk import Desk
from central.workflows.errors import NotStoredError
from central.workflows.find import show_recording
from central.workflows.site import Site
from edge.evidence.digest import Digest
from edge.evidence.statement import Media

_CHUNK = 1 << 20
_OTHER = "application/octet-stream"
_CONTAINERS = {
    "mp4": "video/mp4",
    "mov": "video/mp4",
    "m4a": "audio/mp4",
    "matroska": "video/x-matroska",
    "webm": "video/webm",
    "avi": "video/x-msvideo",
    "mpegts": "video/mp2t",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "jpeg": "image/jpeg",
    "jpeg_pipe": "image/jpeg",
    "png_pipe": "image/png",
}
_NAMES = {
    ".mp4": "video/mp4",
    ".mov": "video/mp4",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
}
_PLAYED = {"video": {"h264"}, "audio": {"aac", "mp3", "pcm_s16le", "opus", "flac"}}
_BROWSER_TYPES = {"video/mp4", "audio/mp4", "audio/mpeg", "audio/wav", "image/jpeg", "image/png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """One recording's bytes, for reading."""

    site: Site
    name: str
    sha256: Digest
    size: int
    media_type: str

    def read(self, begin: int, end: int) -> Iterator[bytes]:
        """Bytes [begin, end), in chunks of at most 1 MiB."""
        with self.site.vault.open(self.sha256) as source:
            source.seek(begin)
            while begin < end and (chunk := source.read(min(_CHUNK, end - begin))):
                begin += len(chunk)
                yield chunk


def open_footage(desk: Desk, caller: Caller, *, recording: str, download: bool) -> Footage:
    """Note the access and answer the footage. Raises RecordingUnknownError, NotStoredError."""
    detail = show_recording(desk.site, recording)
    found = detail.recording
    if found.stored is None:
        raise NotStoredError(
            expected="footage that is stored",
            found=f"{found.id}, of which central has the manifest and no footage yet",
            recording=found.id,
        )
    act = DOWNLOAD if download else PLAY
    desk.book.note_once(Act(act=act, actor=caller.name, via=caller.via, target=found.id))
    return Footage(
        site=desk.site,
        name=found.name,
        sha256=found.sha256,
        size=found.size,
        media_type=media_type(detail.manifest.media, found.name),
    )


def media_type(media: Media, name: str) -> str:
    """The type to serve a file as; plain bytes where its container is not one we know."""
    for container in (media.container or "").split(","):
        if container in _CONTAINERS:
            return _CONTAINERS[container]
    if media.playable:
        return _NAMES.get(PurePosixPath(name.lower()).suffix, _OTHER)
    return _OTHER


def player_for(media: Media, name: str) -> str | None:
    """``video``, ``audio`` or ``image`` where browsers can show it as it is; else None."""
    served = media_type(media, name)
    if not media.playable or served not in _BROWSER_TYPES:
        return None
    kind = served.split("/", 1)[0]
    if kind == "image":
        return kind
    streams = [stream for stream in media.streams if stream.kind in _PLAYED]
    good = all(stream.codec in _PLAYED[stream.kind] for stream in streams)
    return kind if streams and good else None
