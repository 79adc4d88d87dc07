"""The site's own trust policy as a file that an operator extends: witnesses, quorum, TSAs.

Each change is read back as a policy before it is put in place, so the file is a good one at
any time. Roots and logs are made by `init` and are not touched. Copies that were handed out
(to stations, courts, auditors) do not change: whoever trusts a policy decides about it.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from central.errors import ConfigError
from central.pki import key_files
from edge import durable
from edge.evidence.errors import EvidenceError
from edge.evidence.policy import TrustPolicy
from edge.evidence.witnesses import parse_witness_key

Wire = dict[str, Any]


def add_witness(path: Path, vkey: str, kind: str) -> str:
    """Let the policy name a witness (`station` or `outsider`); returns its name.

    The same again changes nothing. Raises ConfigError for what a policy refuses.
    """
    try:
        name = parse_witness_key(vkey).name
    except EvidenceError as bad:
        raise ConfigError(expected="the verifier key of a witness", found=str(bad)) from bad
    entry = {"name": name, "vkey": vkey, "kind": kind}

    def change(wire: Wire) -> None:
        if entry not in wire["witnesses"]:
            wire["witnesses"].append(entry)

    _change(path, change)
    return name


def set_quorum(path: Path, *, stations: int, outsiders: int) -> None:
    """Ask for that many of each kind. Raises ConfigError where nobody could meet it."""

    def change(wire: Wire) -> None:
        wire["quorum"] = {"stations": stations, "outsiders": outsiders}

    _change(path, change)


def add_authority(path: Path, name: str, certificate: bytes, chain: list[bytes]) -> None:
    """Pin a time-stamping authority: its certificate and its issuers, as PEM."""
    entry: Wire = {"name": name, "certificate": certificate.decode("ascii", "replace")}
    if chain:
        entry["chain"] = [pem.decode("ascii", "replace") for pem in chain]

    def change(wire: Wire) -> None:
        if entry not in wire["tsa"]:
            wire["tsa"].append(entry)

    _change(path, change)


def _change(path: Path, change: Callable[[Wire], None]) -> None:
    before = key_files.read(path)
    wire = json.loads(before)
    change(wire)
    raw = json.dumps(wire, ensure_ascii=False, indent=2).encode() + b"\n"
    try:
        TrustPolicy.parse(raw)
    except EvidenceError as bad:
        raise ConfigError(expected="a trust policy that can be met", found=str(bad)) from bad
    if raw != before:
        durable.replace(path, raw)


class PolicyFile:
    """The policy as it stands in the file now; read again when the file changes."""

    def __init__(self, path: Path, policy: TrustPolicy) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._policy = policy

    def current(self) -> TrustPolicy:
        """The newest good policy: a file that is gone or broken changes nothing."""
        try:
            found = self._path.stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp != self._stamp:
                self._policy = TrustPolicy.parse(self._path.read_bytes())
                self._stamp = stamp
        except (OSError, EvidenceError):
            pass
        return self._policy
