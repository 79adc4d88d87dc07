"""The agent's parts, made from the config and put together once.

Everything that an operator could have got wrong is found here, before any work: keys,
trust, certificates, profiles, the data folder, the ledger.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dock_agent import lock, station, trust, witness
from dock_agent.config import StationConfig
from dock_agent.courier import Address, Courier
from dock_agent.courier.answers import Answers
from dock_agent.errors import ConfigError
from dock_agent.events import EventStream
from dock_agent.growth import Growth
from dock_agent.heartbeat import Pulse
from dock_agent.kit import Kit
from dock_agent.ledger import Ledger
from dock_agent.problems import ProblemBook
from dock_agent.receipts import Desk
from dock_agent.seal import Sealer
from dock_agent.tls import TlsFiles
from dock_agent.uploader import Uploader
from dock_agent.vault import Vault
from firmware_hooks.errors import HookError
from firmware_hooks.registry import Registry


class Bell:
    """Rung by a part that is made before the one that answers."""

    def __init__(self) -> None:
        self._answer: Callable[[], None] | None = None

    def answered_by(self, answer: Callable[[], None]) -> None:
        self._answer = answer

    def ring(self) -> None:
        if self._answer is not None:
            self._answer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    kit: Kit
    pulse: Pulse
    courier: Courier
    uploader: Uploader


def assemble(config: StationConfig, events: EventStream, stop: threading.Event) -> Parts:
    """Make everything. Raises ConfigError, IdentityError, AlreadyRunningError, LedgerError."""
    trusted = trust.load(config)
    epoch = station.start(config)
    registry = _profiles(config)
    broker_tls, upload_tls = _tls(config, config.mqtt.ca), _tls(config, config.upload.ca)
    broker_tls.context()
    lock.claim(config.data)
    ledger = Ledger(config.ledger)
    problems = ProblemBook(ledger, events)
    sealed, logged = Bell(), Bell()
    vault = Vault(config.vault)
    vault.prepare()
    kit = Kit(
        ledger=ledger,
        sealer=Sealer(ledger, epoch, sealed.ring),
        vault=vault,
        registry=registry,
        events=events,
        problems=problems,
        offload=config.offload,
        stop=stop,
    )
    pulse = Pulse(ledger, kit.sealer, config.data)
    address = Address(
        host=config.mqtt.host, port=config.mqtt.port, tls=broker_tls, client=config.station
    )
    desk = Desk(ledger, trusted, Growth(ledger))
    cosigns = witness.opened(config, ledger, trusted, desk.growth)
    answers = Answers(desk, events, problems, cosigns, logged.ring)
    courier = Courier(address, ledger, problems, answers, pulse, config.mqtt.heartbeat_seconds)
    uploader = Uploader(config.upload.url, upload_tls.context(), ledger, vault, events, problems)
    sealed.answered_by(courier.wake)
    logged.answered_by(uploader.wake)
    return Parts(kit=kit, pulse=pulse, courier=courier, uploader=uploader)


def _tls(config: StationConfig, ca: Path) -> TlsFiles:
    station.require_private(config.tls_key)
    return TlsFiles(ca=ca, certificate=config.tls_certificate, key=config.tls_key)


def _profiles(config: StationConfig) -> Registry:
    try:
        return Registry.load(config.offload.profiles)
    except (HookError, OSError) as bad:
        raise ConfigError(
            code="PROFILE_BAD", expected="camera profiles that can be used", found=str(bad)
        ) from bad
