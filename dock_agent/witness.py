"""The station as a witness of central's log: it cosigns what continues what it has seen.

Its key signs nothing else. The memory (`edge.witness`) is on disk before an answer is given,
and is made together with the ledger: where a ledger with statements has none, or an older
copy, this station does not cosign. A checkpoint that contradicts a verified receipt is
never cosigned, and is an alarm; nor is any, once there was one.
"""

from dataclasses import dataclass

from dock_agent.config import StationConfig
from dock_agent.errors import AgentError, ForkError
from dock_agent.growth import Growth
from dock_agent.ledger import Ledger
from dock_agent.station import require_private
from dock_agent.trust import Trust
from edge.evidence.checkpoint import Checkpoint, open_checkpoint
from edge.evidence.encoding import encode
from edge.evidence.errors import EvidenceError
from edge.evidence.witness import Request
from edge.witness.errors import WitnessError
from edge.witness.keys import read_keys
from edge.witness.store import WitnessStore

REQUEST, RESPONSE = "witness/request", "witness/response"
_RESTORED = b"RESTORED_STATE"


class WitnessMemoryError(AgentError):
    """The station cannot vouch for anything: its memory is lost, or an older copy."""

    code = "WITNESS_MEMORY"


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer, and what a person should know of it."""

    payload: bytes
    problem: AgentError | None = None


class StationWitness:
    """Make it with `opened`."""

    def __init__(self, store: WitnessStore, trust: Trust, growth: Growth) -> None:
        self._store = store
        self._trust = trust
        self._growth = growth

    def answer(self, raw: bytes) -> Reply:
        """Answer one `add-checkpoint`. Raises ForkError for two roots of one size."""
        seen = self._signed(raw)
        if seen is not None:
            self._refuse_fork(*seen)
        status, kind, body = self._store.answer(raw)
        problem = None
        if status == 409 and body.startswith(_RESTORED):
            problem = WitnessMemoryError(
                expected="the newest memory of what this witness cosigned",
                found="an older copy; see README, witness",
            )
        return Reply(
            reply(status, kind.partition(";")[0], body.decode("utf-8", "replace")), problem
        )

    def _signed(self, raw: bytes) -> tuple[Checkpoint, str] | None:
        try:
            note = Request.parse(raw).note
            return open_checkpoint(note, self._trust.log), note
        except EvidenceError:
            return None  # refused by the store, in the protocol's own words

    def _refuse_fork(self, checkpoint: Checkpoint, note: str) -> None:
        known = self._store.memory.logs.get(checkpoint.origin)
        seen = None if known is None else known.seen
        if seen is not None and seen.size == checkpoint.size and seen.root != checkpoint.root:
            raise ForkError(
                expected=f"root {seen.root} at size {checkpoint.size}, as cosigned",
                found=f"root {checkpoint.root}, signed by the same log",
            )
        if checkpoint.size:
            self._growth.is_proven(checkpoint, note)


def reply(status: int, kind: str, body: str) -> bytes:
    """A response as it is sent: JSON with status and content type as in HTTP."""
    return encode({"status": status, "kind": kind, "body": body})


def opened(
    config: StationConfig, ledger: Ledger, trust: Trust, growth: Growth
) -> StationWitness | WitnessMemoryError | None:
    """The witness; None where the configuration names no key; an error where it must not work.

    Raises IdentityError for a key file that others can read.
    """
    if config.witness_key is None:
        return None
    require_private(config.witness_key)
    try:
        keys = read_keys(config.witness_key)
        if ledger.chain.head() is None and not (config.witness_state / "state.json").exists():
            WitnessStore.create(config.witness_state, keys)
        store = WitnessStore.open(config.witness_state, keys, {trust.log.name: trust.log})
    except (WitnessError, OSError) as bad:
        return WitnessMemoryError(expected="a witness's key and its memory", found=str(bad))
    return StationWitness(store, trust, growth)
