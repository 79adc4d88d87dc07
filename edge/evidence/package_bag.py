"""The BagIt 1.0 frame of a package: tag files, manifests, and which names are safe.

The same input always gives the same bytes, and the lines can be fed to
``sha256sum -c --strict``. Manifests protect against accidents; who alters a file can alter
its line too, so a verifier takes nothing on their word.
"""

import re
import unicodedata
from collections.abc import Mapping

from edge.evidence.digest import Digest

BAGIT = "bagit.txt"
BAG_INFO = "bag-info.txt"
MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

_LINE = re.compile(r"([0-9a-f]{64})  ([^\n]{1,1024})")
_UNSAFE_SEGMENTS = frozenset({"", ".", ".."})
_UNSAFE_CHARACTERS = frozenset('\\%*?"<>|:')
_WINDOWS_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
_NAME_LIMIT = 120


def is_safe(path: str) -> bool:
    """Whether a name can be looked up anywhere without leaving the package."""
    if len(path) > 1024 or not path.isprintable():
        return False
    if _UNSAFE_CHARACTERS.intersection(path):
        return False
    return _UNSAFE_SEGMENTS.isdisjoint(path.split("/"))


def safe_name(path: str) -> str:
    """The last part of a camera's path, spelt so that any file system takes it.

    Letters and digits of any script stay; names are for people and never an identity.
    """
    last = unicodedata.normalize("NFC", path.rsplit("/", 1)[-1])
    kept = "".join(c if c.isalnum() or c in "._-" else "_" for c in last)
    kept = kept.strip(".") or "_"
    while len(kept.encode()) > _NAME_LIMIT:
        stem, dot, ending = kept.rpartition(".")
        kept = f"{stem[:-1]}{dot}{ending}" if stem else kept[:-1]
    return f"_{kept}" if _WINDOWS_DEVICES.match(kept) else kept


def format_manifest(digests: Mapping[str, Digest]) -> bytes:
    """One line per file, sorted by the bytes of its name."""
    names = sorted(digests, key=str.encode)
    return "".join(f"{digests[name]}  {name}\n" for name in names).encode()


def parse_manifest(raw: bytes) -> tuple[dict[str, Digest], int | None]:
    """Read a manifest that may be hostile: its sound lines, and the first bad line.

    A line is bad when it is not ``<64 hex>  <safe name>`` or names a file twice.
    """
    digests: dict[str, Digest] = {}
    bad: int | None = None
    lines = raw.decode("utf-8", errors="replace").split("\n")
    if lines[-1] == "":
        lines.pop()
    else:
        bad = len(lines)
    for number, line in enumerate(lines, start=1):
        match = _LINE.fullmatch(line)
        if match is None or not is_safe(match[2]) or match[2] in digests:
            bad = number if bad is None else min(bad, number)
            continue
        digests[match[2]] = Digest.parse(match[1])
    return digests, bad


def format_bag_info(
    *, export: str, date: str, description: str, octets: int, streams: int
) -> bytes:
    """Who made the bag and how large it is; only facts that a verifier can derive."""
    return (
        f"Bag-Software-Agent: liuhen-package/v1\n"
        f"Bagging-Date: {date}\n"
        f"External-Identifier: {export}\n"
        f"Internal-Sender-Description: {description}\n"
        f"Payload-Oxum: {octets}.{streams}\n"
    ).encode()


def framed(
    payload: Mapping[str, bytes],
    others: Mapping[str, tuple[Digest, int]],
    *,
    identifier: str,
    date: str,
    description: str,
) -> tuple[tuple[str, bytes], ...]:
    """All small files of a bag, in the order they are to be written; the manifests come last.

    `others` are payload files that the caller places itself: digest and size, by name.
    """
    digests = {name: Digest.of(data) for name, data in payload.items()}
    digests |= {name: digest for name, (digest, _) in others.items()}
    octets = sum(map(len, payload.values())) + sum(size for _, size in others.values())
    tags = {
        BAGIT: DECLARATION,
        BAG_INFO: format_bag_info(
            export=identifier,
            date=date,
            description=" ".join(description.split()),
            octets=octets,
            streams=len(digests),
        ),
        MANIFEST: format_manifest(digests),
    }
    sealed = format_manifest({name: Digest.of(data) for name, data in tags.items()})
    return (
        (BAGIT, tags[BAGIT]),
        *((name, payload[name]) for name in sorted(payload, key=str.encode)),
        (BAG_INFO, tags[BAG_INFO]),
        (MANIFEST, tags[MANIFEST]),
        (TAG_MANIFEST, sealed),
    )
