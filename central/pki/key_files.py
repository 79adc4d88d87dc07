"""Private keys and certificates as files: keys 0600, and never over an existing one."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from central.errors import AlreadyInitialisedError, NotInitialisedError
from edge import durable

PRIVATE, PUBLIC = 0o600, 0o644


def write_private(path: Path, pem: bytes) -> None:
    """Create a key file, mode 0600. Raises AlreadyInitialisedError where the name is taken."""
    _create(path, pem, PRIVATE)


def write_public(path: Path, content: bytes) -> None:
    """Create a certificate, policy or key event, mode 0644."""
    _create(path, content, PUBLIC)


def read(path: Path) -> bytes:
    """The bytes of a file that `init` made. Raises NotInitialisedError where it is missing."""
    try:
        return path.read_bytes()
    except OSError as failure:
        raise NotInitialisedError(
            expected=f"{path} (made by: central init)",
            found=failure.strerror or str(failure),
            file=str(path),
        ) from failure


def read_tls_key(path: Path) -> EllipticCurvePrivateKey:
    """A P-256 key for certificates."""
    key = load_pem_private_key(read(path), password=None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise NotInitialisedError(expected=f"a P-256 key in {path}", found=type(key).__name__)
    return key


def _create(path: Path, content: bytes, mode: int) -> None:
    if path.exists():
        raise AlreadyInitialisedError(
            expected=f"{path} not to exist", found="an earlier one, kept as it is", file=str(path)
        )
    durable.make_folder(path.parent)
    durable.write_once(path, content, mode=mode)
