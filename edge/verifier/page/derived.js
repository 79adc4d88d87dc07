// Step 8: everything else, derived again from the signed parts and compared. verify_derived.py.

import { ENVELOPES, TAG_MANIFEST } from "./bag.js";
import { fromUtf8, sameBytes } from "./bytes.js";
import { EvidenceError } from "./errors.js";
import { checkPackets } from "./media_tree.js";
import { ANCHORS, CHECKPOINT, CONSISTENCY, MEDIA, VERIFIERS, build, packetsPath } from "./package.js";
import { digestOf } from "./sha256.js";
import { CODES } from "./signatures.js";

const PROOFS = "data/proofs/";
const UNREAD = new Set([
  "PKG_MISSING",
  "PKG_ALTERED",
  "SIG_BAD",
  "KEY_UNTRUSTED",
  "TYPE_UNKNOWN",
  "CRIT_UNKNOWN",
  "STATEMENT_INVALID",
]);

/** Compare names and bytes with what the signed parts call for, or else claim. */
export function checkDerived(bag, authentic, logged, leaves, findings) {
  const packets = packetLists(bag, authentic, findings);
  const present = VERIFIERS.filter((name) => bag.small.has(name));
  const write = (exhibits, checkpoint) =>
    build({
      exhibits,
      checkpoint,
      leaves,
      packets,
      consistency: logged.growth.proofs,
      anchors: logged.anchors,
      verifiers: present.map((name) => [name, bag.small.get(name)]),
    });
  checkWritten(write, bag, authentic, logged, findings);
}

/** Those of the package, by recording: they may be left out, but are signed where they are. */
function packetLists(bag, authentic, findings) {
  const lists = new Map();
  for (const [, { recording, media }] of authentic.of("Recording")) {
    const file = packetsPath(recording);
    if (!media.tree || findings.explains(file)) continue;
    const packed = bag.small.get(file);
    if (packed === undefined) {
      if (bag.manifestSound && bag.claims.has(file)) findings.add({ code: "PKG_MISSING", file });
      continue;
    }
    try {
      checkPackets(media.tree, packed);
      lists.set(recording, packed);
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      findings.addError(error, { otherwise: "PKG_ALTERED", codes: CODES, file });
    }
  }
  return lists;
}

/** Compare names and bytes with what `write` makes of the signed parts. */
export function checkWritten(write, bag, authentic, logged, findings) {
  const since = findings.verdicts.length;
  const made = derive(write, bag, authentic, logged, findings);
  if (made === null) compareWithManifests(bag, findings);
  else compare(bag, made, findings);
  findings.endStep("derived", since, made === null ? 1 : 0, {});
}

/** The package that the signed parts make; null where too few of them are sound. */
function derive(write, bag, authentic, logged, findings) {
  const checkpoint = fromUtf8(bag.small.get(CHECKPOINT) ?? Uint8Array.of(0xff));
  const doubtful = authentic.damaged || findings.verdicts.some(leavesDoubt);
  if (doubtful || checkpoint === null || VERIFIERS.some((name) => isDamaged(name, bag))) return null;
  const exhibits = [...authentic.verified].map(([digest, { statement, envelope }]) => {
    const { index = null, path = [] } = logged.proofs.get(digest) ?? {};
    return { statement, envelope, index, path };
  });
  try {
    return write(exhibits, checkpoint);
  } catch (error) {
    if (error instanceof EvidenceError) return null;
    throw error;
  }
}

/** Whether a verifier is not what a sound manifest says: nothing else knows its bytes. */
function isDamaged(name, bag) {
  const [found, listed] = [bag.small.has(name), bag.claims.has(name)];
  return bag.manifestSound && (found || listed) && !(found && !bag.differs(name));
}

/** Whether a finding means that the bytes of a signed part are not known. */
function leavesDoubt({ code, file = "" }) {
  if (file.startsWith(ENVELOPES)) return UNREAD.has(code);
  const inLog = [PROOFS, CONSISTENCY, ANCHORS, MEDIA].some((folder) => file.startsWith(folder));
  return (inLog || file === CHECKPOINT) && code !== "WITNESS_SHORT";
}

/** 8a. Each file is what the signed parts make it, and there is no other. */
function compare(bag, made, findings) {
  for (const [name, expected] of made.files) {
    const found = bag.small.get(name);
    if (findings.explains(name) || (found && sameBytes(found, expected))) continue;
    if (found === undefined) findings.add({ code: "PKG_MISSING", file: name });
    else reportAltered(name, digestOf(expected), found, findings);
  }
  reportExtra(bag, new Set([...made.files.keys(), ...made.footage]), findings);
}

/** 8b. The manifests' word, where the signed parts cannot speak. */
function compareWithManifests(bag, findings) {
  for (const [name, expected] of bag.claims) {
    if (findings.explains(name)) continue;
    const found = bag.small.get(name);
    if (!bag.sizes.has(name)) findings.add({ code: "PKG_MISSING", file: name });
    else if (found && digestOf(found) !== expected) reportAltered(name, expected, found, findings);
  }
  reportExtra(bag, new Set([...bag.claims.keys(), TAG_MANIFEST]), findings);
}

function reportAltered(file, expected, found, findings) {
  findings.add({ code: "PKG_ALTERED", file, expected, found: digestOf(found) });
}

function reportExtra(bag, belonging, findings) {
  for (const file of bag.sizes.keys()) {
    if (belonging.has(file) || findings.explains(file)) continue;
    findings.add({ code: "PKG_EXTRA", file, expected: "no file", found: "a file" });
  }
}
