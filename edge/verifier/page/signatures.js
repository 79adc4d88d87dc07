// Steps 2 and 3: who may sign, and what was signed. verify_signatures.py.
//
// Keys enter only through key events that lead back to the roots of the trust policy.

import { ENVELOPES } from "./bag.js";
import { DEFINITIONS } from "./definitions.js";
import { Envelope, verifyEnvelope } from "./envelope.js";
import { EvidenceError } from "./errors.js";
import { envelopePath } from "./package.js";
import { byCodePoint } from "./text.js";

export const CODES = new Set(DEFINITIONS.codes);

/** The envelopes whose signatures hold, by digest, and the keys they hold under. */
export class Authentic {
  verified = new Map();

  constructor(keys, damaged) {
    this.keys = keys;
    this.damaged = damaged;
  }

  /** [digest, predicate] of every authentic statement of one kind, in the order of the digests. */
  of(kind) {
    const found = [...this.verified].filter(([, it]) => it.statement.kind === kind);
    return found.map(([digest, it]) => [digest, it.statement.predicate]);
  }
}

export async function authenticate(bag, trusted, findings) {
  const authentic = new Authentic(trusted, isDamaged(bag));
  let since = findings.verdicts.length;
  const pending = new Map(readable(bag, authentic, findings));
  await admitKeys(pending, authentic, findings);
  findings.endStep("keys", since, 0, { key_events: authentic.of("KeyEvent").length });

  since = findings.verdicts.length;
  const unchecked = await verifyRest(pending, bag, authentic, findings);
  const ordered = [...authentic.verified].sort(([left], [right]) => byCodePoint(left, right));
  authentic.verified = new Map(ordered);
  findings.endStep("signatures", since, unchecked, { envelopes: ordered.length });
  return authentic;
}

function isDamaged(bag) {
  const listed = [...bag.claims.keys()].filter((name) => name.startsWith(ENVELOPES));
  return bag.manifestSound && listed.some((name) => !bag.small.has(name) || bag.differs(name));
}

function* readable(bag, authentic, findings) {
  for (const file of bag.envelopeNames()) {
    try {
      yield [file, Envelope.parse(bag.small.get(file))];
    } catch (error) {
      refuse(error, "STATEMENT_INVALID", file, authentic, findings);
    }
  }
}

/** 2. Go round until no key event brings in another key: root, identity, epoch. */
async function admitKeys(pending, authentic, findings) {
  for (let grew = true; grew; ) {
    grew = false;
    for (const [file, envelope] of [...pending]) {
      const verified = await verifiedOrNull(envelope, authentic.keys);
      if (verified?.statement.kind !== "KeyEvent") continue;
      pending.delete(file);
      grew = admit(file, verified, authentic, findings) || grew;
    }
  }
}

async function verifiedOrNull(envelope, keys) {
  try {
    return await verifyEnvelope(envelope, keys);
  } catch (error) {
    if (error instanceof EvidenceError) return null; // not yet, or not at all: step 3 says which
    throw error;
  }
}

function admit(file, verified, authentic, findings) {
  const event = verified.statement.predicate;
  if (!keep(file, verified, authentic, findings)) return false;
  if (event.action === "revoke") return false; // step 4 weighs it, when its place is known
  try {
    authentic.keys = authentic.keys.withKeyEvent(event);
    return true;
  } catch (error) {
    refuse(error, "KEY_UNTRUSTED", file, authentic, findings);
    return false;
  }
}

/** 3. Everything else; returns how many could not be judged for want of a key. */
async function verifyRest(pending, bag, authentic, findings) {
  const strangers = [];
  for (const [file, envelope] of pending) {
    try {
      keep(file, await verifyEnvelope(envelope, authentic.keys), authentic, findings);
    } catch (error) {
      if (error.code === "KEY_UNTRUSTED") strangers.push([file, error]);
      else refuse(error, "STATEMENT_INVALID", file, authentic, findings);
    }
  }
  let unchecked = 0;
  for (const [file, error] of strangers) {
    // An unknown signer is a verdict, unless the lost envelope may hold that very key.
    if (authentic.damaged && !bag.differs(file)) unchecked += 1;
    else findings.addError(error, { otherwise: "KEY_UNTRUSTED", codes: CODES, file });
  }
  return unchecked;
}

/** Keep an authentic envelope, under the one name that its bytes give it. */
function keep(file, verified, authentic, findings) {
  const { digest } = verified.envelope;
  const expected = envelopePath(digest);
  if (file !== expected) {
    authentic.damaged = true;
    findings.add({ code: "PKG_ALTERED", file, expected });
    return false;
  }
  authentic.verified.set(digest, verified);
  return true;
}

function refuse(error, otherwise, file, authentic, findings) {
  if (!(error instanceof EvidenceError)) throw error;
  authentic.damaged = true;
  findings.addError(error, { otherwise, codes: CODES, file });
}
