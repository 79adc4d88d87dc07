"""A package as a folder on a disk: read only, and never through a link."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from edge.evidence.verify_source import Entry


class FolderSource:
    """A package as a folder. Links and devices are reported as such, never opened."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def entries(self) -> Iterator[Entry]:
        """Everything below the root that is no folder, link or not."""
        folders = [""]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(self._root / folder) as found:
                    for item in found:
                        name = f"{folder}{item.name}"
                        if item.is_dir(follow_symlinks=False):
                            folders.append(f"{name}/")
                        else:
                            yield _entry(name, item)
            except OSError as failure:
                yield Entry(folder or ".", 0, f"a folder that cannot be read: {failure.strerror}")

    def open(self, name: str) -> BinaryIO:
        """Open a plain file, taking no link at any step of its path."""
        *folders, last = name.split("/")
        at = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for folder in folders:
                below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
                os.close(at)
                at = below
            handle = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
        finally:
            os.close(at)
        return os.fdopen(handle, "rb", buffering=0)


def _entry(name: str, item: os.DirEntry[str]) -> Entry:
    facts = item.stat(follow_symlinks=False)
    if stat.S_ISREG(facts.st_mode):
        return Entry(name, facts.st_size)
    return Entry(name, 0, "a link" if stat.S_ISLNK(facts.st_mode) else "a device or pipe")
