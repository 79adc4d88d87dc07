"""The one door to the broker: messages in, receipts and problems out (MQTT 5, QoS 1).

Letters (requests and responses beside evidence) use the same session. A message is
acknowledged only when `Intake.take` has returned: everything about it is on disk by then.
Answers come from the database, so they survive a kill, and count as sent when the broker
acknowledges them. The broker sends no more than `RECEIVE_MAXIMUM` messages ahead.
Everything may happen twice; nothing is lost when the line or this process goes.
"""

import logging
import queue
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from paho.mqtt.client import (
    Client,
    ConnectFlags,
    DisconnectFlags,
    MQTTMessage,
    MQTTv5,
)
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from central.config import MqttSection
from central.errors import BrokerRefusedError
from central.intake.delivery import Acknowledged, Delivery
from central.intake.letters import (
    CONSISTENCY_REQUEST,
    EXPIRY_S,
    WITNESS_RESPONSE,
    Letter,
    Letters,
)
from central.intake.taking import EVIDENCE, HEARTBEAT, Intake, Message
from central.log.committer import Step
from edge import clock

_LOG = logging.getLogger(__name__)

TOPICS = "liuhen/v1/station"
RECEIVE_MAXIMUM = 500
GROUP_SECONDS = 0.005
_CLIENT = "central"  # the broker takes the certificate's name in its place
_FOR_EVER = 0xFFFFFFFF
_KEEPALIVE_S = 30
_CONNACK_S = 15.0
_RETRY_S = 1.0
_TICK_S = 5.0


@dataclass(frozen=True, slots=True)
class _Arrived:
    what: Message | Letter
    mid: int
    line: int  # the connection it came by: an acknowledgement is for that one only


class Subscriber:
    """Central's session with the broker. `start`, then `stop`."""

    def __init__(
        self,
        settings: MqttSection,
        intake: Intake,
        delivery: Delivery,
        letters: Letters,
        *,
        step: Step = lambda _name: None,
    ) -> None:
        self._settings = settings
        self._intake = intake
        self._delivery = delivery
        self.letters = letters
        self._step = step
        self._events: queue.SimpleQueue[_Arrived | Acknowledged | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._line = 0
        self._connected = False
        self._since = clock.monotonic()
        self._client = self._new_client()
        self._worker = threading.Thread(target=self._work, name="intake")

    @property
    def connected(self) -> bool:
        """Whether the broker took our session and our subscriptions."""
        return self._connected

    def start(self) -> None:
        """Connect, and go on connecting, in threads of its own."""
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho's
        properties.SessionExpiryInterval = _FOR_EVER
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        self._client.connect_async(
            *(self._settings.host, self._settings.port),
            keepalive=_KEEPALIVE_S,
            clean_start=False,
            properties=properties,
        )
        self._client.loop_start()
        self._worker.start()

    def stop(self) -> None:
        """Finish the batch at hand, then leave; the broker keeps the session."""
        self._stopping.set()
        self.wake()
        if self._worker.ident is not None:
            self._worker.join()
        self._client.disconnect()
        self._client.loop_stop()

    def wake(self) -> None:
        """There may be something to send: a listener for `LogWriter.listen`."""
        self._events.put(None)

    def post(self, letter: Letter) -> bool:
        """Send a letter, now or not at all; from any thread. False where the line is down."""
        if not self._connected:
            return False
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho's
        properties.MessageExpiryInterval = EXPIRY_S
        if letter.correlation is not None:
            properties.CorrelationData = letter.correlation
        topic = f"{TOPICS}/{letter.station}/{letter.kind}"
        self._client.publish(topic, letter.payload, qos=1, properties=properties)
        return True

    def _new_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=_CLIENT,
            protocol=MQTTv5,
            manual_ack=True,
        )
        context = ssl.create_default_context(cafile=str(self._settings.ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(self._settings.certificate, self._settings.key)
        client.tls_set_context(context)
        client.reconnect_delay_set(min_delay=1, max_delay=30)
        client.max_queued_messages_set(0)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        return client

    def _work(self) -> None:
        """The worker's life: take what came, send what is owed, until told to stop."""
        while not self._stopping.is_set():
            arrived, acknowledged = self._gather()
            self._take(arrived)
            try:
                self._delivery.settle(acknowledged)
                self._delivery.send(self._publish)
            except Exception:  # noqa: BLE001 - what is not noted as sent is sent again
                _LOG.exception("answers are not sent")
            self._complain()

    def _gather(self) -> tuple[list[_Arrived], list[Acknowledged]]:
        """Wait for something to do; then what comes within a few milliseconds."""
        arrived: list[_Arrived] = []
        acknowledged: list[Acknowledged] = []
        deadline = clock.monotonic() + _TICK_S
        while len(arrived) < RECEIVE_MAXIMUM and not self._stopping.is_set():
            try:
                wait = max(0.0, deadline - clock.monotonic())
                event = self._events.get(timeout=wait)
            except queue.Empty:
                break
            deadline = min(deadline, clock.monotonic() + GROUP_SECONDS)
            if isinstance(event, _Arrived):
                if isinstance(event.what, Letter):
                    self._answer(event.what, event)
                else:
                    arrived.append(event)
            elif event is not None:
                acknowledged.append(event)
        return arrived, acknowledged

    def _take(self, arrived: list[_Arrived]) -> None:
        if not arrived:
            return
        batch = [each.what for each in arrived if isinstance(each.what, Message)]
        while not self._stopping.is_set():
            try:
                self._intake.take(batch)
            except Exception:  # noqa: BLE001 - a full disk, a locked database: again
                _LOG.exception("a batch of %d is not taken yet", len(batch))
                self._stopping.wait(_RETRY_S)
                continue
            self._step("batch-taken")
            self._acknowledge(arrived)
            self._step("batch-acknowledged")
            return

    def _answer(self, letter: Letter, came: _Arrived) -> None:
        """A letter is answered once, or not: whoever wrote it asks again."""
        try:
            reply = self.letters.take(letter)
            if reply is not None:
                self.post(reply)
        except Exception:  # noqa: BLE001 - one letter must not stop the intake
            _LOG.exception("a letter of %s is not answered", letter.station)
        self._acknowledge([came])

    def _acknowledge(self, arrived: Sequence[_Arrived]) -> None:
        for each in arrived:
            if each.line == self._line:
                self._client.ack(each.mid, 1)

    def _publish(self, topic: str, payload: bytes) -> int | None:
        if not self._connected:
            return None
        return self._client.publish(topic, payload, qos=1).mid

    def _complain(self) -> None:
        """TLS 1.3 refuses a client's certificate late, and without a word we could show."""
        silent = clock.monotonic() - self._since
        if self._connected or silent < _CONNACK_S:
            return
        self._since = clock.monotonic()
        where = f"{self._settings.host}:{self._settings.port}"
        _LOG.warning(
            "%s: expected the broker at %s to take our session, found no answer for %d s;"
            " it may be down, or refuse our certificate",
            *(BrokerRefusedError.code, where, silent),
        )

    # What follows runs in the client's own thread: note it, and leave it to the worker.

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _LOG.error("%s: %s", BrokerRefusedError.code, reason)
            return
        self._line += 1
        options = SubscribeOptions(qos=1)
        kinds = (EVIDENCE, HEARTBEAT, WITNESS_RESPONSE, CONSISTENCY_REQUEST)
        client.subscribe([(f"{TOPICS}/+/{kind}", options) for kind in kinds])

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._connected:
            _LOG.info("the line to the broker is down: %s", reason)
            self._since = clock.monotonic()
        self._connected = False
        self._line += 1

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        for reason in (each for each in reasons if each.is_failure):
            _LOG.error("%s: a subscription: %s", BrokerRefusedError.code, reason)
            return
        self._connected = True
        self.wake()

    def _on_message(self, _client: Client, _userdata: object, sent: MQTTMessage) -> None:
        station, _, kind = sent.topic.removeprefix(f"{TOPICS}/").partition("/")
        raw = bytes(sent.payload)
        what: Message | Letter = Message(station=station, kind=kind, raw=raw)
        if kind not in {EVIDENCE, HEARTBEAT}:
            correlation = getattr(sent.properties, "CorrelationData", None)
            what = Letter(station=station, kind=kind, payload=raw, correlation=correlation)
        self._events.put(_Arrived(what, sent.mid, self._line))

    def _on_publish(
        self,
        _client: Client,
        _userdata: object,
        mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            _LOG.warning("the broker refused an answer: %s", reason)
        self._events.put(Acknowledged(mid, not reason.is_failure))
