// Step 4, continued: the log only grew, as far as anyone who looked can tell. verify_growth.py.

import { fromUtf8Loosely } from "./bytes.js";
import { EvidenceError } from "./errors.js";
import { KnownSubtrees, leafOf } from "./merkle.js";
import { CONSISTENCY, consistencyPath, envelopePath } from "./package.js";
import { Consistency } from "./proof.js";
import { CODES } from "./signatures.js";

/** Roots that the package's checkpoint implies, and the proofs that were read. */
class Growth {
  proofs = [];
  roots = new Map();
  subtrees = new KnownSubtrees();
  sightings = 0;
  proven = 0;

  constructor(checkpoint) {
    this.checkpoint = checkpoint;
  }

  /** The root at `size` that follows from the checkpoint; null where that is not known. */
  rootAt(size) {
    return this.roots.get(size) ?? this.subtrees.rootAt(size);
  }
}

/** 4e. What is known of other sizes. `proofs` are those that hold, under `checkpoint`. */
export function readGrowth(bag, checkpoint, proofs, findings) {
  const growth = new Growth(checkpoint);
  if (checkpoint !== null) {
    growth.roots.set(checkpoint.size, checkpoint.root);
    for (const [digest, proof] of proofs) {
      growth.subtrees.addPath(leafOf(digest), proof.index, checkpoint.size, proof.path);
    }
  }
  for (const file of bag.namesIn(CONSISTENCY)) {
    try {
      take(file, bag.small.get(file), growth);
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      findings.addError(error, { otherwise: "LOG_INCONSISTENT", codes: CODES, file });
    }
  }
  return growth;
}

function take(name, raw, growth) {
  const proof = Consistency.parse(fromUtf8Loosely(raw));
  const [older, newer] = [proof.older.size, proof.newer.size];
  if (name !== consistencyPath(older, newer)) {
    throw inconsistent(`those of ${name}`, `sizes ${older} and ${newer}`);
  }
  proof.check();
  growth.proofs.push(proof);
  const own = growth.checkpoint;
  if (own === null) return; // reported as what it is: a checkpoint that is not the log's
  const other = proof.origin === own.origin ? proof.beyond(own) : null;
  if (other === null) {
    const expected = `${own.origin} at size ${own.size}, root ${own.root}`;
    throw inconsistent(expected, `${proof.origin}, ${older} to ${newer}`);
  }
  growth.roots.set(other.size, other.root);
}

/** 4f. What each station saw is what the log says it was. */
export function checkSightings(authentic, indices, growth, findings) {
  const own = growth.checkpoint;
  const told = new Map();
  for (const [envelope, { checkpoint: seen }] of authentic.of("Recording")) {
    if (own === null || !seen || seen.origin !== own.origin) continue;
    growth.sightings += 1;
    if (!told.has(seen.size)) told.set(seen.size, seen.root);
    const implied = growth.rootAt(seen.size);
    const [expected, found] = compared(seen, indices.get(envelope), implied ?? told.get(seen.size));
    if (expected !== found) {
      findings.add({ code: "SPLIT_VIEW", file: envelopePath(envelope), envelope, expected, found });
    } else if (implied !== null) {
      growth.proven += 1;
    }
  }
}

function compared(seen, index, root) {
  if (index !== undefined && index < seen.size) {
    return [`a place from ${seen.size} on, the size it was sealed after`, `index ${index}`];
  }
  return [`root ${root} at size ${seen.size}`, `root ${seen.root} at size ${seen.size}`];
}

function inconsistent(expected, found) {
  return new EvidenceError("LOG_INCONSISTENT", "consistency proof", expected, found);
}
