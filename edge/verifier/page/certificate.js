// X.509 certificates, as far as a time authority's chain needs them: timestamp_chain.py beside it.
//
// RFC 5280 section 6 without names and policies; RSA with PKCS #1 v1.5 and ECDSA over P-256, P-384
// and P-521. Other algorithms are refused. Asks for no revocation lists: there is no network.

import { concat, decodeBase64, fromBigEndian, bigEndian, hex, sameBytes } from "./bytes.js";
import { BITS, DerError, Element, INTEGER, OCTETS, SEQUENCE, SET } from "./der.js";
import { readSequenceOfTwo } from "./der.js";

export const HASHES = {
  "608648016503040201": "SHA-256",
  "608648016503040202": "SHA-384",
  "608648016503040203": "SHA-512",
};
const SIGNATURES = {
  "2a864886f70d01010b": "SHA-256",
  "2a864886f70d01010c": "SHA-384",
  "2a864886f70d01010d": "SHA-512",
  "2a8648ce3d040302": "SHA-256",
  "2a8648ce3d040303": "SHA-384",
  "2a8648ce3d040304": "SHA-512",
};
const RSA = "2a864886f70d010101";
const ELLIPTIC = "2a8648ce3d0201";
const CURVES = {
  "2a8648ce3d030107": ["P-256", 32],
  "2b81040022": ["P-384", 48],
  "2b81040023": ["P-521", 66],
};
const [KEY_USAGE, BASIC, EXTENDED] = ["551d0f", "551d13", "551d25"];
const TIME_STAMPING = "2b06010505070308";
const LONGEST = 8;
const PEM = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/;

export class Certificate {
  /** Raises DerError. */
  constructor(der) {
    const [body, , signature] = Element.only(der, SEQUENCE).parts();
    const parts = body.of(SEQUENCE).parts();
    if (parts[0].tag === 0xa0) parts.shift();
    const [serial, algorithm, issuer, validity, subject, key, ...rest] = parts;
    this.der = der;
    this.body = body.raw;
    this.serial = hex(serial.of(INTEGER).content);
    this.hash = SIGNATURES[algorithm.of(SEQUENCE).parts()[0].oid()];
    this.issuer = nameOf(issuer);
    this.subject = nameOf(subject);
    [this.from, this.until] = validity.of(SEQUENCE).parts().map((it) => it.time());
    this.spki = key.of(SEQUENCE);
    this.signature = signature.of(BITS).content.subarray(1);
    const extensions = rest.find((it) => it.tag === 0xa3);
    this.extensions = new Map();
    for (const it of extensions ? Element.only(extensions.content, SEQUENCE).parts() : []) {
      const members = it.of(SEQUENCE).parts();
      const value = members.at(-1).of(OCTETS).content;
      this.extensions.set(members[0].oid(), { critical: members.length === 3, value });
    }
  }

  /** From PEM, or the base64 of DER. Raises DerError or an EvidenceError. */
  static fromText(text, limit) {
    if (!text.trimStart().startsWith("-----BEGIN")) return new Certificate(decodeBase64(text, limit));
    const match = PEM.exec(text);
    if (match === null) throw new DerError("expected a certificate in PEM");
    return new Certificate(decodeBase64(match[1].replace(/\s/g, ""), limit));
  }

  /** Whether both have this issuer and number. */
  isNamed(issuer, serial) {
    return this.issuer === issuer && this.serial === serial;
  }

  get isSelfIssued() {
    return this.issuer === this.subject;
  }

  /** Whether this certificate's key made `signature` over `data`, hashed with `hash`. */
  async verifies(data, signature, hash) {
    const [algorithm, parameters] = this.spki.parts()[0].of(SEQUENCE).parts();
    const kind = algorithm.oid();
    const spki = this.spki.raw;
    if (kind === RSA) {
      const form = { name: "RSASSA-PKCS1-v1_5", hash };
      const key = await crypto.subtle.importKey("spki", spki, form, false, ["verify"]);
      return crypto.subtle.verify(form, key, signature, data);
    }
    const [namedCurve, size] = (kind === ELLIPTIC && CURVES[parameters?.oid()]) || [];
    if (!namedCurve) throw new DerError("expected an RSA key, or one on P-256, P-384 or P-521");
    const numbers = readSequenceOfTwo(signature);
    const sound = numbers?.every((it) => !(it[0] & 0x80) && it.length <= size + 1);
    if (!sound || numbers.some((it) => fromBigEndian(it) >> BigInt(8 * size))) return false;
    const raw = concat(...numbers.map((it) => bigEndian(fromBigEndian(it), size)));
    const form = { name: "ECDSA", namedCurve };
    const key = await crypto.subtle.importKey("spki", spki, form, false, ["verify"]);
    return crypto.subtle.verify({ name: "ECDSA", hash }, key, raw, data);
  }

  /** The bits of the key usage, first in the highest place; null where it is not limited. */
  get keyUsage() {
    const found = this.extensions.get(KEY_USAGE);
    if (!found) return null;
    const [unused, first = 0] = Element.only(found.value, BITS).content;
    return unused > 7 ? 0 : first;
  }

  /** The key is for time stamps, marked as critical, and for nothing else. Raises DerError. */
  checkUsage() {
    const found = this.extensions.get(EXTENDED);
    const purposes = found ? Element.only(found.value, SEQUENCE).parts().map((it) => it.oid()) : [];
    if (!found?.critical || purposes.join() !== TIME_STAMPING) {
      throw new DerError("expected the critical extended key usage time stamping alone");
    }
    const usage = this.keyUsage;
    if (usage !== null && (!(usage & 0xc0) || usage & 0x3e)) {
      throw new DerError("expected the key usage digital signature or content commitment alone");
    }
  }

  /** Why it does not count with `below` others under it; null where it does. */
  flaw(below, at) {
    if (at < this.from || at > this.until) return "expected a certificate that was valid then";
    for (const [oid, { critical }] of this.extensions) {
      const known = [KEY_USAGE, BASIC, EXTENDED].includes(oid);
      if (critical && !known) return "expected known critical extensions";
    }
    return below ? this.#flawAsAuthority(below) : null;
  }

  #flawAsAuthority(below) {
    const found = this.extensions.get(BASIC);
    const [ca, length] = found ? Element.only(found.value, SEQUENCE).parts() : [];
    if (ca?.tag !== 0x01 || ca.content[0] !== 0xff) return "expected a certificate authority";
    if (length && fromBigEndian(length.integer()) < below - 1) return "expected a shorter chain";
    const usage = this.keyUsage;
    return usage !== null && !(usage & 0x04) ? "expected a key that signs certificates" : null;
  }
}

/** A name as types and values; which kind of string a value is written as tells names not apart. */
export function nameOf(element) {
  const values = element.of(SEQUENCE).parts().map((part) =>
    part.of(SET).parts().map((it) => {
      const [type, value] = it.of(SEQUENCE).parts();
      return `${type.oid()}=${hex(value.content)}`;
    }),
  );
  return JSON.stringify(values);
}

/** A path from `leaf` to a self-signed one of `known`; those of `embedded` may stand between. */
export async function checkChain(leaf, known, embedded, at) {
  const isIn = (list, it) => list.some((other) => sameBytes(other.der, it.der));
  const trusted = known.filter((it) => it.isSelfIssued);
  const paths = [[leaf]];
  let reason = null;
  while (paths.length) {
    const path = paths.pop();
    const last = path.at(-1);
    const flaw = last.flaw(path.length - 1, at);
    if (flaw !== null) {
      reason ??= flaw;
      continue;
    }
    if (isIn(trusted, last)) return;
    for (const it of path.length < LONGEST ? [...known, ...embedded] : []) {
      const named = it.subject === last.issuer && !isIn(path, it) && last.hash;
      if (named && (await issued(it, last))) paths.push([...path, it]);
    }
  }
  throw new DerError(reason ?? "expected a chain to a trusted root");
}

async function issued(issuer, certificate) {
  try {
    return await issuer.verifies(certificate.body, certificate.signature, certificate.hash);
  } catch (error) {
    if (error instanceof DerError || error instanceof DOMException) return false;
    throw error;
  }
}
