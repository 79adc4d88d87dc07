"""Flips one byte in a copy of a package, to show that the verifier finds it.

The package itself is never touched: the copy shares every file with it by hard link, but for
the one that is changed, which is a real copy.
"""

import os
import shutil
from pathlib import Path


def flipped_copy(package: Path, to: Path) -> tuple[Path, int]:
    """Copy `package` to `to` with one byte changed in the middle of its largest footage.

    Returns the changed file, relative to the package, and the offset of the byte.
    Raises ValueError where no footage holds a byte.
    """
    footage = [path for path in (package / "data" / "footage").rglob("*") if path.is_file()]
    target = max(footage, key=lambda path: path.stat().st_size, default=None)
    if target is None or target.stat().st_size == 0:
        message = f"expected footage with at least one byte in {package}, found none"
        raise ValueError(message)
    offset = target.stat().st_size // 2
    shutil.copytree(package, to, copy_function=_link_or_copy)
    changed = to / target.relative_to(package)
    own = changed.with_name(changed.name + ".own")
    shutil.copyfile(changed, own)
    with own.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 0x01]))
    own.replace(changed)
    return target.relative_to(package), offset


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target
