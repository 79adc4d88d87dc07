// Signed notes, checkpoints and cosignatures: edge/evidence/{note,checkpoint,cosignature,
// subtree_cosignature}.py. C2SP signed-note, tlog-checkpoint, tlog-cosignature.

import { bigEndian, concat, decodeBase64, encodeBase64, fromBigEndian, fromHex } from "./bytes.js";
import { hex, utf8 } from "./bytes.js";
import { EvidenceError, translated } from "./errors.js";
import { MAX_INTEGER } from "./json.js";
import { PublicKey } from "./keys.js";
import { EMPTY_ROOT } from "./merkle.js";
import { digestOf } from "./sha256.js";
import { lengthOf, pattern, shown } from "./text.js";

const LIMIT = 65536;
const MOST_SIGNATURES = 64;
const LATEST = (1n << 63n) - 1n;
const SIGNATURE = pattern("^— (%S+) ([A-Za-z0-9+/]+={0,2})$");
const VKEY = pattern("^([^+%s]+)\\+([0-9a-f]{8})\\+([A-Za-z0-9+/]+={0,2})$");
const SIZE = /^(?:0|[1-9][0-9]{0,15})$/;
const CONTROL = /[\u0000-\u0009\u000b-\u001f]|\p{Surrogate}/u;
const SUBTREE_LABEL = utf8("subtree/v1\n\0");
const MLDSA = { name: "ML-DSA-44" };
export const [NOTE_KEY, WITNESS_KEY, MLDSA_KEY] = [1, 4, 6];
const KEY_SIZES = { [NOTE_KEY]: 32, [WITNESS_KEY]: 32, [MLDSA_KEY]: 1312 };

/** The text and [name, key hash and signature] of each line. Nothing is verified. LOG_SIG_BAD. */
export function splitNote(note) {
  if (lengthOf(note, LIMIT) > LIMIT) throw bad(`at most ${LIMIT} characters`, "more");
  const at = note.lastIndexOf("\n\n");
  if (at < 0 || !note.endsWith("\n") || at + 2 === note.length) {
    throw bad("a text, an empty line and signature lines", "something else");
  }
  const text = note.slice(0, at + 1);
  const lines = note.slice(at + 2, -1).split("\n");
  if (CONTROL.test(text)) throw bad("printable lines", "expected no control characters");
  if (lines.length > MOST_SIGNATURES) throw bad(`at most ${MOST_SIGNATURES} signatures`, lines.length);
  return { text, signatures: lines.map(signatureOf) };
}

function signatureOf(line) {
  const match = SIGNATURE.exec(line);
  if (match === null || match[1].includes("+")) throw bad("— name base64", line);
  const raw = translated(() => decodeBase64(match[2], 8192), () => bad("base64", match[2]));
  if (raw.length < 5) throw bad("a key hash and a signature", `${raw.length} bytes`);
  return [match[1], raw];
}

/** A key by whose name and hash lines are known. `type` is the signature type of C2SP. */
export class NoteKey {
  constructor(name, type, raw) {
    this.name = name;
    this.type = type;
    this.raw = raw;
    this.keyHash = digestOf(utf8(`${name}\n`), Uint8Array.of(type), raw).slice(0, 8);
    this.public = type === MLDSA_KEY ? null : PublicKey.fromEd25519(raw);
  }

  /** Reads a verifier key of one of `types`. Raises POLICY_BAD, KEY_WEAK. */
  static parse(vkey, types) {
    const match = VKEY.exec(vkey);
    const refusal = (expected, found) => new EvidenceError("POLICY_BAD", "vkey", expected, found);
    if (match === null) throw refusal("name+hash+key", shown(vkey));
    const [, name, stated, encoded] = match;
    const key = translated(() => decodeBase64(encoded, 4096), () => refusal("base64", encoded));
    if (!types.includes(key[0]) || key.length !== 1 + KEY_SIZES[key[0]]) {
      const expected = `a key of type ${types.join(" or ")}`;
      throw new EvidenceError("KEY_WEAK", "vkey", expected, `type ${key[0]}, ${key.length - 1}`);
    }
    const made = new NoteKey(name, key[0], key.subarray(1));
    if (made.keyHash !== stated) throw refusal(made.keyHash, stated);
    return made;
  }

  /** What tells keys apart, whatever name they go by. */
  get identity() {
    return hex(this.raw);
  }

  /** The signatures of a split note that bear this key's name and hash. */
  linesOf(note) {
    const mine = note.signatures.filter(([name, raw]) => name === this.name && this.#isMine(raw));
    return mine.map(([, raw]) => raw);
  }

  #isMine(raw) {
    return hex(raw.subarray(0, 4)) === this.keyHash;
  }

  /** Whether one signature of type 1 holds over the text. */
  async signs(text, raw) {
    return this.public.verifies(utf8(text), raw.subarray(4));
  }

  /** POSIX seconds of one cosignature, or null where it does not hold. */
  async secondsOf(text, raw) {
    const seconds = fromBigEndian(raw.subarray(4, 12));
    if (seconds > LATEST) return null;
    const signature = raw.subarray(12);
    const holds =
      this.type === MLDSA_KEY
        ? await this.#signsTree(text, seconds, signature)
        : await this.public.verifies(utf8(`cosignature/v1\ntime ${seconds}\n${text}`), signature);
    return holds ? seconds : null;
  }

  /** The latest time of this key's cosignatures that hold, or null. */
  async timeOf(note) {
    let latest = null;
    for (const raw of this.linesOf(note)) {
      const seconds = await this.secondsOf(note.text, raw);
      if (seconds !== null && (latest === null || seconds > latest)) latest = seconds;
    }
    return latest;
  }

  async #signsTree(text, seconds, signature) {
    let message;
    try {
      message = treeMessage(this.name, seconds, parseCheckpoint(text));
    } catch (error) {
      if (error instanceof EvidenceError) return false;
      throw error;
    }
    return crypto.subtle.verify(MLDSA, await this.#mldsa(), signature, message);
  }

  async #mldsa() {
    return crypto.subtle.importKey("raw-public", this.raw, MLDSA, false, ["verify"]);
  }

  /** Raises KEY_WEAK for an ML-DSA-44 key where the browser does not know them. */
  async refuseUnsupported() {
    try {
      if (this.type === MLDSA_KEY) await this.#mldsa();
    } catch (error) {
      const expected = "an ML-DSA-44 key, and a browser that knows them";
      throw new EvidenceError("KEY_WEAK", "public key", expected, String(error));
    }
  }
}

function treeMessage(name, seconds, checkpoint) {
  const times = bigEndian(seconds, 8);
  const tree = concat(bigEndian(0, 8), bigEndian(checkpoint.size, 8), fromHex(checkpoint.root));
  return concat(SUBTREE_LABEL, opaque(name), times, opaque(checkpoint.origin), tree);
}

function opaque(text) {
  const raw = utf8(text);
  if (raw.length > 255) throw bad("at most 255 bytes", raw.length);
  return concat(Uint8Array.of(raw.length), raw);
}

/** The checkpoint of a note, where the log's own signature holds. Raises LOG_SIG_BAD. */
export async function openCheckpoint(note, key) {
  const split = splitNote(note);
  const mine = key.linesOf(split);
  if (!mine.length) {
    const signed = split.signatures.map(([name]) => name).join(", ");
    throw bad(`a signature by ${key.name}+${key.keyHash}`, signed);
  }
  for (const raw of mine) {
    if (!(await key.signs(split.text, raw))) {
      throw bad(`a signature by ${key.name} over this text`, "a wrong one");
    }
  }
  const checkpoint = readCheckpoint(split.text);
  if (checkpoint.origin !== key.name) throw bad(`origin ${key.name}`, checkpoint.origin);
  return checkpoint;
}

/** The signed lines alone, in their one spelling. Raises LOG_SIG_BAD. */
export function parseCheckpoint(text) {
  const checkpoint = readCheckpoint(text);
  const root = encodeBase64(fromHex(checkpoint.root));
  if (`${checkpoint.origin}\n${checkpoint.size}\n${root}\n` !== text) {
    throw bad("origin, size and root, and no more", "other lines");
  }
  return checkpoint;
}

function readCheckpoint(text) {
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
  if (lines.length < 3 || lines.some((line) => !line)) {
    throw bad("origin, size and root", `${lines.length} lines`);
  }
  const [origin, size, encoded] = lines;
  if (!SIZE.test(size) || Number(size) > MAX_INTEGER) throw bad("a size in decimal", size);
  const root = readRoot(encoded);
  if (Number(size) === 0 && root !== EMPTY_ROOT) throw bad(`root ${EMPTY_ROOT} for an empty log`, root);
  return { origin, size: Number(size), root };
}

function readRoot(line) {
  const refusal = () => bad("a root of 32 bytes in base64", line);
  const raw = translated(() => decodeBase64(line, 32), refusal);
  if (raw.length !== 32) throw refusal();
  return hex(raw);
}

function bad(expected, found) {
  return new EvidenceError("LOG_SIG_BAD", "checkpoint", expected, found);
}
