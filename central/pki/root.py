"""The offline root: an Ed25519 key, made once, on a machine without central's data."""

from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from central.errors import ConfigError
from central.pki import key_files
from edge import durable
from edge.evidence.errors import EvidenceError
from edge.evidence.keys import PublicKey
from edge.evidence.signers import Ed25519Signer

_PRIVATE_FOLDER = 0o700


def make_root(folder: Path) -> Path:
    """A new root in `folder`; returns the file with its public half.

    Raises AlreadyInitialisedError where there is one.
    """
    root = Ed25519Signer.generate()
    durable.make_folder(folder, mode=_PRIVATE_FOLDER)
    key_files.write_private(folder / "root.key", root.to_pem())
    key_files.write_public(folder / "root.pem", public_pem(root.public))
    return folder / "root.pem"


def public_pem(spki: bytes) -> bytes:
    public = load_der_public_key(spki)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def read_public(path: Path) -> PublicKey:
    """A root's public key from PEM. Raises ConfigError for anything else, or a weak one."""
    try:
        key = load_pem_public_key(key_files.read(path))
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return PublicKey.from_spki(spki)
    except (ValueError, EvidenceError) as bad:
        raise ConfigError(expected=f"a root's public key in {path}", found=str(bad)) from bad
