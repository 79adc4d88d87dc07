"""Central behind its real listeners on loopback: HTTP for people, mutual TLS for stations."""

import asyncio
import base64
import contextlib
import hashlib
import secrets
import ssl
import threading
from dataclasses import replace
from typing import ClassVar

import httpx

from central.accounts import sign_in
from central.accounts.roles import Role
from central.app import create_app
from central.intake.deposit import Deposits
from central.intake.receiving import Receiving
from central.intake.running import intake_of
from central.intake.taking import HEARTBEAT
from central.intake.upload import upload_app
from central.listeners import for_people, for_stations, run
from central.workflows.access import AccessBook
from central.workflows.desk import Desk
from central.workflows.opened import site_of
from edge import clock
from edge.evidence.statement import Media, Statement, Stream
from tests.central.station import UNPLAYABLE, messages

PASSWORD = "correct horse"
H264 = Media(
    playable=True,
    container="mov,mp4,m4a,3gp,3g2,mj2",
    duration_ms=10_500,
    streams=(Stream(kind="video", codec="h264", width=848, height=480),),
)


class Served:
    """One opened site, served from a thread of its own."""

    def __init__(self, central, station, *, reserve=0, fixed=False):
        self.central = central
        self.station = station
        self.site = site_of(central)
        self.book = AccessBook(self.site)
        self.desk = Desk(site=self.site, reader=central.reader, book=self.book)
        self.deposits = Deposits(self.site)
        self.receiving = Receiving(self.deposits, central.folder.uploads, reserve=reserve)
        self.app = create_app(self.desk)
        self.fixed = fixed  # the configured ports, rather than any that are free
        self.url = self.upload_url = ""
        self._intake = intake_of(central)

    @contextlib.contextmanager
    def running(self):
        """Both listeners, until the block ends."""
        config = self.central.config
        ready, loops = threading.Event(), []

        async def main():
            stop, answering = asyncio.Event(), asyncio.Event()
            loops.append((asyncio.get_running_loop(), stop))
            http, upload = config.http, config.upload
            if not self.fixed:
                http, upload = replace(http, port=0), replace(upload, port=0)
            uploads = upload_app(self.receiving, self.book)
            listeners = [for_people(self.app, http), for_stations(uploads, upload)]
            self.url = f"http://127.0.0.1:{listeners[0].bound.getsockname()[1]}"
            self.upload_url = f"https://127.0.0.1:{listeners[1].bound.getsockname()[1]}"
            serving = asyncio.create_task(run(listeners, stop, answering))
            await answering.wait()
            ready.set()
            await serving

        thread = threading.Thread(target=asyncio.run, args=(main(),))
        thread.start()
        assert ready.wait(20)
        try:
            yield self
        finally:
            loop, stop = loops[0]
            loop.call_soon_threadsafe(stop.set)
            thread.join(20)

    def log(self, *envelopes):
        """Take statements as if they came over the station's topic."""
        self._intake.take(messages(self.station, *envelopes))

    def beat(self):
        """Take a heartbeat of the station, now."""
        self._intake.take(
            [replace(messages(self.station, self.station.heartbeat())[0], kind=HEARTBEAT)]
        )

    def manifest(self, data=b"abc", path="DCIM/A.MP4", media=None):
        """Seal and log one recording; answers its manifest."""
        first = [self.station.open_epoch()] if self.station.head is None else []
        inventory = self.station.inventory(path)
        manifest = self.station.recording(inventory, path, data, media=media or UNPLAYABLE)
        self.log(*first, inventory, manifest)
        return manifest

    def recording(self, manifest):
        """The recording id that a manifest is about."""
        return Statement.parse(manifest.payload).predicate.recording

    def stored(self, data=b"abc", path="DCIM/A.MP4", media=None):
        """Seal, log and upload one recording; answers its id."""
        manifest = self.manifest(data, path, media)
        with self.uploader() as uploader:
            uploader.upload(manifest.digest, data)
        return self.recording(manifest)

    def uploader(self, station=None):
        return Uploader(self.upload_url, station or self.station)

    @contextlib.contextmanager
    def person(self, role="handler", name=None):
        """A signed-in person's HTTP client."""
        name = name or f"{role}-{secrets.token_hex(3)}"
        sign_in.add_user(self.site.store, name, Role(role), PASSWORD, clock.now())
        with self.stranger() as client:
            answer = client.post("/api/v1/session", json={"user": name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            client.headers["X-CSRF-Token"] = answer.json()["csrf"]
            client.name = name
            yield client

    def stranger(self):
        return httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def leaves(self, kind):
        """Every logged statement of a type, in order."""
        from central.store import envelopes

        with self.site.store.read() as connection:
            found = list(envelopes.of_type(connection, kind))
        from edge.evidence.envelope import Envelope

        return [Statement.parse(Envelope.parse(each.raw).payload).predicate for each in found]

    def acts(self, act):
        return [each for each in self.leaves("access/v1") if each.act == act]


class Uploader:
    """tus, spoken by hand."""

    HEADERS: ClassVar = {"Tus-Resumable": "1.0.0"}

    def __init__(self, url, station=None):
        self.url = url
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if station is not None:
            tls = station.bundle / "tls"
            context.load_verify_locations(tls / "ca.pem")
            context.verify_mode = ssl.CERT_REQUIRED
            context.check_hostname = True
            context.load_cert_chain(tls / "station.pem", tls / "station.key")
        self.http = httpx.Client(base_url=url, verify=context, timeout=30, trust_env=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.close()

    def create(self, digest, size, **headers):
        named = base64.b64encode(str(digest).encode()).decode()
        told = {"Upload-Length": str(size), "Upload-Metadata": f"envelope {named}"}
        return self.http.post("/upload/v1/files", headers=self.HEADERS | told | headers)

    def head(self, place):
        return self.http.head(place, headers=self.HEADERS)

    def patch(self, place, offset, data, *, checksum=True, **headers):
        told = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        if checksum:
            value = base64.b64encode(hashlib.sha256(data).digest()).decode()
            told["Upload-Checksum"] = f"sha256 {value}"
        return self.http.patch(place, headers=self.HEADERS | told | headers, content=data)

    def upload(self, digest, data, chunk=1 << 20):
        """All of it, in chunks; answers the last response."""
        answer = self.create(digest, len(data))
        assert answer.status_code == 201, answer.text
        place = answer.headers["Location"]
        for offset in range(0, len(data), chunk):
            answer = self.patch(place, offset, data[offset : offset + chunk])
            if answer.status_code != 204:
                return answer
        return answer


def code(answer):
    """The code of a refusal."""
    return answer.json()["error"]["code"]
