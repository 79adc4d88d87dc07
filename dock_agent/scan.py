"""What is on a mounted card: every file, in a stable order, and what is no file.

Promise: nothing is followed, opened or written; a name is bytes and stays as it is; every
regular file is listed, whatever its suffix. What is not listed as a file (links, devices,
too deep, unreadable folders) is listed as a problem instead: nothing is left out silently.
Does not judge content, and does not make names into identities.
"""

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dock_agent.errors import VanishedError
from firmware_hooks.profile import Claims, Profile

GONE = frozenset({errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.ENOMEDIUM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a card is listed; what is beyond is a problem, not an omission."""

    depth: int = 32
    path_bytes: int = 4096
    files: int = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CardEntry:
    """One regular file: `path` is relative, raw, with `/` between names."""

    path: bytes
    size: int
    mtime_ns: int
    claims: Claims

    @property
    def text(self) -> str:
        """The path for people; bytes that are not UTF-8 become U+FFFD."""
        return self.path.decode("utf-8", "replace")

    @property
    def is_utf8(self) -> bool:
        """False where `text` is only a readable replacement."""
        return _is_utf8(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProblem:
    """Something on the card that is not offloaded. `code` is one of `PROBLEM_CODES`."""

    code: str
    path: bytes
    expected: str
    found: str

    @property
    def text(self) -> str:
        """The path for people."""
        return self.path.decode("utf-8", "replace")


PROBLEM_CODES = (
    "LINK_NOT_FOLLOWED",
    "SPECIAL_FILE",
    "PATH_TOO_DEEP",
    "PATH_TOO_LONG",
    "TOO_MANY_FILES",
    "FOLDER_UNREADABLE",
    "OTHER_FILE_SYSTEM",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All of a card: important files first, then by path; problems by path."""

    entries: tuple[CardEntry, ...]
    problems: tuple[CardProblem, ...]

    @property
    def size(self) -> int:
        """Bytes in all entries together, as listed."""
        return sum(entry.size for entry in self.entries)


def scan(mount: Path, profile: Profile, *, limits: Limits | None = None) -> Listing:
    """List the card at `mount`. Raises VanishedError where there is no card to list."""
    walk = _Walk(profile, limits or Limits())
    try:
        root = open_folder(os.fsencode(mount), None)
        try:
            walk.device = os.fstat(root).st_dev
            walk.folder(root, b"", 1)
        finally:
            os.close(root)
    except OSError as failure:
        raise VanishedError(
            code="CAMERA_GONE", expected=f"a mounted card at {mount}", found=str(failure)
        ) from failure
    entries = sorted(walk.entries, key=lambda e: (not e.claims.important, e.path))
    problems = sorted(walk.problems, key=lambda p: (p.path, p.code))
    return Listing(entries=tuple(entries), problems=tuple(problems))


def open_folder(name: bytes, beneath: int | None) -> int:
    """Open a folder without following a link, and without touching its access time."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(name, flags | os.O_NOATIME, dir_fd=beneath)
    except PermissionError:  # only the owner may leave access times alone
        return os.open(name, flags, dir_fd=beneath)


class _Walk:
    def __init__(self, profile: Profile, limits: Limits) -> None:
        self.entries: list[CardEntry] = []
        self.problems: list[CardProblem] = []
        self.device = 0
        self._profile = profile
        self._limits = limits

    def folder(self, handle: int, prefix: bytes, depth: int) -> None:
        """List one open folder and those below it; goes by handles, so no path is raced."""
        for name, facts in self._names(handle, prefix):
            path = prefix + name
            if stat.S_ISDIR(facts.st_mode):
                self._below(handle, name, path, depth, facts.st_dev)
            elif stat.S_ISREG(facts.st_mode):
                self._file(path, facts)
            elif stat.S_ISLNK(facts.st_mode):
                self._problem("LINK_NOT_FOLLOWED", path, "a file or folder", "a symbolic link")
            else:
                found = f"mode {stat.filemode(facts.st_mode)}"
                self._problem("SPECIAL_FILE", path, "a file or folder", found)

    def _names(self, handle: int, prefix: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
        names: list[bytes] = []
        try:
            with os.scandir(handle) as entries:
                names.extend(os.fsencode(entry.name) for entry in entries)
        except OSError as failure:  # what was listed before the fault is kept
            self._unlistable(prefix, failure)
        for name in sorted(names):
            try:
                facts = os.stat(name, dir_fd=handle, follow_symlinks=False)
            except OSError as failure:
                self._unlistable(prefix + name, failure)
                continue
            yield name, facts

    def _below(self, handle: int, name: bytes, path: bytes, depth: int, device: int) -> None:
        if depth >= self._limits.depth:
            expected = f"at most {self._limits.depth} levels"
            self._problem("PATH_TOO_DEEP", path, expected, "a folder below them")
            return
        if device != self.device:
            self._problem("OTHER_FILE_SYSTEM", path, "one file system", "another mounted in it")
            return
        try:
            below = open_folder(name, handle)
        except OSError as failure:
            self._unlistable(path, failure)
            return
        try:
            self.folder(below, path + b"/", depth + 1)
        finally:
            os.close(below)

    def _file(self, path: bytes, facts: os.stat_result) -> None:
        if len(path) > self._limits.path_bytes:
            expected = f"a path of at most {self._limits.path_bytes} bytes"
            self._problem("PATH_TOO_LONG", path, expected, f"{len(path)} bytes")
        elif len(self.entries) >= self._limits.files:
            expected = f"at most {self._limits.files} files"
            self._problem("TOO_MANY_FILES", path, expected, "one more")
        else:
            text = path.decode("utf-8", "replace")
            entry = CardEntry(
                path=path,
                size=facts.st_size,
                mtime_ns=facts.st_mtime_ns,
                claims=self._profile.claims(text),
            )
            self.entries.append(entry)

    def _unlistable(self, path: bytes, failure: OSError) -> None:
        if failure.errno in GONE:
            raise VanishedError(
                code="CAMERA_GONE", expected="the card to stay", found=str(failure)
            ) from failure
        found = failure.strerror or str(failure)
        self._problem("FOLDER_UNREADABLE", path.rstrip(b"/"), "a readable folder", found)

    def _problem(self, code: str, path: bytes, expected: str, found: str) -> None:
        self.problems.append(CardProblem(code=code, path=path, expected=expected, found=found))


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
