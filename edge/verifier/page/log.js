// Step 4: what the log proves about each envelope. verify_log.py, verify_revocations.py.

import { checkAnchors, checkWitnesses, readAnchors } from "./anchors.js";
import { badByte, fromUtf8, sameBytes, utf8 } from "./bytes.js";
import { EvidenceError } from "./errors.js";
import { checkSightings, readGrowth } from "./growth.js";
import { leafOf, verifyInclusion } from "./merkle.js";
import { CHECKPOINT, envelopePath, proofPath } from "./package.js";
import { parseProof } from "./proof.js";
import { CODES } from "./signatures.js";

const MOST_GUESSES = 1000;

/** Proven places in the log, and who vouches for its state. */
export async function checkLog(bag, authentic, policy, findings) {
  const since = findings.verdicts.length;
  const opened = new Checkpoints(policy);
  const logged = { indices: new Map(), proofs: new Map() };
  logged.checkpoint = await ownCheckpoint(bag, opened, findings);
  for (const [digest, { statement }] of authentic.verified) {
    const proof = proofOf(digest, statement, bag, findings);
    if (proof !== null) logged.proofs.set(digest, proof);
  }
  for (const [digest, proof] of logged.proofs) {
    await checkProof(digest, proof, opened, logged, findings);
  }
  checkOneLeafEach(logged, findings);
  await checkBeyond(bag, authentic, policy, logged, findings);
  checkRevocations(authentic, logged.indices, findings);
  findings.endStep("log", since, 0, { leaves: logged.indices.size, ...counts(logged) });
  return logged;
}

/** 4e to 4i. Growth, sightings, witnesses and time stamps of the checkpoint. */
async function checkBeyond(bag, authentic, policy, logged, findings) {
  const note = bag.small.get(CHECKPOINT) ?? new Uint8Array();
  const held = [...logged.proofs].filter(
    ([digest, proof]) => logged.indices.has(digest) && sameBytes(utf8(proof.checkpoint), note),
  );
  logged.growth = readGrowth(bag, logged.checkpoint, held, findings);
  checkSightings(authentic, logged.indices, logged.growth, findings);
  logged.witnessed = await checkWitnesses(bag, policy, findings);
  logged.anchors = readAnchors(bag, findings);
  logged.anchored = await checkAnchors(logged.anchors, policy, logged.growth, bag, findings);
}

function counts({ witnessed, anchored, growth }) {
  const found = {
    cosigned_stations: witnessed.stations.size,
    cosigned_outsiders: witnessed.outsiders.size,
    anchors: anchored.length,
    sightings: growth.sightings,
    sightings_proven: growth.proven,
  };
  return Object.fromEntries(Object.entries(found).filter(([, count]) => count));
}

/** Opens each checkpoint text once. */
class Checkpoints {
  #opened = new Map();

  constructor(policy) {
    this.policy = policy;
  }

  async open(text) {
    if (!this.#opened.has(text)) this.#opened.set(text, await this.policy.open(text));
    return this.#opened.get(text);
  }
}

/** 4a. The state of the log that the package proves against. */
async function ownCheckpoint(bag, opened, findings) {
  const raw = bag.small.get(CHECKPOINT);
  if (raw === undefined) {
    findings.add({ code: "PKG_MISSING", file: CHECKPOINT });
    return null;
  }
  try {
    return await opened.open(textOf(raw, "LOG_SIG_BAD"));
  } catch (error) {
    report(error, "LOG_SIG_BAD", CHECKPOINT, findings);
    return null;
  }
}

/** 4b. The proof file; a missing one is a finding where the envelope must be a leaf. */
function proofOf(digest, statement, bag, findings) {
  const file = proofPath(digest);
  const raw = bag.small.get(file);
  if (raw !== undefined) {
    try {
      return parseProof(textOf(raw, "LOG_NOT_INCLUDED"));
    } catch (error) {
      report(error, "LOG_NOT_INCLUDED", file, findings);
      return null;
    }
  }
  if (bag.claims.has(file)) {
    findings.add({ code: "PKG_MISSING", file });
  } else if (mustBeLogged(statement)) {
    const code = statement.kind === "CaseLink" ? "CASE_LINK_UNLOGGED" : "LOG_NOT_INCLUDED";
    const [expected, found] = ["a log proof", "none"];
    findings.add({ code, file: envelopePath(digest), envelope: digest, expected, found });
  }
  return null;
}

/** Enrolments rest on the root's signature; logged receipts and heartbeats are no leaves. */
function mustBeLogged({ kind, predicate }) {
  if (kind === "KeyEvent") return predicate.action !== "enrol";
  return kind !== "ReceiptLogged" && kind !== "Heartbeat";
}

/** 4c. From the leaf, along the path, to a root that the log signed. */
async function checkProof(digest, proof, opened, logged, findings) {
  const file = proofPath(digest);
  let checkpoint;
  try {
    checkpoint = await opened.open(proof.checkpoint);
  } catch (error) {
    report(error, "LOG_SIG_BAD", file, findings);
    return;
  }
  const refusal = refusalOf(digest, proof, checkpoint);
  if (refusal === null) {
    logged.indices.set(digest, proof.index);
    return;
  }
  const known = [...logged.proofs.keys()].slice(0, MOST_GUESSES);
  const other = known.find((it) => it !== digest && refusalOf(it, proof, checkpoint) === null);
  if (other === undefined) {
    report(refusal, "LOG_NOT_INCLUDED", file, findings);
  } else {
    const [expected, found] = [`leaf of ${digest}`, `leaf of ${other}`];
    findings.add({ code: "LOG_LEAF_MISMATCH", file, envelope: digest, expected, found });
  }
}

/** Why this is no proof for the envelope; null where it is one. */
function refusalOf(digest, proof, checkpoint) {
  try {
    verifyInclusion(leafOf(digest), proof.index, checkpoint.size, proof.path, checkpoint.root);
    return null;
  } catch (error) {
    if (error instanceof EvidenceError) return error;
    throw error;
  }
}

/** 4d. No two envelopes at one place (they would need two different trees). */
function checkOneLeafEach({ indices }, findings) {
  const taken = new Map();
  for (const [envelope, index] of indices) {
    const first = taken.get(index);
    if (first === undefined) {
      taken.set(index, envelope);
      continue;
    }
    const [expected, found] = [`index ${index} for ${first} alone`, `index ${index}`];
    findings.add({ code: "LOG_LEAF_MISMATCH", file: proofPath(envelope), envelope, expected, found });
  }
}

/** 4j. Nothing signed by a revoked key, or by one it introduced, stands after its service. */
function checkRevocations(authentic, indices, findings) {
  const [ends, introducers] = [new Map(), new Map()];
  for (const [digest, event] of authentic.of("KeyEvent")) {
    if (event.action !== "revoke") {
      introducers.set(event.keyid, authentic.verified.get(digest).key.public.keyid);
      continue;
    }
    // A revocation that is not proven to be a leaf counts from the very beginning.
    const end = Math.min(indices.get(digest) ?? 0, event.from_index ?? Infinity);
    ends.set(event.keyid, Math.min(end, ends.get(event.keyid) ?? end));
  }
  for (const [envelope, { key }] of authentic.verified) {
    const { keyid } = key.public;
    const own = ends.get(keyid) ?? Infinity;
    const end = Math.min(own, ends.get(introducers.get(keyid)) ?? Infinity);
    const place = indices.get(envelope);
    if (end === Infinity || (place !== undefined && place < end)) continue;
    const expected = `a leaf before index ${end}`;
    const found = place === undefined ? "no leaf" : `index ${place}`;
    findings.add({ code: "KEY_REVOKED", file: envelopePath(envelope), envelope, expected, found });
  }
}

function textOf(raw, code) {
  const text = fromUtf8(raw);
  if (text === null) throw new EvidenceError(code, "text", "UTF-8", `byte ${badByte(raw)}`);
  return text;
}

function report(error, otherwise, file, findings) {
  if (!(error instanceof EvidenceError)) throw error;
  findings.addError(error, { otherwise, codes: CODES, file });
}
