// Strict JSON, as edge/evidence/encoding.py: no ambiguous bytes are read, one canonical way to write.
//
// Objects are Maps: a name cannot then be mistaken for a member of JavaScript's own.

import { badByte, fromUtf8, utf8 } from "./bytes.js";
import { EvidenceError } from "./errors.js";

export const MAX_INTEGER = 2 ** 53 - 1;
const MAX_DEPTH = 32;
const DEFAULT_LIMIT = 1 << 20;
const MAX_DIGITS = 17;
const INTEGER = /-?(?:0|[1-9][0-9]*)/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const WORDS = { true: true, false: false, null: null };
const LONE = /\p{Surrogate}/u;

/** One JSON object from UTF-8 bytes of at most `limit`, as a Map. */
export function decode(raw, limit = DEFAULT_LIMIT) {
  if (raw.length > limit) {
    throw new EvidenceError("TOO_LARGE", "JSON", `at most ${limit}`, raw.length);
  }
  const text = fromUtf8(raw);
  if (text === null) throw malformed("UTF-8", `byte ${badByte(raw)}`);
  const reader = new Reader(text);
  const value = reader.document();
  if (!(value instanceof Map)) throw malformed("a JSON object", "another value");
  return value;
}

/** The RFC 8785 bytes of a value of Maps, plain objects, lists, strings, integers, booleans, null. */
export function encode(value) {
  return utf8(written(value));
}

function written(value) {
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = value instanceof Map ? [...value] : Object.entries(value);
  members.sort(([left], [right]) => (left < right ? -1 : 1)); // by UTF-16 code units
  return `{${members.map(([name, it]) => `${JSON.stringify(name)}:${written(it)}`).join(",")}}`;
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  document() {
    const value = this.value(0);
    this.space();
    if (this.at !== this.text.length) throw this.refusal("the end");
    return value;
  }

  value(depth) {
    this.space();
    const next = this.text[this.at];
    if (next === '"') return this.string();
    if (next === "{" || next === "[") {
      if (depth >= MAX_DEPTH) throw malformed(`at most ${MAX_DEPTH} levels`, "more");
      this.at += 1;
      return next === "{" ? this.object(depth + 1) : this.list(depth + 1);
    }
    for (const [word, value] of Object.entries(WORDS)) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.integer();
  }

  object(depth) {
    const members = new Map();
    if (this.takes("}")) return members;
    do {
      this.space();
      if (this.text[this.at] !== '"') throw this.refusal("a name");
      const name = this.string();
      if (members.has(name)) throw malformed("each name once", `${name} twice`);
      if (!this.takes(":")) throw this.refusal(":");
      members.set(name, this.value(depth));
    } while (this.takes(","));
    if (!this.takes("}")) throw this.refusal("}");
    return members;
  }

  list(depth) {
    const items = [];
    if (this.takes("]")) return items;
    do items.push(this.value(depth));
    while (this.takes(","));
    if (!this.takes("]")) throw this.refusal("]");
    return items;
  }

  string() {
    let value = "";
    this.at += 1;
    for (;;) {
      PLAIN.lastIndex = this.at;
      const plain = PLAIN.exec(this.text)[0];
      value += plain;
      this.at += plain.length;
      const next = this.text[this.at];
      this.at += 1;
      if (next === '"') break;
      if (next !== "\\") throw this.refusal("a string without control characters");
      value += this.escape();
    }
    if (LONE.test(value)) throw malformed("Unicode text", "a lone surrogate");
    return value;
  }

  escape() {
    const letter = this.text[this.at];
    this.at += 1;
    if (letter !== "u") {
      if (!Object.hasOwn(ESCAPES, letter ?? "")) throw this.refusal("an escape of JSON");
      return ESCAPES[letter];
    }
    const digits = this.text.slice(this.at, this.at + 4);
    if (!/^[0-9A-Fa-f]{4}$/.test(digits)) throw this.refusal("four hex digits");
    this.at += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  integer() {
    INTEGER.lastIndex = this.at;
    const digits = INTEGER.exec(this.text)?.[0];
    if (digits === undefined) throw this.refusal("a value");
    this.at += digits.length;
    if (".eE".includes(this.text[this.at] ?? " ")) throw malformed("integers only", digits);
    const value = Number(digits) + 0;
    if (digits.length > MAX_DIGITS || Math.abs(value) > MAX_INTEGER) {
      throw malformed("an integer within +-(2^53-1)", digits);
    }
    return value;
  }

  takes(character) {
    this.space();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  space() {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at += 1;
  }

  refusal(expected) {
    return malformed(`JSON, here ${expected}`, `something else at ${this.at}`);
  }
}

function malformed(expected, found) {
  return new EvidenceError("ENCODING_BAD", "JSON", expected, found);
}
