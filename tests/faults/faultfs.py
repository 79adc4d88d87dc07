"""A FUSE file system in memory that fails on command: a camera or a vault's disk.

What it models: a write is volatile until fsync of the file, a name until fsync of its
folder, and a power cut takes what is volatile; reads, writes and syncs fail with the errno
asked for, from the byte asked for; a disk of a given size; a device that is gone.
It is stricter than ext4 (which syncs a new file's name with the file).

Run as `python faultfs.py MOUNTPOINT`; one command a line on stdin, one answer a line:
  fail READ|WRITE|FSYNC NAME OFFSET ERRNO | space BYTES | gone | power-cut | sync | clear
  changes          how many calls so far would have changed the file system
  flip-on-sync NAME OFFSET   a disk that keeps another byte than it was given
"""

import errno
import os
import stat
import sys
import threading
import time
from dataclasses import dataclass, field

import mfusepy
from mfusepy import FuseOSError

BLOCK = 4096


@dataclass(eq=False)
class Node:
    """A file or a folder: what is there now, and what a power cut leaves."""

    mode: int
    ino: int
    data: bytearray = field(default_factory=bytearray)
    names: dict[str, "Node"] = field(default_factory=dict)
    synced_data: bytes = b""
    synced_names: dict[str, "Node"] = field(default_factory=dict)
    mtime: int = field(default_factory=time.time_ns)

    def lose_unsynced(self) -> None:
        self.data = bytearray(self.synced_data)
        self.names = dict(self.synced_names)
        for node in self.names.values():
            node.lose_unsynced()

    def keep_all(self) -> None:
        self.synced_data, self.synced_names = bytes(self.data), dict(self.names)
        for node in self.names.values():
            node.keep_all()

    def count(self, other: "Node") -> int:
        below = self.names.values()
        return sum((node is other) + node.count(other) for node in below)


class FaultFs(mfusepy.Operations):
    use_ns = True

    def __init__(self) -> None:
        self.inodes = iter(range(2, 1 << 40))
        self.root = Node(stat.S_IFDIR | 0o755, 1)
        self.open_files: dict[int, Node] = {}
        self.faults: list[tuple[str, str, int, int]] = []
        self.space: int | None = None
        self.flips: dict[str, int] = {}
        self.is_gone = False
        self.changes = 0

    # --- commands
    def command(self, line: str) -> str:
        match line.split():
            case ["fail", act, name, offset, code]:
                self.faults.append((act, name, int(offset), getattr(errno, code)))
            case ["space", size]:
                self.space = int(size)
            case ["gone"]:
                self.is_gone = True
            case ["clear"]:
                self.faults, self.space, self.is_gone = [], None, False
            case ["sync"]:
                self.root.keep_all()
            case ["power-cut"]:
                self.root.lose_unsynced()
                self.open_files.clear()
            case ["flip-on-sync", name, offset]:
                self.flips["/" + name] = int(offset)
            case ["changes"]:
                return str(self.changes)
            case _:
                return "unknown command"
        return "ok"

    def meet(self, act: str, path: str, begin: int = 0, end: int = 1) -> None:
        """Fail here, if somebody asked for it; count what would change the disk."""
        self.changes += act in {"WRITE", "NAME"}
        if self.is_gone:
            raise FuseOSError(errno.ENODEV)
        for what, name, offset, code in self.faults:
            if what == act and name in path and end > offset:
                raise FuseOSError(code)

    def find(self, path: str) -> Node:
        node = self.root
        for name in filter(None, path.split("/")):
            if name not in node.names:
                raise FuseOSError(errno.ENOENT)
            node = node.names[name]
        return node

    def parent(self, path: str) -> tuple[Node, str]:
        folder, _, name = path.rpartition("/")
        return self.find(folder), name

    def used(self) -> int:
        seen: dict[int, Node] = {}
        stack = [self.root]
        while stack:
            for node in stack.pop().names.values():
                seen[node.ino] = node
                stack.append(node)
        return sum(len(node.data) for node in seen.values())

    # --- names
    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        self.meet("STAT", path)
        node = self.open_files[fh] if fh in self.open_files else self.find(path)
        folder = stat.S_ISDIR(node.mode)
        return {
            "st_mode": node.mode,
            "st_ino": node.ino,
            "st_nlink": 2 if folder else self.root.count(node),
            "st_size": len(node.data),
            "st_blocks": -(-len(node.data) // 512),
            "st_mtime": node.mtime,
            "st_uid": os.getuid(),
            "st_gid": os.getgid(),
        }

    def readdir(self, path: str, fh: int) -> list[tuple[str, dict[str, int], int]]:
        self.meet("LIST", path)
        folder = self.find(path)
        nodes = {".": folder, "..": folder, **folder.names}
        # A name without an inode number is hidden by the kernel.
        return [(n, {"st_ino": x.ino, "st_mode": x.mode}, 0) for n, x in nodes.items()]

    def mkdir(self, path: str, mode: int) -> int:
        self.meet("NAME", path)
        folder, name = self.parent(path)
        folder.names[name] = Node(stat.S_IFDIR | mode, next(self.inodes))
        return 0

    def link(self, target: str, source: str) -> int:
        self.meet("NAME", target)
        folder, name = self.parent(target)
        folder.names[name] = self.find(source)
        return 0

    def unlink(self, path: str) -> int:
        self.meet("NAME", path)
        folder, name = self.parent(path)
        del folder.names[name]
        return 0

    def rename(self, old: str, new: str) -> int:
        self.meet("NAME", old)
        (source, name), (target, new_name) = self.parent(old), self.parent(new)
        target.names[new_name] = source.names.pop(name)
        return 0

    def chmod(self, path: str, mode: int) -> int:
        self.meet("NAME", path)
        node = self.find(path)
        node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(mode)
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        self.meet("NAME", path)
        self.find(path).mtime = times[1] if times else time.time_ns()
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        self.meet("STAT", path)
        free = (1 << 40 if self.space is None else max(0, self.space - self.used())) // BLOCK
        size = {"f_bsize": BLOCK, "f_frsize": BLOCK, "f_blocks": 1 << 28, "f_namemax": 255}
        return {**size, "f_bfree": free, "f_bavail": free}

    # --- files
    def create(self, path: str, mode: int, fi: object = None) -> int:
        self.meet("NAME", path)
        folder, name = self.parent(path)
        folder.names[name] = Node(stat.S_IFREG | mode, next(self.inodes))
        return self.open(path, 0)

    def open(self, path: str, flags: int) -> int:
        self.meet("OPEN", path)
        handle = next(self.inodes)
        self.open_files[handle] = self.find(path)
        return handle

    def release(self, path: str, fh: int) -> int:
        self.open_files.pop(fh, None)
        return 0

    def node(self, fh: int) -> Node:
        if fh not in self.open_files:
            raise FuseOSError(errno.EIO)
        return self.open_files[fh]

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        node = self.node(fh)
        self.meet("READ", path, offset, min(offset + size, len(node.data)))
        return bytes(node.data[offset : offset + size])

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        self.meet("WRITE", path, offset, offset + len(data))
        node, end = self.node(fh), offset + len(data)
        if self.space is not None and self.used() + end - len(node.data) > self.space:
            raise FuseOSError(errno.ENOSPC)
        node.data.extend(bytes(max(0, offset - len(node.data))))
        node.data[offset:end] = data
        node.mtime = time.time_ns()
        return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        self.meet("WRITE", path)
        node = self.open_files[fh] if fh in self.open_files else self.find(path)
        del node.data[length:]
        node.data.extend(bytes(length - len(node.data)))
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        self.meet("FSYNC", path)
        node = self.node(fh)
        if self.flips.get(path, len(node.data)) < len(node.data):
            node.data[self.flips.pop(path)] ^= 0xFF
        node.synced_data = bytes(node.data)
        return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        self.meet("FSYNC", path)
        folder = self.find(path)
        folder.synced_names = dict(folder.names)
        return 0


def serve_commands(fs: FaultFs) -> None:
    for line in sys.stdin:
        try:
            answer = fs.command(line)
        except FuseOSError as failure:
            answer = str(failure)
        print(answer, flush=True)


if __name__ == "__main__":
    file_system = FaultFs()
    threading.Thread(target=serve_commands, args=(file_system,), daemon=True).start()
    options = {"direct_io": True, "use_ino": True, "attr_timeout": 0, "entry_timeout": 0}
    mfusepy.FUSE(file_system, sys.argv[1], foreground=True, nothreads=True, **options)
