"""A small real central: MQTT intake with signed receipts, and a tus server, both mutual TLS.

Made of `edge.evidence`; it verifies as central must. It can be told to misbehave, because
what a station does about that is what the tests are for.
"""

import base64
import hashlib
import http.server
import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge import clock
from edge.evidence.chain import ChainHead, check_next
from edge.evidence.checkpoint import Checkpoint, sign_checkpoint
from edge.evidence.consistency import Consistency, TreeState
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope, seal, verify
from edge.evidence.errors import ChainGapError, EvidenceError
from edge.evidence.merkle import (
    consistency_path,
    inclusion_path,
    leaf_data,
    leaf_hash,
    root_of,
)
from edge.evidence.policy import TrustPolicy
from edge.evidence.statement import (
    Docking,
    Heartbeat,
    Inventory,
    KeyEvent,
    ReceiptLogged,
    ReceiptStored,
    Recording,
    Replica,
    Statement,
)
from edge.evidence.witness import Request
from tests.dock_agent.tree import STATION, Tree

FILES = "/upload/v1/files"


class Standin:
    """Start, stop and start again: what it logged and stored stays."""

    def __init__(self, tree: Tree, mqtt_port: int, upload_port: int) -> None:
        self.tree = tree
        self.mqtt_port, self.upload_port = mqtt_port, upload_port
        self.lock = threading.RLock()
        self.keys = TrustPolicy.parse(tree.keys.policy()).trusted_keys()
        for path in sorted((tree.root / "trust").glob("*.json")):
            self.keys = self.keys.with_key_event(
                verify(Envelope.parse(path.read_bytes()), self.keys)
            )
        self.log: list[Envelope] = []
        self.index: dict[Digest, int] = {}
        self.head: ChainHead | None = None
        self.recordings: dict[Digest, Recording] = {}
        self.dockings: list[Docking] = []
        self.inventories: list[Inventory] = []
        self.stored: dict[Digest, Envelope] = {}
        self.arriving: dict[Digest, bytearray] = {}
        self.vault: dict[str, bytes] = {}
        self.heartbeats: list[Heartbeat] = []
        self.received = 0
        self.refused: list[str] = []
        self.mute = False
        self.dumb = False  # gives no proofs of growth
        self.asked: list[tuple[int, int]] = []
        self.cosigned: list[dict] = []
        self.forge: Callable[[Envelope], bytes] | None = None
        self.refuse: Callable[[Statement], str | None] = lambda _statement: None
        self.spoil = 0  # whole uploads to answer with a digest mismatch
        self.busy = 0  # upload requests to answer 503
        self._client: mqtt.Client | None = None
        self._server: http.server.ThreadingHTTPServer | None = None

    # the log

    def take(self, raw: bytes) -> None:
        """One evidence message: verify, append, answer."""
        with self.lock:
            self.received += 1
            envelope = Envelope.parse(raw)
            if envelope.digest in self.index:
                self._answer(envelope)
                return
            try:
                verified = verify(envelope, self.keys)
                code = self.refuse(verified.statement)
                if code:
                    self._problem(code, envelope, "something else", "this")
                    return
                link = verified.statement.link
                check_next(self.head, link)
            except ChainGapError as gap:
                self._problem(
                    gap.code, envelope, "", str(gap), expected_seq=gap.facts["expected_seq"]
                )
                return
            except EvidenceError as bad:
                self._problem(bad.code, envelope, str(bad.facts["expected"]), str(bad))
                return
            self.head = ChainHead(link.seq, envelope.digest)
            self._append(envelope)
            match verified.statement.predicate:
                case KeyEvent():
                    self.keys = self.keys.with_key_event(verified)
                case Recording() as recording:
                    self.recordings[envelope.digest] = recording
                case Docking() as docking:
                    self.dockings.append(docking)
                case Inventory() as inventory:
                    self.inventories.append(inventory)
            self._answer(envelope)

    def logged_receipt(self, envelope: Envelope, *, index: int | None = None) -> Envelope:
        at = self.index[envelope.digest] if index is None else index
        hashes = [leaf_hash(leaf_data(each.digest)) for each in self.log]
        checkpoint = Checkpoint(self.tree.keys.log.name, len(hashes), root_of(hashes))
        return seal(
            Statement.about(
                ReceiptLogged(
                    envelope=envelope.digest,
                    index=at,
                    received=clock.now(),
                    path=tuple(inclusion_path(at, len(hashes), hashes)),
                    checkpoint=sign_checkpoint(checkpoint, self.tree.keys.log),
                )
            ),
            self.tree.keys.central,
        )

    def checkpoint(self, size: int | None = None) -> str:
        """The signed note over the first `size` leaves."""
        hashes = self.hashes(size)
        checkpoint = Checkpoint(self.tree.keys.log.name, len(hashes), root_of(hashes))
        return sign_checkpoint(checkpoint, self.tree.keys.log)

    def hashes(self, size: int | None = None) -> list[Digest]:
        return [leaf_hash(leaf_data(each.digest)) for each in self.log[:size]]

    def prove(self, asked: dict[str, int]) -> None:
        """Answer a station that asks whether the log grew."""
        with self.lock:
            old, new = asked["old"], asked["new"]
            self.asked.append((old, new))
            if self.dumb:
                return
            if new > len(self.log):
                refusal = {"code": "LOG_SHORT", "old": old, "new": new}
                self._publish("consistency/response", json.dumps(refusal).encode())
                return
            states = [TreeState(size, root_of(self.hashes(size))) for size in (old, new)]
            path = consistency_path(old, new, self.hashes(new))
            proof = Consistency(self.tree.keys.log.name, *states, tuple(path))
            self._publish("consistency/response", proof.to_text().encode())

    def ask_witness(self, old: int, note: str) -> dict:
        """Have the station cosign; answers status, kind and body."""
        size = int(note.split("\n")[1])
        path = consistency_path(old, size, self.hashes(size)) if 0 < old < size else []
        before = len(self.cosigned)
        self._publish("witness/request", Request(old, tuple(path), note).to_bytes())
        deadline = clock.monotonic() + 15
        while len(self.cosigned) == before and clock.monotonic() < deadline:
            time.sleep(0.02)
        return self.cosigned[-1]

    def _append(self, envelope: Envelope) -> None:
        self.index[envelope.digest] = len(self.log)
        self.log.append(envelope)

    def _answer(self, envelope: Envelope) -> None:
        if self.mute:
            return
        if self.forge is not None:
            self._publish("receipts", self.forge(envelope))
            return
        self._publish("receipts", self.logged_receipt(envelope).raw)
        if envelope.digest in self.stored:
            self._publish("receipts", self.stored[envelope.digest].raw)

    def _problem(self, code: str, envelope: Envelope, expected: str, found: str, **more) -> None:
        self.refused.append(code)
        problem = {
            "code": code,
            "envelope": str(envelope.digest),
            "expected": expected,
            "found": found,
            "message": code,
            **more,
        }
        self._publish("problems", json.dumps(problem).encode())

    def _publish(self, kind: str, payload: bytes) -> None:
        client = self._client
        if client is not None:
            client.publish(f"liuhen/v1/station/{STATION}/{kind}", payload, qos=1)

    # the broker

    def start(self) -> None:
        self._start_uploads()
        certificate, key = self.tree.pki.issue("central", stem="central-mqtt")
        context = ssl.create_default_context(cafile=self.tree.pki.path)
        context.load_cert_chain(certificate, key)
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="central", protocol=mqtt.MQTTv5, manual_ack=True
        )
        client.tls_set_context(context)
        client.max_queued_messages_set(0)
        ready = threading.Event()

        def connected(client, _data, _flags, _reason, _properties) -> None:
            kinds = ("evidence", "heartbeat", "consistency/request", "witness/response")
            client.subscribe([(f"liuhen/v1/station/+/{kind}", 1) for kind in kinds])

        def heard(client, _data, message) -> None:
            if message.topic.endswith("/heartbeat"):
                with self.lock:
                    beat = verify(Envelope.parse(message.payload), self.keys)
                    self.heartbeats.append(beat.statement.predicate)
            elif message.topic.endswith("/consistency/request"):
                self.prove(json.loads(message.payload))
            elif message.topic.endswith("/witness/response"):
                self.cosigned.append(json.loads(message.payload))
            else:
                self.take(message.payload)
            client.ack(message.mid, message.qos)

        client.on_connect = connected
        client.on_message = heard
        client.on_subscribe = lambda *_: ready.set()
        client.reconnect_delay_set(1, 1)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        client.connect(
            "127.0.0.1", self.mqtt_port, clean_start=False, properties=properties, keepalive=10
        )
        self._client = client
        client.loop_start()
        assert ready.wait(10)

    def stop(self) -> None:
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()
            self._client = None
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    # uploads

    def _start_uploads(self) -> None:
        certificate, key = self.tree.pki.issue("127.0.0.1", stem="upload")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.tree.pki.path)
        context.load_cert_chain(certificate, key)
        standin = self

        class Handler(_Upload):
            central = standin

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request, client_address) -> None:
                pass  # a killed station is part of the tests

        self._server = Server(("127.0.0.1", self.upload_port), Handler)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        threading.Thread(target=self._server.serve_forever, args=[0.1], daemon=True).start()

    def complete(self, manifest: Digest) -> None:
        """Every byte is here: compare, keep, answer."""
        recording = self.recordings[manifest]
        content = bytes(self.arriving.pop(manifest))
        if self.spoil > 0:
            self.spoil -= 1
            content += b"?"
        if hashlib.sha256(content).hexdigest() != str(recording.file.sha256):
            raise MismatchError
        self.vault[str(recording.file.sha256)] = content
        at = clock.now()
        receipt = seal(
            Statement.about(
                ReceiptStored(
                    recording=recording.recording,
                    envelope=manifest,
                    sha256=recording.file.sha256,
                    size=recording.file.size,
                    replicas=(
                        Replica(
                            vault="main",
                            kind="folder",
                            retain_until=at.plus_ms(183 * 86_400_000),
                            read_back=at,
                        ),
                    ),
                    stored=at,
                    nonce=secrets.token_hex(16),
                )
            ),
            self.tree.keys.central,
        )
        self._append(receipt)
        self.stored[manifest] = receipt
        if not self.mute:
            self._publish("receipts", receipt.raw)


class MismatchError(Exception):
    pass


class _Upload(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    central: Standin

    def do_POST(self) -> None:
        named = self.headers["Upload-Metadata"].removeprefix("envelope ")
        manifest = Digest.parse(base64.b64decode(named).decode())
        length = int(self.headers["Upload-Length"])
        with self.central.lock:
            recording = self.central.recordings.get(manifest)
            if self._is_busy():
                return
            if recording is None:
                self._error(409, "MANIFEST_NOT_LOGGED")
            elif recording.file.size != length:
                self._error(400, "UPLOAD_SIZE_MISMATCH")
            elif manifest in self.central.stored:
                self._error(409, "ALREADY_STORED")
            else:
                self.central.arriving.setdefault(manifest, bytearray())
                if length == 0:
                    self.central.complete(manifest)
                self._done(201, {"Location": f"{FILES}/{manifest}"})

    def do_HEAD(self) -> None:
        manifest = self._manifest()
        with self.central.lock:
            if manifest in self.central.stored:
                size = self.central.recordings[manifest].file.size
                self._done(200, {"Upload-Offset": str(size)})
            elif manifest not in self.central.arriving:
                self._done(404, {})
            else:
                self._done(200, {"Upload-Offset": str(len(self.central.arriving[manifest]))})

    def do_PATCH(self) -> None:
        manifest = self._manifest()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        checksum = base64.b64decode(self.headers["Upload-Checksum"].removeprefix("sha256 "))
        with self.central.lock:
            arriving = self.central.arriving.get(manifest)
            if self._is_busy():
                return
            if arriving is None:
                self._error(404, "UPLOAD_UNKNOWN")
            elif int(self.headers["Upload-Offset"]) != len(arriving):
                self._error(409, "UPLOAD_OFFSET_MISMATCH")
            elif hashlib.sha256(body).digest() != checksum:
                self._error(460, "UPLOAD_CHECKSUM_MISMATCH")
            else:
                arriving += body
                offset = len(arriving)
                if offset == self.central.recordings[manifest].file.size:
                    try:
                        self.central.complete(manifest)
                    except MismatchError:
                        self._error(422, "UPLOAD_DIGEST_MISMATCH")
                        return
                self._done(204, {"Upload-Offset": str(offset)})

    def log_message(self, *_) -> None:
        pass

    def _is_busy(self) -> bool:
        if self.central.busy <= 0:
            return False
        self.central.busy -= 1
        self._error(503, "DISK_SLOW")
        return True

    def _manifest(self) -> Digest:
        return Digest.parse(self.path.rsplit("/", 1)[-1])

    def _error(self, status: int, code: str) -> None:
        body = json.dumps({"error": {"code": code, "message": code}}).encode()
        self._done(status, {"Content-Type": "application/json"}, body)

    def _done(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
