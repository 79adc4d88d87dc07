"""A small package with each of its files changed: a bit, an end, by damage and by a forger."""

from collections.abc import Iterator

from edge.evidence.verify import verify_package
from edge.evidence.verify_source import MemorySource
from tests.evidence.package_makers import flipped, honest, resealed
from tests.verifier.cases import CaseFolder
from tests.verifier.policies import policy_json


def keep_mutations(folder: CaseFolder) -> None:
    desk = honest({"a.mp4": b"footage"})
    policy = desk.policy()
    files = desk.pack()
    for name, data in files.items():
        for what, changed in _changes(data):
            made = files | {name: changed}
            for how, package in (("damaged", made), ("forged", resealed(made))):
                report = verify_package(MemorySource(package), policy)
                folder.keep(f"{name} {what} {how}", package, policy_json(policy), report)


def _changes(data: bytes) -> Iterator[tuple[str, bytes]]:
    yield "longer", data + b"\n"
    for at in sorted({0, len(data) // 3, len(data) - 1}) if data else []:
        yield f"bit at {at}", flipped(data, at, at % 8)
    if data:
        yield "shorter", data[:-1]
