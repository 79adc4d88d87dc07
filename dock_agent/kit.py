"""What every docking works with, put together once at the start of the agent."""

import threading
from dataclasses import dataclass

from dock_agent.config import Offload
from dock_agent.events import EventStream
from dock_agent.ledger import Ledger
from dock_agent.problems import ProblemBook
from dock_agent.seal import Sealer
from dock_agent.vault import Vault
from firmware_hooks.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """Shared between bays; each part is safe to use from several threads."""

    ledger: Ledger
    sealer: Sealer
    vault: Vault
    registry: Registry
    events: EventStream
    problems: ProblemBook
    offload: Offload
    stop: threading.Event
