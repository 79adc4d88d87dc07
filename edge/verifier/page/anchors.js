// Step 4, continued: who else vouches for the checkpoint, and since when it exists. verify_anchors.py.

import { fromUtf8Loosely } from "./bytes.js";
import { EvidenceError } from "./errors.js";
import { Instant } from "./instant.js";
import { parseCheckpoint } from "./note.js";
import { ANCHORS, CHECKPOINT } from "./package.js";
import { byCodePoint } from "./text.js";
import { verifyAnchor } from "./timestamp.js";

const textPath = (size) => `${ANCHORS}${size}.txt`;
const tokenPath = (size) => `${ANCHORS}${size}.tsr`;

/** 4g. Count cosignatures of the package's checkpoint against the policy's quorum. */
export async function checkWitnesses(bag, policy, findings) {
  const asked = policy.quorum;
  const note = fromUtf8Loosely(bag.small.get(CHECKPOINT) ?? new Uint8Array());
  const about = { file: CHECKPOINT };
  let found = { stations: new Map(), outsiders: new Map(), wrong: [] };
  try {
    found = await policy.cosigners(note);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
  }
  for (const name of found.wrong) {
    const expected = `a cosignature by ${name} over this checkpoint`;
    findings.add({ code: "LOG_SIG_BAD", ...about, expected, found: "a wrong one" });
  }
  const altered = bag.manifestSound && bag.small.has(CHECKPOINT) && bag.differs(CHECKPOINT);
  // Otherwise, in a line by nobody that is known.
  if (altered && !findings.explains(CHECKPOINT)) findings.add({ code: "PKG_ALTERED", ...about });
  const { stations, outsiders } = found;
  if (stations.size < asked.stations || outsiders.size < asked.outsiders) {
    const told = (many, few) => `${many} stations, ${few} outsiders`;
    const expected = told(asked.stations, asked.outsiders);
    findings.add({
      code: "WITNESS_SHORT",
      ...about,
      expected,
      found: told(stations.size, outsiders.size),
    });
  }
  return found;
}

/** 4h. Each text with its token; one without the other is a finding. */
export function readAnchors(bag, findings) {
  const names = bag.namesIn(ANCHORS).map((name) => name.slice(ANCHORS.length));
  const stems = names.map((name) => (name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : name));
  const anchors = [];
  for (const size of [...new Set(stems)].sort(byCodePoint)) {
    const missing = [textPath(size), tokenPath(size)].filter((name) => !bag.small.has(name));
    for (const file of missing) findings.add({ code: "PKG_MISSING", file });
    if (missing.length) continue;
    const text = fromUtf8Loosely(bag.small.get(textPath(size)));
    if (text.split("\n")[1] === size) {
      anchors.push({ size, text, token: bag.small.get(tokenPath(size)) });
    } else {
      const found = "another size";
      findings.add({ code: "TSA_BAD", file: textPath(size), expected: size, found });
    }
  }
  return anchors;
}

/** 4i. Each token is one by an authority of the policy, over a state of this log. */
export async function checkAnchors(anchors, policy, growth, bag, findings) {
  const held = [];
  for (const { size, text, token } of anchors) {
    const checkpoint = attempt(() => ownState(text, growth), textPath(size), findings);
    if (checkpoint === null) continue;
    const file = tokenPath(size);
    try {
      if (policy.tsa.length) {
        const { authority, at } = await verifyAnchor(token, text, policy.tsa);
        held.push({ size: checkpoint.size, tsa: authority, at: String(new Instant(at)) });
      }
    } catch (error) {
      report(error, file, findings);
      continue;
    }
    if (bag.manifestSound && bag.differs(file)) findings.add({ code: "PKG_ALTERED", file });
  }
  return held;
}

/** The dated state, which the package's checkpoint has to imply. */
function ownState(text, growth) {
  const checkpoint = parseCheckpoint(text);
  const own = growth.checkpoint;
  const origin = own === null ? checkpoint.origin : own.origin;
  const root = own === null ? checkpoint.root : growth.rootAt(checkpoint.size);
  if (checkpoint.origin !== origin || checkpoint.root !== root) {
    const expected = `${origin}, root ${root ?? "proven by a consistency proof"}`;
    const found = `${checkpoint.origin}, root ${checkpoint.root}`;
    throw new EvidenceError("TSA_BAD", "anchor", expected, found);
  }
  return checkpoint;
}

function attempt(read, file, findings) {
  try {
    return read();
  } catch (error) {
    report(error, file, findings);
    return null;
  }
}

/** Whatever is wrong with an anchor is TSA_BAD, also where its text is no checkpoint. */
function report(error, file, findings) {
  if (!(error instanceof EvidenceError)) throw error;
  const { expected, found } = error.facts;
  findings.add({ code: "TSA_BAD", file, expected, found });
}
