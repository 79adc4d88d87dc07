"""Which keys are trusted, for what, and how trust grows from the root.

The root enrols stations' identity keys and central's keys; a station's identity key
introduces its epoch keys; nothing else adds a key. A set never changes: adding gives a
new one. Revocation is not decided here: it is by log index, and this set has none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from edge.evidence.errors import UntrustedKeyError
from edge.evidence.public_key import ECDSA_P256, ED25519, PublicKey
from edge.evidence.signers import EcdsaP256Signer, Ed25519Signer, Signer
from edge.evidence.statement import ROLES, KeyEvent

if TYPE_CHECKING:
    from edge.evidence.envelope import Verified

__all__ = [
    "ECDSA_P256",
    "ED25519",
    "EcdsaP256Signer",
    "Ed25519Signer",
    "PublicKey",
    "Signer",
    "TrustedKey",
    "TrustedKeys",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A key and what it may do.

    `role` is root, station, epoch or central; `name` is the holder (for station and
    epoch keys the station's id); `boot` is set for epoch keys only.
    """

    public: PublicKey
    role: str
    name: str
    boot: str | None = None

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            message = f"expected a role of {', '.join(ROLES)}, found {self.role}"
            raise ValueError(message)


class TrustedKeys(Mapping[str, TrustedKey]):
    """The trusted keys by keyid. Immutable: `add` and `with_key_event` return a new set."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Mapping[str, TrustedKey] | None = None) -> None:
        self._keys = dict(keys or {})

    def __getitem__(self, keyid: str) -> TrustedKey:
        return self._keys[keyid]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: TrustedKey) -> Self:
        """A new set with this key, too; this one stays as it is.

        The same key for the same purpose again changes nothing. Raises
        UntrustedKeyError where it is trusted for another purpose already: one key, one
        job.
        """
        keyid = key.public.keyid
        known = self._keys.get(keyid)
        if known == key:
            return self
        if known is not None:
            raise UntrustedKeyError(
                f"key {keyid}",
                expected=f"{known.role} {known.name} as before",
                found=f"{key.role} {key.name}",
                keyid=keyid,
            )
        return type(self)({**self._keys, keyid: key})

    def with_key_event(self, verified: "Verified") -> Self:
        """A new set with the key that a verified key-event/v1 introduces.

        `verify` has checked that the root signed an enrolment and the station's own
        identity key an epoch. Raises UntrustedKeyError for any other statement, and for
        revocations; WeakKeyError where the new key is weak or of another algorithm than
        stated.
        """
        event = verified.statement.predicate
        if not isinstance(event, KeyEvent) or event.action == "revoke":
            raise UntrustedKeyError(
                "key event",
                expected="a key-event/v1 that enrols or opens an epoch",
                found=verified.statement.type,
            )
        public = PublicKey.from_spki(event.key.public)
        if public.algorithm != event.key.algorithm:
            raise UntrustedKeyError(
                f"key {public.keyid}",
                expected=event.key.algorithm,
                found=public.algorithm,
            )
        return self.add(
            TrustedKey(public=public, role=event.role, name=event.name, boot=event.boot)
        )
