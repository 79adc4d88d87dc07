"""Verify an exported package from trusted roots alone, offline.

Nothing in the package is believed because it is in the package. The trust policy comes
from outside and names the roots of keys and the logs; everything else follows:

1. files       Every name is a plain file with a safe name; the small ones are read.
2. keys        Key events lead from the policy's roots to every signer.
3. signatures  Each envelope's signature holds over its exact bytes; those are then read.
4. log         The checkpoint is the log's; each envelope is a leaf of it; what stations saw
               of the log fits; witnesses, time stamps, revocations.
5. chain       Each exported manifest follows the station's statement before it.
6. footage     Each recording is byte for byte what its manifest says, or else where not.
7. claims      Inventories, stored receipts, case links and clocks do not contradict.
8. derived     Every other byte of the package is derived again, and compared.

What it cannot show stands in `verify_words`, and is printed after each verification.
"""

from collections.abc import Callable

from edge.evidence.policy import TrustPolicy
from edge.evidence.verify_bag import Bag, open_bag
from edge.evidence.verify_chain import check_chains
from edge.evidence.verify_claims import Claims, check_claims
from edge.evidence.verify_derived import check_derived
from edge.evidence.verify_footage import Leaves, Meter, check_footage
from edge.evidence.verify_log import check_log
from edge.evidence.verify_outcome import report_of
from edge.evidence.verify_report import Fact, Findings, Report, StepName
from edge.evidence.verify_scope import Scope, scope_of
from edge.evidence.verify_signatures import authenticate
from edge.evidence.verify_source import Progress, Source

FootageStep = Callable[[Bag, Scope, Findings], tuple[dict[str, Leaves], dict[str, Fact]]]
"""Step 6: leaves that lead to signed roots, by recording; and what was read, if not all."""


def verify_package(
    source: Source, policy: TrustPolicy, *, progress: Progress | None = None
) -> Report:
    """Take the eight steps. Never raises for anything a package may hold."""
    return take_steps(
        source,
        policy,
        lambda bag, scope, findings: (_check_all_footage(bag, scope, progress, findings), {}),
    )


def take_steps(source: Source, policy: TrustPolicy, check_footage_of: FootageStep) -> Report:
    """All steps, of which the sixth may be content with a part of the footage."""
    findings = Findings()
    bag = open_bag(source, findings)  # 1
    authentic = authenticate(bag, policy.trusted_keys(), findings)  # 2, 3
    logged = check_log(bag, authentic, policy, findings)  # 4
    scope = scope_of(bag, authentic, logged)
    check_chains(authentic, logged.indices, set(scope.recordings), findings)  # 5
    leaves, part = check_footage_of(bag, scope, findings)  # 6
    claims = Claims(authentic, logged.indices, findings)
    check_claims(scope, logged.checkpoint, claims)  # 7
    check_derived(bag, authentic, logged, leaves, findings)  # 8
    return report_of(findings, policy, scope, logged, part)


def _check_all_footage(
    bag: Bag, scope: Scope, progress: Progress | None, findings: Findings
) -> dict[str, Leaves]:
    """6. Leaves that lead to the signed roots, by recording."""
    since = len(findings.verdicts)
    total = sum(it.file.size for it in scope.recordings.values())
    meter = Meter(total, progress)
    leaves = {}
    for recording in scope.recordings.values():
        found = check_footage(recording, bag, meter, findings)
        if found is not None:
            leaves[recording.recording] = found
    findings.end_step(
        StepName.FOOTAGE,
        since=since,
        unchecked=len(scope.named) - len(scope.recordings),
        recordings=len(scope.recordings),
        bytes=meter.done,
    )
    return leaves
