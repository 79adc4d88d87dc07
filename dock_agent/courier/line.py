"""One MQTT v5 session with the broker, from connect to hang-up. The only paho importer.

Everything that paho's network thread hears becomes a value in a queue; the courier's own
thread decides. A line is used once: after a loss the courier makes a new one, so that no
library queue outlives its connection. Messages are acknowledged by hand, after the ledger
has taken them. Does not know what the messages mean.
"""

import queue
import ssl
from dataclasses import dataclass

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from dock_agent.errors import BrokerError
from dock_agent.tls import TlsFiles
from edge import clock

_KEEPALIVE_S = 30
_CONNACK_S = 10.0
_SESSION_EXPIRY_S = 30 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the broker is, and who the station says it is."""

    host: str
    port: int
    tls: TlsFiles
    client: str


@dataclass(frozen=True, slots=True)
class Connected:
    pass


@dataclass(frozen=True, slots=True)
class Lost:
    reason: str


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes
    mid: int
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The broker took a publish or a subscription and said no."""

    what: str
    reason: str


Heard = Connected | Lost | Message | Rejected


class Line:
    """Connect on construction; raises BrokerError naming the likely cause."""

    def __init__(self, address: Address, topics: list[str]) -> None:
        self._address = address
        self._topics = topics
        self._heard: queue.SimpleQueue[Heard | None] = queue.SimpleQueue()
        self._client = self._make(address.tls.context())
        try:
            self._connect()
            self._await_welcome()
        except BaseException:
            self.hang_up()
            raise

    def hear(self, timeout: float) -> Heard | None:
        """Answer the next thing heard; None after `timeout` or when woken."""
        try:
            return self._heard.get(timeout=timeout)
        except queue.Empty:
            return None

    def wake(self) -> None:
        """Make a waiting `hear` return; from any thread."""
        self._heard.put(None)

    def publish(self, topic: str, payload: bytes, *, correlation: bytes | None = None) -> None:
        """Hand a message to the connection. Says nothing about its arrival."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if correlation is not None:
            properties.CorrelationData = correlation
        sent = self._client.publish(topic, payload, qos=1, properties=properties)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise self._lost(f"publish said {mqtt.error_string(sent.rc)}")

    def acknowledge(self, message: Message) -> None:
        self._client.ack(message.mid, 1)

    def hang_up(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _make(self, tls: ssl.SSLContext) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._address.client,
            protocol=mqtt.MQTTv5,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.tls_set_context(tls)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        return client

    def _connect(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        try:
            self._client.connect(
                self._address.host,
                self._address.port,
                keepalive=_KEEPALIVE_S,
                clean_start=False,
                properties=properties,
            )
        except ssl.SSLCertVerificationError as failure:
            raise BrokerError(
                code="BROKER_UNTRUSTED",
                expected=f"a broker certificate signed by {self._address.tls.ca}",
                found=failure.verify_message,
            ) from failure
        except ssl.SSLError as failure:
            raise BrokerError(
                code="BROKER_NO_TLS",
                expected=f"TLS 1.3 at {self._where()}",
                found=failure.reason or str(failure),
            ) from failure
        except OSError as failure:
            raise BrokerError(
                expected=f"a broker at {self._where()}",
                found=failure.strerror or str(failure),
            ) from failure
        self._client.loop_start()

    def _await_welcome(self) -> None:
        """Wait for CONNACK: a TLS 1.3 refusal of our certificate shows only here."""
        deadline = clock.monotonic() + _CONNACK_S
        while (left := deadline - clock.monotonic()) > 0:
            heard = self.hear(left)
            if isinstance(heard, Connected):
                return
            if isinstance(heard, Lost):
                raise self._unwelcome(heard.reason)
        raise BrokerError(
            code="BROKER_SILENT",
            expected=f"a CONNACK from {self._where()} within {_CONNACK_S:.0f} s",
            found="silence (likely: another service on that port, or a network in between)",
        )

    def _unwelcome(self, reason: str) -> BrokerError:
        return BrokerError(
            code="BROKER_REFUSED",
            expected=f"a CONNACK from {self._where()} for {self._address.client}",
            found=f"{reason} (likely: the certificate {self._address.tls.certificate.name}"
            " is expired, revoked, of another CA, or names another station)",
        )

    def _where(self) -> str:
        return f"{self._address.host}:{self._address.port}"

    def _lost(self, reason: str) -> BrokerError:
        return BrokerError(
            code="BROKER_LOST", expected=f"a session with {self._where()}", found=reason
        )

    def _on_connect(
        self, client: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _p: object
    ) -> None:
        if reason.is_failure:
            self._heard.put(Lost(f"CONNACK {reason}"))
            return
        options = SubscribeOptions(qos=1)
        client.subscribe([(topic, options) for topic in self._topics])
        self._heard.put(Connected())

    def _on_disconnect(
        self, _c: mqtt.Client, _data: object, _flags: object, reason: ReasonCode, _p: object
    ) -> None:
        self._heard.put(Lost(str(reason)))

    def _on_message(self, _c: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", None)
        said = Message(message.topic, bytes(message.payload), message.mid, correlation)
        self._heard.put(said)

    def _on_publish(
        self, _c: mqtt.Client, _data: object, _mid: int, reason: ReasonCode, _p: object
    ) -> None:
        if reason.is_failure:
            self._heard.put(Rejected("publish", str(reason)))

    def _on_subscribe(
        self, _c: mqtt.Client, _data: object, _mid: int, reasons: list[ReasonCode], _p: object
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                self._heard.put(Rejected("subscribe", str(reason)))
