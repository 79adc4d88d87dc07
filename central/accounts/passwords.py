"""Passwords as argon2id hashes; nothing else ever sees one. Blocking: half a core for a moment."""

import argon2

from central.errors import CentralError

_LEAST = 8
_MOST = 1024
_HASHER = argon2.PasswordHasher()  # argon2id with the library's current parameters
_NOBODY = _HASHER.hash("nobody has this password")


class PasswordRefusedError(CentralError):
    """Too short or too long to be a password here."""

    code = "PASSWORD_REFUSED"


def hashed(password: str) -> str:
    """The hash to keep. Raises PasswordRefusedError."""
    if not _LEAST <= len(password) <= _MOST:
        raise PasswordRefusedError(
            expected=f"a password of {_LEAST} to {_MOST} characters",
            found=f"{len(password)} characters",
        )
    return _HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether `password` is the one. An unknown account takes as long as a known one."""
    try:
        _HASHER.verify(kept or _NOBODY, password[:_MOST])
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return bool(kept)
