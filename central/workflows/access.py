"""Who looked, played, fetched, signed in, or was refused: each is a leaf, written before.

A player asks for one file in hundreds of ranges: the same act by the same session on the
same thing is one leaf in ten minutes. A restart forgets that and writes one more, never one
less. A refused deletion by someone who is signed in is never collapsed.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from central.workflows.site import Site, nonce
from edge.evidence.instant import Instant
from edge.evidence.statement import Access

VIEW, PLAY, DOWNLOAD = "view", "play", "download"
LOGIN, LOGIN_REFUSED, TOKEN = "login", "login-refused", "token"
DELETE_REFUSED = "delete-refused"

COLLAPSE_MS = 10 * 60 * 1000
_REMEMBERED = 20_000
_MOST = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What someone did, or tried. `via` is their session, token or address."""

    act: str
    actor: str
    via: str
    target: str | None = None
    reason: str | None = None


@dataclass(slots=True)
class AccessBook:
    """Writes accesses into the log of one site; safe for several threads."""

    site: Site
    _seen: OrderedDict[tuple[str, ...], Instant] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, act: Act) -> None:
        """One leaf for this act."""
        said = Access(
            act=act.act,
            target=_shortened(act.target),
            actor=act.actor,
            reason=_shortened(act.reason),
            at=self.site.now(),
            nonce=nonce(),
        )
        self.site.record(said)

    def note_once(self, act: Act) -> bool:
        """One leaf for this act in ten minutes; False where there is one already."""
        key = (act.act, act.via, act.target or "")
        now = self.site.now()
        with self._lock:
            last = self._seen.get(key)
            if last is not None and 0 <= now.minus(last) < COLLAPSE_MS:
                return False
        self.note(act)
        with self._lock:
            self._seen[key] = now
            self._seen.move_to_end(key)
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        return True


def _shortened(text: str | None) -> str | None:
    """At most what a statement holds; an empty text is none."""
    return text[:_MOST] if text else None
