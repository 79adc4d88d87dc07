"""Where a package is read from: names with sizes, and bytes. Nothing is trusted here.

A source reports links and devices as what they are and never follows them; the one for
folders is in `folder`.
"""

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol

Progress = Callable[[int, int], None]
"""Called with the bytes of footage read so far, and how many there are."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a package. `kind` is ``file``, or what stands in a file's place."""

    name: str
    size: int
    kind: str = "file"


class Source(Protocol):
    def entries(self) -> Iterable[Entry]:
        """Every name below the package's folder, folders themselves left out."""

    def open(self, name: str) -> BinaryIO:
        """Bytes of an entry whose kind is ``file``; OSError where they cannot be had."""


class MemorySource:
    """A package held in memory: for tests, and for readers that unpack an archive."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def entries(self) -> Iterable[Entry]:
        return [Entry(name, len(data)) for name, data in self._files.items()]

    def open(self, name: str) -> BinaryIO:
        return io.BytesIO(self._files[name])
