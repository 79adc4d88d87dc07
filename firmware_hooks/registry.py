"""Which profile fits a docked camera. Falls back to `generic`: no camera is turned away.

Looks at file names only, on a bounded part of the card, and follows no link. The answer is
a claim that goes into the manifest by the profile's name; it is no proof of a make.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from firmware_hooks.errors import ProfileError
from firmware_hooks.profile import Profile

BUILT_IN = Path(__file__).parent / "profiles"
FALLBACK = "generic"
_MAX_NAMES = 2_000
_MAX_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Registry:
    """All profiles by name. A site's own profile replaces a built-in one of its name."""

    profiles: dict[str, Profile]

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """The built-in profiles, and those of `folder` (`*.toml`) over them."""
        found: dict[str, Profile] = {}
        for place in filter(None, (BUILT_IN, folder)):
            for path in sorted(place.glob("*.toml")):
                profile = Profile.load(path)
                found[profile.name] = profile
        if FALLBACK not in found:
            raise ProfileError(expected=f"a profile named {FALLBACK}", found="none")
        return cls(found)

    def identify(self, mount: Path, serial: str | None = None) -> Profile:
        """The profile for the card at `mount`.

        1. A profile whose serial pattern fits wins, by name where several do.
        2. Else the one whose form most file names have, or whose folder is there.
        3. Else `generic`.
        """
        ordered = [self.profiles[name] for name in sorted(self.profiles)]
        for profile in ordered:
            pattern = profile.recognise_serial
            if serial and pattern and pattern.fullmatch(serial):
                return profile
        paths = list(_some_paths(mount))
        best, best_score = self.profiles[FALLBACK], 0
        for profile in ordered:
            score = _score(profile, paths)
            if score > best_score:
                best, best_score = profile, score
        return best


def identify(mount: Path, serial: str | None = None) -> Profile:
    """`Registry.identify` with the built-in profiles."""
    return Registry.load().identify(mount, serial)


def _score(profile: Profile, paths: list[str]) -> int:
    named = sum(profile.knows_name(path.rpartition("/")[2]) for path in paths)
    folders = profile.recognise_folders
    inside = any(path.lower().startswith(f"{f}/") for f in folders for path in paths)
    return named + inside


def _some_paths(mount: Path) -> Iterator[str]:
    """Relative paths of up to 2,000 files, nearest the root first."""
    left = _MAX_NAMES
    level = [(str(mount), "")]
    for _ in range(_MAX_DEPTH):
        below: list[tuple[str, str]] = []
        for folder, prefix in level:
            for name, is_folder in _names(folder):
                if is_folder:
                    below.append((f"{folder}/{name}", f"{prefix}{name}/"))
                elif left > 0:
                    left -= 1
                    yield prefix + name
        level = below[:left]


def _names(folder: str) -> list[tuple[str, bool]]:
    """Names in a folder, and whether each is a folder; access times stay as they are.

    An unreadable folder is empty here: the scan that comes next reports it.
    """
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    try:
        try:
            handle = os.open(folder, flags | os.O_NOATIME)
        except PermissionError:
            handle = os.open(folder, flags)
    except OSError:
        return []
    try:
        with os.scandir(handle) as entries:
            kinds = [(e.name, e.is_dir(follow_symlinks=False), e) for e in entries]
            return sorted(
                (name, is_folder)
                for name, is_folder, entry in kinds
                if is_folder or entry.is_file(follow_symlinks=False)
            )
    except OSError:
        return []
    finally:
        os.close(handle)
