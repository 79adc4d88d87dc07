"""What a verification found: codes with facts, never prose to parse.

A report says only what was checked. `ok` means that nothing was found and nothing was
left unchecked. It does not say that the footage shows the truth, only that it is unaltered.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Fact = str | int
Ranges = tuple[tuple[int, int], ...]


class Code(StrEnum):
    """Every verdict there is; the table in the README of `edge` explains each."""

    PKG_MISSING = "PKG_MISSING"
    PKG_ALTERED = "PKG_ALTERED"
    PKG_EXTRA = "PKG_EXTRA"
    KEY_UNTRUSTED = "KEY_UNTRUSTED"
    KEY_WEAK = "KEY_WEAK"
    KEY_REVOKED = "KEY_REVOKED"
    SIG_BAD = "SIG_BAD"
    TYPE_UNKNOWN = "TYPE_UNKNOWN"
    CRIT_UNKNOWN = "CRIT_UNKNOWN"
    STATEMENT_INVALID = "STATEMENT_INVALID"
    FILE_ALTERED = "FILE_ALTERED"
    FILE_TRUNCATED = "FILE_TRUNCATED"
    FILE_EXTENDED = "FILE_EXTENDED"
    CLIP_FOREIGN = "CLIP_FOREIGN"
    CLIP_GAP = "CLIP_GAP"
    CLIP_RETIMED = "CLIP_RETIMED"
    CHAIN_GAP = "CHAIN_GAP"
    CHAIN_FORK = "CHAIN_FORK"
    CHAIN_ROLLBACK = "CHAIN_ROLLBACK"
    LOG_LEAF_MISMATCH = "LOG_LEAF_MISMATCH"
    LOG_NOT_INCLUDED = "LOG_NOT_INCLUDED"
    LOG_SIG_BAD = "LOG_SIG_BAD"
    LOG_INCONSISTENT = "LOG_INCONSISTENT"
    SPLIT_VIEW = "SPLIT_VIEW"
    WITNESS_SHORT = "WITNESS_SHORT"
    TSA_BAD = "TSA_BAD"
    CLAIM_CONTRADICTED = "CLAIM_CONTRADICTED"
    CASE_LINK_UNLOGGED = "CASE_LINK_UNLOGGED"
    TIME_INCOHERENT = "TIME_INCOHERENT"


ABOUT_THE_LOG = frozenset(
    {
        Code.LOG_LEAF_MISMATCH,
        Code.LOG_NOT_INCLUDED,
        Code.LOG_SIG_BAD,
        Code.LOG_INCONSISTENT,
        Code.SPLIT_VIEW,
    }
)


class Grade(StrEnum):
    """How far outside the operator's own hands the proof reaches."""

    A = "A"  # log, stations, outsiders and a time-stamping authority
    B = "B"  # log and stations
    C = "C"  # log only
    D = "D"  # station's signatures only
    NONE = "-"  # not even those


class StepName(StrEnum):
    FILES = "files"
    KEYS = "keys"
    SIGNATURES = "signatures"
    LOG = "log"
    CHAIN = "chain"
    FOOTAGE = "footage"
    CLAIMS = "claims"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One thing that does not hold, as precisely as it is known."""

    code: Code
    file: str | None = None
    recording: str | None = None
    envelope: str | None = None
    expected: Fact | None = None
    found: Fact | None = None
    ranges: Ranges = ()

    def to_wire(self) -> dict[str, Any]:
        wire: dict[str, Any] = {"code": str(self.code)}
        for name in ("file", "recording", "envelope", "expected", "found"):
            value = getattr(self, name)
            if value is not None:
                wire[name] = value
        if self.ranges:
            wire["ranges"] = [list(bounds) for bounds in self.ranges]
        return wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One numbered step. `ok` is None where a damaged part kept it from being taken."""

    number: int
    name: StepName
    ok: bool | None
    facts: dict[str, Fact]

    def to_wire(self) -> dict[str, Any]:
        wire: dict[str, Any] = {"number": self.number, "name": str(self.name)}
        if self.ok is not None:
            wire["ok"] = self.ok
        return wire | {"facts": self.facts}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingResult:
    """One recording of the export. Without a sound manifest only its id is known."""

    recording: str
    envelope: str
    ok: bool
    facts: dict[str, Fact]

    def to_wire(self) -> dict[str, Any]:
        ends = {"recording": self.recording, "envelope": self.envelope, "ok": self.ok}
        return ends | self.facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that was found, in the order of the steps."""

    grade: Grade
    verdicts: tuple[Verdict, ...]
    steps: tuple[Step, ...]
    recordings: tuple[RecordingResult, ...]
    checkpoint: dict[str, Fact]
    witnesses: tuple[dict[str, Fact], ...] = ()
    anchors: tuple[dict[str, Fact], ...] = ()
    part: dict[str, Fact] = field(default_factory=dict)
    """Where only a part of one recording was read: `recording`, `begin`, `end`, `size`."""

    @property
    def ok(self) -> bool:
        return not self.verdicts and all(step.ok for step in self.steps)

    def to_wire(self) -> dict[str, Any]:
        return {
            "format": "liuhen-verification/v1",
            "ok": self.ok,
            "grade": str(self.grade),
            "verdicts": [verdict.to_wire() for verdict in self.verdicts],
            "steps": [step.to_wire() for step in self.steps],
            "recordings": [recording.to_wire() for recording in self.recordings],
            "checkpoint": self.checkpoint,
            "witnesses": list(self.witnesses),
            "anchors": list(self.anchors),
        } | ({"part": self.part} if self.part else {})


@dataclass(slots=True)
class Findings:
    """Collects verdicts while the steps run, and which files they already explain."""

    verdicts: list[Verdict] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    _known: set[Verdict] = field(default_factory=set)
    _files: set[str] = field(default_factory=set)

    def add(self, verdict: Verdict) -> None:
        """Take a verdict up; the same one again changes nothing."""
        if verdict in self._known:
            return
        self._known.add(verdict)
        self.verdicts.append(verdict)
        if verdict.file is not None:
            self._files.add(verdict.file)

    def explains(self, file: str) -> bool:
        """Whether something was found about this file already."""
        return file in self._files

    def end_step(self, name: StepName, *, since: int, unchecked: int = 0, **facts: Fact) -> None:
        """Close a step: sound when it added no verdict and left nothing unchecked."""
        ok: bool | None = len(self.verdicts) == since
        if ok and unchecked:
            ok = None
        if unchecked:
            facts["unchecked"] = unchecked
        number = len(self.steps) + 1
        self.steps.append(Step(number=number, name=name, ok=ok, facts=facts))


def codes(verdicts: Iterable[Verdict]) -> list[str]:
    """The distinct codes, in the order they were found."""
    return list(dict.fromkeys(str(verdict.code) for verdict in verdicts))
