// Log proofs and consistency proofs as text: edge/evidence/{proof,consistency}.py.

import { decodeBase64, encodeBase64, fromHex, hex } from "./bytes.js";
import { EvidenceError, translated } from "./errors.js";
import { MAX_INTEGER } from "./json.js";
import { verifyConsistency } from "./merkle.js";
import { pattern } from "./text.js";

const PROOF = "c2sp.org/tlog-proof@v1";
const CONSISTENCY = "liuhen-consistency/v1";
const INDEX = /^index ((?:0|[1-9][0-9]*))$/;
const STATE = pattern("^(old|new) ([1-9][0-9]{0,15}) (%S+)$");

/** {index, path, checkpoint}. Raises LOG_NOT_INCLUDED. */
export function parseProof(text) {
  const at = text.indexOf("\n\n");
  const head = at < 0 ? text : text.slice(0, at);
  const lines = head.split("\n");
  if (at < 0 || lines.shift() !== PROOF) throw notIncluded("a tlog-proof@v1", head);
  if (lines[0]?.startsWith("extra ")) decoded(lines.shift().slice("extra ".length));
  if (!lines.length) throw notIncluded("a line with the index", "none");
  const line = lines.shift();
  const match = INDEX.exec(line);
  if (match === null || match[1].length > 16) throw notIncluded("index <decimal>", line);
  if (lines.length > 64) throw notIncluded("at most 64 hashes", String(lines.length));
  const path = lines.map((it) => {
    const raw = decoded(it);
    if (raw.length !== 32) throw notIncluded("a hash of 32 bytes", it);
    return hex(raw);
  });
  return { index: Number(match[1]), path, checkpoint: text.slice(at + 2) };
}

export function formatProof(index, path, checkpoint) {
  const hashes = path.map((node) => encodeBase64(fromHex(node)));
  return [PROOF, `index ${index}`, ...hashes, "", checkpoint].join("\n");
}

function decoded(line) {
  return translated(() => decodeBase64(line), () => notIncluded("canonical base64", line));
}

function notIncluded(expected, found) {
  return new EvidenceError("LOG_NOT_INCLUDED", "log proof", expected, found);
}

/** A claim until `check` was called: `newer` extends `older`, both of the log `origin`. */
export class Consistency {
  constructor(origin, older, newer, path) {
    Object.assign(this, { origin, older, newer, path });
  }

  static parse(text) {
    const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
    if (lines.length < 4 || lines[0] !== CONSISTENCY || !lines[1]) {
      throw inconsistent(`${CONSISTENCY}, an origin, old and new`, lines[0]);
    }
    if (lines.length > 132) throw inconsistent("at most 128 hashes", String(lines.length - 4));
    const [older, newer] = [state("old", lines[2]), state("new", lines[3])];
    const found = new Consistency(lines[1], older, newer, lines.slice(4).map(node));
    if (found.toText() !== text) throw inconsistent("one newline after each line", "another spelling");
    return found;
  }

  toText() {
    const line = (name, it) => `${name} ${it.size} ${encodeBase64(fromHex(it.root))}`;
    const states = [line("old", this.older), line("new", this.newer)];
    const hashes = this.path.map((it) => encodeBase64(fromHex(it)));
    return [CONSISTENCY, this.origin, ...states, ...hashes, ""].join("\n");
  }

  check() {
    verifyConsistency(this.older, this.newer, this.path);
  }

  /** The other end, where `known` is one end; null where it is neither. */
  beyond(known) {
    const same = (it) => it.size === known.size && it.root === known.root;
    if (same(this.older)) return this.newer;
    return same(this.newer) ? this.older : null;
  }
}

function state(name, line) {
  const match = STATE.exec(line);
  if (match === null || match[1] !== name || Number(match[2]) > MAX_INTEGER) {
    throw inconsistent(`${name} <size> <root in base64>`, line);
  }
  return { size: Number(match[2]), root: node(match[3]) };
}

function node(line) {
  const refusal = () => inconsistent("a hash of 32 bytes in base64", line);
  const raw = translated(() => decodeBase64(line, 32), refusal);
  if (raw.length !== 32) throw refusal();
  return hex(raw);
}

function inconsistent(expected, found) {
  return new EvidenceError("LOG_INCONSISTENT", "consistency proof", expected, found);
}
