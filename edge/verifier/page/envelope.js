// DSSE envelopes: the signature is checked over the exact bytes, and those same bytes are then read.

import { concat, decodeBase64, encodeBase64, utf8 } from "./bytes.js";
import { EvidenceError } from "./errors.js";
import { decode, encode } from "./json.js";
import { untrusted } from "./keys.js";
import { digestOf } from "./sha256.js";
import { PAYLOAD_TYPE, Statement } from "./statement.js";

const LIMIT = 1 << 20;
const MOST_SIGNATURES = 8;
const SIGNATURE_LIMIT = 8192;

export class Envelope {
  constructor(payload, payloadType, signatures) {
    this.payload = payload;
    this.payloadType = payloadType;
    this.signatures = signatures;
    const kind = utf8(payloadType);
    const head = utf8(`DSSEv1 ${kind.length} ${payloadType} ${payload.length} `);
    this.pae = concat(head, payload);
    this.digest = digestOf(this.pae);
  }

  /** Raises ENCODING_BAD. Members that DSSE does not define are ignored. */
  static parse(raw) {
    const wire = decode(raw, LIMIT);
    const signatures = wire.get("signatures");
    const count = Array.isArray(signatures) ? signatures.length : 0;
    if (!count || count > MOST_SIGNATURES) throw malformed("signatures", `1 to ${MOST_SIGNATURES}`);
    return new Envelope(
      decodeBase64(text(wire, "payload"), LIMIT),
      text(wire, "payloadType"),
      signatures.map(signature),
    );
  }

  /** The one spelling of its JSON. */
  toBytes() {
    return encode({
      payload: encodeBase64(this.payload),
      payloadType: this.payloadType,
      signatures: this.signatures.map((it) => ({ keyid: it.keyid, sig: encodeBase64(it.sig) })),
    });
  }
}

/** Who signed, then what: {statement, envelope, key}. The numbers are those of envelope.py. */
export async function verifyEnvelope(envelope, keys) {
  if (envelope.payloadType !== PAYLOAD_TYPE) {
    const found = envelope.payloadType; // 1
    throw new EvidenceError("TYPE_UNKNOWN", "payloadType", PAYLOAD_TYPE, found);
  }
  const trusted = envelope.signatures.filter((it) => keys.get(it.keyid) !== undefined); // 2
  if (!trusted.length) {
    const named = envelope.signatures.map((it) => it.keyid || "none").join(", ");
    throw untrusted("signatures", "one by a trusted key", named);
  }
  for (const it of trusted) await keys.get(it.keyid).public.verify(envelope.pae, it.sig); // 3
  const statement = Statement.parse(envelope.payload); // 4
  const signers = trusted.map((it) => keys.get(it.keyid));
  return { statement, envelope, key: entitled(signers, statement) }; // 5
}

function entitled(keys, statement) {
  const found = keys.find((key) => maySign(key, statement));
  if (found !== undefined) return found;
  const { claims } = statement;
  const whose = claims ? ` of ${claims.id}, boot ${claims.boot}` : "";
  const expected = `a signature by ${[...statement.roles].sort().join(" or ")}${whose}`;
  const told = keys.map((key) => `${key.role} ${key.name}, boot ${key.boot ?? "none"}`);
  throw untrusted(statement.type, expected, told.join(", "));
}

function maySign(key, statement) {
  if (!statement.roles.includes(key.role)) return false;
  const { claims } = statement;
  if (!claims) return true;
  return key.name === claims.id && (key.role !== "epoch" || key.boot === claims.boot);
}

function signature(entry) {
  if (!(entry instanceof Map)) throw malformed("signature", "an object");
  const keyid = entry.get("keyid") ?? "";
  if (typeof keyid !== "string" || entry.get("keyid") === null) throw malformed("keyid", "text");
  return { keyid, sig: decodeBase64(text(entry, "sig"), SIGNATURE_LIMIT) };
}

function text(wire, name) {
  const value = wire.get(name);
  if (typeof value !== "string") throw malformed(name, "text");
  return value;
}

function malformed(what, expected) {
  return new EvidenceError("ENCODING_BAD", `envelope ${what}`, expected, "something else");
}
