"""Time stamps (RFC 3161) over checkpoints: asked for, checked against the policy, kept.

`data/log/anchors/<size>.txt` is the checkpoint's signed text, `<size>.tsr` the response of an
authority that the policy pins; both written once, one for a size. A response that does not
verify is not kept. Decides nothing about when: that is `central anchor`, or the schedule.
"""

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

import httpx

from central.errors import CentralError
from central.log.reader import LogReader
from central.log.witnessed import WitnessedLog
from edge import clock, durable
from edge.evidence.anchor import TOKEN_LIMIT, Anchored, request, verify_anchor
from edge.evidence.checkpoint import parse_checkpoint
from edge.evidence.errors import AnchorError
from edge.evidence.instant import Instant
from edge.evidence.note import split_note
from edge.evidence.package_log import Anchor
from edge.evidence.policy import TrustPolicy

_LOG = logging.getLogger(__name__)
_SECONDS = 20.0
_CHECK_S = 60.0
_HOUR_MS = 3_600_000


class AnchorMissingError(CentralError):
    """No authority gave a time stamp that holds."""

    code = "ANCHOR_MISSING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A checkpoint that an authority dated; `new` is False where it was dated before."""

    size: int
    token: Anchored
    new: bool


class AnchorFolder:
    """Anchors on disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def sizes(self) -> list[int]:
        """Every size that has a time stamp, ascending."""
        return sorted(int(path.stem) for path in self._folder.glob("*.tsr"))

    def read(self, size: int) -> Anchor:
        text = self._folder / f"{size}.txt"
        return Anchor(text.read_text("utf-8"), (self._folder / f"{size}.tsr").read_bytes())

    def add(self, size: int, anchor: Anchor) -> None:
        """Text first: a time stamp without what it dates never lies here."""
        durable.make_folder(self._folder)
        durable.write_once(self._folder / f"{size}.txt", anchor.text.encode())
        durable.write_once(self._folder / f"{size}.tsr", anchor.token)


def date_newest(
    folder: AnchorFolder, reader: LogReader, policy: TrustPolicy, urls: tuple[str, ...]
) -> Dated:
    """Have the newest checkpoint dated by the first authority that does it well.

    Raises AnchorMissingError where none does, or nothing is configured.
    """
    note = reader.checkpoint()
    if note is None or not urls or not policy.tsa:
        raise AnchorMissingError(
            expected="a log with leaves, [anchors] tsa, and its certificate in the policy",
            found=f"{len(urls)} addresses, {len(policy.tsa)} certificates",
        )
    text = split_note(note)[0]
    size = parse_checkpoint(text).size
    if size in folder.sizes():
        kept = folder.read(size)
        return Dated(size=size, token=verify_anchor(kept.token, text, policy.tsa), new=False)
    found: list[str] = []
    for url in urls:
        try:
            token = _ask(url, request(text))
            anchored = verify_anchor(token, text, policy.tsa)
        except (httpx.HTTPError, httpx.InvalidURL, AnchorError) as failure:
            found.append(f"{url}: {failure}")
            continue
        folder.add(size, Anchor(text, token))
        return Dated(size=size, token=anchored, new=True)
    raise AnchorMissingError(expected="a time stamp that holds", found="; ".join(found))


def _ask(url: str, body: bytes) -> bytes:
    headers = {"Content-Type": "application/timestamp-query"}
    with (
        httpx.Client(timeout=_SECONDS) as client,
        client.stream("POST", url, content=body, headers=headers) as response,
    ):
        response.raise_for_status()
        token = b""
        for chunk in response.iter_bytes():
            token += chunk
            if len(token) > TOKEN_LIMIT:
                break  # too long to be one: refused when it is checked
        return token


class Anchoring:
    """The schedule: a thread that has the log dated every few hours while it grows."""

    def __init__(
        self,
        folder: AnchorFolder,
        reader: LogReader,
        witnessed: WitnessedLog,
        *,
        urls: tuple[str, ...],
        hours: int,
    ) -> None:
        self._folder = folder
        self._reader = reader
        self._witnessed = witnessed
        self._urls = urls
        self._hours = hours
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="anchors")

    def start(self) -> None:
        """Does nothing where no authority is configured."""
        if self._urls:
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._date_if_due()
            except (AnchorMissingError, AnchorError, OSError) as failure:
                _LOG.warning("ANCHOR_MISSING: %s", failure)
            except Exception:  # noqa: BLE001 - the next round may do better
                _LOG.exception("the log is not dated")
            self._stopping.wait(_CHECK_S)

    def _date_if_due(self) -> None:
        policy, last = self._witnessed.policy, self._last()
        due = last is None or clock.now().minus(last) >= self._hours * _HOUR_MS
        if due and policy.tsa and self._reader.checkpoint() is not None:
            dated = date_newest(self._folder, self._reader, policy, self._urls)
            _LOG.info("checkpoint %d dated %s", dated.size, dated.token.at)

    def _last(self) -> Instant | None:
        sizes = self._folder.sizes()
        if not sizes:
            return None
        anchor = self._folder.read(sizes[-1])
        try:
            return verify_anchor(anchor.token, anchor.text, self._witnessed.policy.tsa).at
        except AnchorError:
            return None
