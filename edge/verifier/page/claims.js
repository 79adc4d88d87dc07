// Step 7: what the authentic statements say fits together. verify_claims.py.
//
// No clock is believed; only contradictions are reported.

import { hex } from "./bytes.js";
import { envelopePath, proofPath } from "./package.js";
import { pathBytes } from "./statement.js";

const CLOCK_TOLERANCE_MS = 300_000;

/** The statements and places that the checks hold against each other. */
class Claims {
  unchecked = 0;

  constructor(authentic, indices, findings) {
    Object.assign(this, { authentic, indices, findings });
  }

  /** A statement that should be here: unless a damaged one may be just that. */
  missing(verdict) {
    if (this.authentic.damaged) this.unchecked += 1;
    else this.findings.add(verdict);
  }

  contradicted(digest, expected, found) {
    this.#report("CLAIM_CONTRADICTED", digest, expected, found);
  }

  incoherent(digest, expected, found) {
    this.#report("TIME_INCOHERENT", digest, expected, found);
  }

  #report(code, envelope, expected, found) {
    const fact = (value) => (typeof value === "number" ? value : String(value));
    const file = envelopePath(envelope);
    this.findings.add({ code, file, envelope, expected: fact(expected), found: fact(found) });
  }
}

export function checkClaims(scope, authentic, logged, findings) {
  const since = findings.verdicts.length;
  const claims = new Claims(authentic, logged.indices, findings);
  checkExport(scope, logged.checkpoint, claims);
  for (const [digest, recording] of scope.recordings) {
    checkInventory(digest, recording, claims);
    checkStored(digest, recording, claims);
    checkEpoch(digest, recording, claims);
    checkCase(digest, recording, scope, claims);
  }
  for (const [digest, docking] of authentic.of("Docking")) {
    if (docking.finished.ms < docking.started.ms) {
      claims.incoherent(digest, `finished after ${docking.started}`, docking.finished);
    }
  }
  findings.endStep("claims", since, claims.unchecked, { recordings: scope.recordings.size });
}

/** 7a. What was handed out is here, and the log had grown that far. */
function checkExport(scope, checkpoint, claims) {
  if (scope.made === null) {
    claims.missing({ code: "PKG_MISSING", expected: "an export/v1 statement", found: 0 });
    return;
  }
  const [digest, { size }] = scope.made;
  if (checkpoint !== null && size > checkpoint.size) {
    claims.contradicted(digest, `a size up to ${checkpoint.size}`, size);
  }
  for (const [manifest, name] of scope.named) {
    const recording = scope.recordings.get(manifest);
    if (recording === undefined) {
      claims.missing({ code: "PKG_MISSING", file: envelopePath(manifest), recording: name });
    } else if (recording.recording !== name) {
      claims.contradicted(digest, recording.recording, name);
    }
  }
}

/** 7b. The file stands in the inventory that was signed before it was copied. */
function checkInventory(digest, recording, claims) {
  const { source, station } = recording;
  const verified = claims.authentic.verified.get(source.inventory);
  if (verified === undefined) {
    const file = envelopePath(source.inventory);
    claims.missing({ code: "PKG_MISSING", file, recording: recording.recording });
    return;
  }
  const { kind, type, predicate: inventory } = verified.statement;
  if (kind !== "Inventory") {
    claims.contradicted(digest, "an inventory/v1", type);
    return;
  }
  const same = [
    [inventory.station.id, station.id],
    [inventory.docking, source.docking],
    [inventory.inventory_root, source.inventory_root],
  ];
  for (const [expected, found] of same) {
    if (expected !== found) claims.contradicted(digest, expected, found);
  }
  const path = hex(pathBytes(source));
  if (!inventory.entries.some((entry) => hex(pathBytes(entry)) === path)) {
    claims.contradicted(digest, "a path of the inventory", source.path);
  }
  if (inventory.station.seq > station.seq) {
    claims.contradicted(digest, "an inventory before it", inventory.station.seq);
  }
}

/** 7c. Central's stored receipt is about these very bytes. */
function checkStored(digest, { recording, file, time }, claims) {
  const all = claims.authentic.of("ReceiptStored");
  const receipts = all.filter(([, receipt]) => receipt.envelope === digest);
  if (!receipts.length) {
    const expected = `receipt-stored/v1 of ${recording}`;
    claims.missing({ code: "PKG_MISSING", recording, expected, found: 0 });
  }
  for (const [envelope, receipt] of receipts) {
    if (receipt.sha256 !== file.sha256 || receipt.size !== file.size) {
      const told = (it) => `${it.sha256}, ${it.size} bytes`;
      claims.contradicted(envelope, told(file), told(receipt));
    }
    if (receipt.recording !== recording) claims.contradicted(envelope, recording, receipt.recording);
    if (isBefore(receipt.stored, time.station)) {
      claims.incoherent(envelope, `stored after ${time.station}`, receipt.stored);
    }
    for (const replica of receipt.replicas) {
      if (replica.retain_until.ms < receipt.stored.ms) {
        claims.incoherent(envelope, `kept beyond ${receipt.stored}`, replica.retain_until);
      }
    }
  }
}

/** 7d. The boot that signed had begun by then. */
function checkEpoch(digest, { station, time }, claims) {
  for (const [, event] of claims.authentic.of("KeyEvent")) {
    const began = event.action === "epoch" && event.name === station.id && event.boot === station.boot;
    if (began && isBefore(time.station, event.at)) {
      claims.incoherent(digest, `after ${event.at}`, time.station);
    }
  }
}

/** 7e. A logged link puts the recording in the case, and no unlink takes it out. */
function checkCase(digest, { recording }, scope, claims) {
  const number = scope.made?.[1].case;
  if (number === undefined) return;
  const undone = new Set(claims.authentic.of("CaseUnlink").map(([, it]) => it.link));
  const links = claims.authentic
    .of("CaseLink")
    .filter(([envelope, it]) => it.case === number && it.envelope === digest && !undone.has(envelope))
    .map(([envelope]) => envelope);
  if (links.some((link) => claims.indices.has(link))) return;
  if (links.some((link) => claims.findings.explains(proofPath(link)))) return; // reported as that
  const expected = `a logged link to case ${number}`;
  claims.missing({ code: "CASE_LINK_UNLOGGED", recording, expected, found: "none" });
}

/** Whether what must come later came clearly before. */
function isBefore(later, earlier) {
  return later.minus(earlier) < -CLOCK_TOLERANCE_MS;
}
