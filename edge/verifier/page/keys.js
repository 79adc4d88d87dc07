// Public keys that were checked when they were read, and the set of trusted ones:
// edge/evidence/{public_key,keys}.py over WebCrypto.

import { bigEndian, concat, fromBigEndian, fromHex, sameBytes } from "./bytes.js";
import { isOnP256, weaknessOfEd25519 } from "./curves.js";
import { readSequenceOfTwo } from "./der.js";
import { EvidenceError } from "./errors.js";
import { digestOf } from "./sha256.js";

export const ED25519 = "ed25519";
export const ECDSA_P256 = "ecdsa-p256-sha256";
const ED25519_PREFIX = fromHex("302a300506032b6570032100");
const P256_PREFIX = fromHex("3059301306072a8648ce3d020106082a8648ce3d03010703420004");
const WEBCRYPTO = {
  [ED25519]: [{ name: "Ed25519" }, { name: "Ed25519" }],
  [ECDSA_P256]: [
    { name: "ECDSA", namedCurve: "P-256" },
    { name: "ECDSA", hash: "SHA-256" },
  ],
};

export class PublicKey {
  #imported = null;

  constructor(algorithm, spki) {
    this.algorithm = algorithm;
    this.spki = spki;
    this.keyid = digestOf(spki);
  }

  /** From SubjectPublicKeyInfo in its one DER spelling. Raises KEY_WEAK. */
  static fromSpki(der) {
    if (startsWith(der, ED25519_PREFIX) && der.length === ED25519_PREFIX.length + 32) {
      const weakness = weaknessOfEd25519(der.subarray(ED25519_PREFIX.length));
      if (weakness !== null) throw weak("an Ed25519 key of prime order", weakness);
      return new PublicKey(ED25519, der);
    }
    if (startsWith(der, P256_PREFIX) && der.length === P256_PREFIX.length + 64) {
      if (isOnP256(der.subarray(P256_PREFIX.length))) return new PublicKey(ECDSA_P256, der);
    }
    throw weak("Ed25519 or P-256 as canonical SubjectPublicKeyInfo DER", "other bytes");
  }

  static fromEd25519(raw) {
    return PublicKey.fromSpki(concat(ED25519_PREFIX, raw));
  }

  /** The 32 bytes of an Ed25519 key. */
  get raw() {
    return this.spki.subarray(ED25519_PREFIX.length);
  }

  /** Whether `signature` is over exactly `data`. */
  async verifies(data, signature) {
    const [form, way] = WEBCRYPTO[this.algorithm];
    this.#imported ??= crypto.subtle.importKey("spki", this.spki, form, false, ["verify"]);
    const raw = this.algorithm === ED25519 ? signature : fixedSize(signature);
    return raw !== null && crypto.subtle.verify(way, await this.#imported, raw, data);
  }

  /** Raises SIG_BAD unless it verifies. */
  async verify(data, signature) {
    if (await this.verifies(data, signature)) return;
    const expected = `one by key ${this.keyid} over these ${data.length} bytes`;
    throw new EvidenceError("SIG_BAD", "signature", expected, "one that does not verify");
  }
}

/** The trusted keys by keyid. It never changes: adding gives a new one. */
export class TrustedKeys {
  constructor(keys = new Map()) {
    this.keys = keys;
  }

  get(keyid) {
    return this.keys.get(keyid);
  }

  /** `key` is {public, role, name, boot}; one key has one job, else KEY_UNTRUSTED. */
  with(key) {
    const { keyid } = key.public;
    const known = this.keys.get(keyid);
    if (known === undefined) return new TrustedKeys(new Map(this.keys).set(keyid, key));
    const same = ["role", "name", "boot"].every((member) => known[member] === key[member]);
    if (same) return this;
    const expected = `${known.role} ${known.name} as before`;
    throw untrusted(`key ${keyid}`, expected, `${key.role} ${key.name}`);
  }

  /** With the key that a verified key-event/v1 introduces. */
  withKeyEvent(event) {
    const key = PublicKey.fromSpki(event.key.public);
    if (key.algorithm !== event.key.algorithm) {
      throw untrusted(`key ${key.keyid}`, event.key.algorithm, key.algorithm);
    }
    return this.with({ public: key, role: event.role, name: event.name, boot: event.boot });
  }
}

/** An ECDSA signature in DER as WebCrypto wants it, two numbers of 32 bytes; null for other bytes. */
function fixedSize(der) {
  const numbers = readSequenceOfTwo(der);
  if (numbers === null || numbers.some((it) => it.length > 33 || it[0] & 0x80)) return null;
  const values = numbers.map(fromBigEndian);
  if (values.some((it) => it >= 1n << 256n)) return null;
  return concat(...values.map((it) => bigEndian(it, 32)));
}

function startsWith(raw, prefix) {
  return sameBytes(raw.subarray(0, prefix.length), prefix);
}

function weak(expected, found) {
  return new EvidenceError("KEY_WEAK", "public key", expected, found);
}

export function untrusted(what, expected, found) {
  return new EvidenceError("KEY_UNTRUSTED", what, expected, found);
}
