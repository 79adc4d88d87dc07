"""A trust policy as the file that it would be read from."""

import json
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from edge.evidence.encoding import encode_base64
from edge.evidence.policy import FORMAT, TrustPolicy


def policy_json(policy: TrustPolicy) -> bytes:
    """`TrustPolicy.parse` gives the same policy again."""
    wire = {
        "format": FORMAT,
        "roots": [_root(it) for it in policy.roots],
        "logs": [_log(policy, it) for it in policy.logs],
        "witnesses": [
            {"name": it.name, "vkey": it.verifier.vkey, "kind": it.kind} for it in policy.witnesses
        ],
        "quorum": {"stations": policy.quorum.stations, "outsiders": policy.quorum.outsiders},
        "tsa": [
            {
                "name": it.name,
                "certificate": _pem(it.certificate),
                "chain": [_pem(issuer) for issuer in it.chain],
            }
            for it in policy.tsa
        ],
    }
    return json.dumps(wire).encode()


def _root(key: Any) -> dict[str, str]:
    public = key.public
    return {
        "name": key.name,
        "algorithm": public.algorithm,
        "public": encode_base64(public.spki),
    }


def _log(policy: TrustPolicy, log: Any) -> dict[str, str]:
    entry = {"origin": log.name, "vkey": log.vkey}
    second = policy.second.get(log.name)
    return entry if second is None else {**entry, "vkey_mldsa44": second.vkey}


def _pem(certificate: Any) -> str:
    return str(certificate.public_bytes(Encoding.PEM).decode())
