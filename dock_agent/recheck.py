"""The station's own proof, done again: the chain, and every byte in the vault.

1. Each statement's envelope has the digest, seq and previous digest that the ledger says,
   and its station's next statement follows it.
2. Each sealed file lies in the vault with the size and SHA-256 that were sealed.
Changes nothing. Does not check signatures against the root: an exported package does.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from dock_agent.ledger import FileRow, Ledger
from dock_agent.vault import Vault
from edge.evidence.chain import ChainHead, check_next
from edge.evidence.digest import Digest
from edge.evidence.envelope import Envelope
from edge.evidence.errors import EvidenceError
from edge.evidence.statement import Statement

_CHUNK = 1 << 20
_PAGE = 200
Told = Callable[[str, int, int], None]


def recheck(ledger: Ledger, vault: Vault, told: Told) -> dict[str, Any]:
    """Check everything; `told` gets (what, done, total) as it goes on."""
    problems: list[dict[str, str]] = []
    statements = _chain(ledger, problems, told)
    files = size = 0
    total = ledger.files.held_count()
    for file in _held(ledger):
        size += _file(file, vault, problems)
        files += 1
        told("files", files, total)
    return {
        "ok": not problems,
        "statements": statements,
        "files": files,
        "bytes": size,
        "problems": problems,
    }


def _chain(ledger: Ledger, problems: list[dict[str, str]], told: Told) -> int:
    head: ChainHead | None = None
    last = ledger.chain.head()
    total = last.seq + 1 if last else 0
    for seq in range(total):
        row = ledger.chain.by_seq(seq)
        if row is None:
            problems.append(_bad("CHAIN_GAP", f"expected statement {seq}, found none"))
            head = None
            continue
        try:
            envelope = Envelope.parse(row.envelope)
            link = Statement.parse(envelope.payload).link
            if envelope.digest != row.digest or link is None:
                found = f"expected envelope {row.digest} at seq {seq}, found {envelope.digest}"
                problems.append(_bad("CHAIN_ALTERED", found))
            elif head is not None or seq == 0:
                check_next(head, link)
        except EvidenceError as bad:
            problems.append(_bad(bad.code, f"statement {seq}: {bad}"))
        head = ChainHead(seq, row.digest)
        told("statements", seq + 1, total)
    return total


def _held(ledger: Ledger) -> Iterator[FileRow]:
    after = 0
    while page := ledger.files.held(after, _PAGE):
        yield from page
        after = page[-1].id


def _file(file: FileRow, vault: Vault, problems: list[dict[str, str]]) -> int:
    """Hash one file; answers the bytes read."""
    state, size = hashlib.sha256(), 0
    try:
        with vault.open(Digest.parse(file.sha256 or "")) as content:
            while chunk := content.read(_CHUNK):
                state.update(chunk)
                size += len(chunk)
    except OSError as failure:
        found = f"expected {file.name} ({file.sha256}) in the vault, found {failure}"
        problems.append(_bad("VAULT_LOST", found, file.recording))
        return size
    if state.hexdigest() != file.sha256:
        found = f"expected {file.sha256} for {file.name}, found {state.hexdigest()}"
        problems.append(_bad("VAULT_DAMAGED", found, file.recording))
    return size


def _bad(code: str, message: str, recording: str | None = None) -> dict[str, str]:
    named = {"recording": recording} if recording else {}
    return {"code": code, "message": message, **named}
