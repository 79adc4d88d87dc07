// Bytes, hex, UTF-8 and base64, each in its one accepted spelling.

import { EvidenceError } from "./errors.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter, value]));
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const DEFAULT_LIMIT = 1 << 20;

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

export function utf8(text) {
  return encoder.encode(text);
}

/** The text, or null where the bytes are not UTF-8. A byte order mark is a character like others. */
export function fromUtf8(raw) {
  try {
    return strict.decode(raw);
  } catch {
    return null;
  }
}

/** The text, with U+FFFD for what is not UTF-8. */
export function fromUtf8Loosely(raw) {
  return lenient.decode(raw);
}

/** The place of the first byte that is not UTF-8. */
export function badByte(raw) {
  let good = 0;
  for (const character of lenient.decode(raw)) {
    const size = utf8(character).length;
    const same = fromUtf8(raw.subarray(good, good + size)) === character;
    if (!same) return good;
    good += size;
  }
  return good;
}

export function hex(raw) {
  let text = "";
  for (const byte of raw) text += byte.toString(16).padStart(2, "0");
  return text;
}

export function fromHex(text) {
  const raw = new Uint8Array(text.length / 2);
  for (let at = 0; at < raw.length; at += 1) raw[at] = parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return raw;
}

export function concat(...parts) {
  const raw = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    raw.set(part, at);
    at += part.length;
  }
  return raw;
}

export function sameBytes(left, right) {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

/** An unsigned integer in `size` big-endian bytes. */
export function bigEndian(value, size) {
  const raw = new Uint8Array(size);
  let rest = BigInt(value);
  for (let at = size - 1; at >= 0; at -= 1) {
    raw[at] = Number(rest & 255n);
    rest >>= 8n;
  }
  return raw;
}

export function fromBigEndian(raw) {
  let value = 0n;
  for (const byte of raw) value = (value << 8n) | BigInt(byte);
  return value;
}

export function encodeBase64(raw) {
  let text = "";
  for (let at = 0; at < raw.length; at += 3) {
    const bits = (raw[at] << 16) | ((raw[at + 1] ?? 0) << 8) | (raw[at + 2] ?? 0);
    text += ALPHABET[bits >> 18] + ALPHABET[(bits >> 12) & 63];
    text += at + 1 < raw.length ? ALPHABET[(bits >> 6) & 63] : "=";
    text += at + 2 < raw.length ? ALPHABET[bits & 63] : "=";
  }
  return text;
}

/** Standard base64 with padding, unused bits zero; `limit` bounds the decoded bytes. */
export function decodeBase64(text, limit = DEFAULT_LIMIT) {
  if (text.length > Math.floor((limit + 2) / 3) * 4) throw tooLarge(limit, text.length);
  if (!BASE64.test(text)) throw malformed("standard base64", "other text");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const raw = new Uint8Array((text.length / 4) * 3 - padding);
  if (raw.length > limit) throw tooLarge(limit, raw.length);
  let bits = 0;
  for (let at = 0; at < text.length; at += 1) {
    bits = (bits << 6) | (VALUES.get(text[at]) ?? 0);
    if (at % 4 === 3) {
      const begin = ((at - 3) / 4) * 3;
      for (let part = 0; part < 3 && begin + part < raw.length; part += 1) {
        raw[begin + part] = (bits >> (16 - 8 * part)) & 255;
      }
      bits = at === text.length - 1 ? bits : 0;
    }
  }
  const unused = padding === 2 ? bits & 0xffff : padding === 1 ? bits & 0xff : 0;
  if (unused) throw malformed("canonical base64", "bits set beyond the last byte");
  return raw;
}

function malformed(expected, found) {
  return new EvidenceError("ENCODING_BAD", "JSON", expected, found);
}

function tooLarge(limit, found) {
  return new EvidenceError("TOO_LARGE", "base64", `at most ${limit}`, found);
}
