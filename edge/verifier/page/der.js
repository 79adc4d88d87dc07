// A strict reader of DER (X.690): definite, minimal lengths, and nothing left over.

import { fromBigEndian, fromUtf8 } from "./bytes.js";

export const [INTEGER, BITS, OCTETS, OID, SEQUENCE, SET] = [0x02, 0x03, 0x04, 0x06, 0x30, 0x31];
export const [UTC_TIME, TIME] = [0x17, 0x18];
const TIMES = {
  [UTC_TIME]: /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})()Z$/,
  [TIME]: /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d*[1-9]))?Z$/,
};

/** What cannot be read; whoever asked for it says what that means. */
export class DerError extends Error {}

/** One tag with its content; `raw` is the whole of it. */
export class Element {
  constructor(tag, content, raw) {
    Object.assign(this, { tag, content, raw });
  }

  /** The one element that these bytes are, if it has `tag`. */
  static only(raw, tag) {
    const found = Element.#first(raw);
    if (found.raw.length !== raw.length) throw new DerError("expected nothing after the element");
    return found.of(tag);
  }

  static #first(raw) {
    if (raw.length < 2 || (raw[0] & 0x1f) === 0x1f) throw new DerError("expected tag and length");
    let [begin, size] = [2, raw[1]];
    if (size >= 0x80) {
      const count = size & 0x7f;
      size = Number(fromBigEndian(raw.subarray(2, 2 + count)));
      const minimal = count > 0 && count <= 4 && raw.length >= 2 + count && raw[2] !== 0;
      if (!minimal || size < 0x80) throw new DerError("expected a length in its shortest form");
      begin += count;
    }
    if (begin + size > raw.length) throw new DerError("expected more bytes");
    return new Element(raw[0], raw.subarray(begin, begin + size), raw.subarray(0, begin + size));
  }

  of(tag) {
    if (this.tag !== tag) throw new DerError(`expected tag ${tag}, found ${this.tag}`);
    return this;
  }

  /** The elements inside. */
  parts() {
    const found = [];
    let rest = this.content;
    while (rest.length) {
      const part = Element.#first(rest);
      found.push(part);
      rest = rest.subarray(part.raw.length);
    }
    return found;
  }

  /** The content of an integer in its shortest form. */
  integer() {
    const [first, second] = this.of(INTEGER).content;
    const padded = this.content.length > 1 && (first === 0 || first === 255);
    if (!this.content.length || (padded && (first ^ second) < 0x80)) {
      throw new DerError("expected an integer in its shortest form");
    }
    return this.content;
  }

  /** Milliseconds since 1970 of a UTCTime or GeneralizedTime, to a fraction of one. */
  time() {
    const match = TIMES[this.tag]?.exec(fromUtf8(this.content) ?? "");
    if (!match) throw new DerError("expected a time in UTC");
    const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
    const full = this.tag === TIME ? year : year + (year < 50 ? 2000 : 1900);
    const whole = new Date(0);
    whole.setUTCFullYear(full, month - 1, day);
    whole.setUTCHours(hour, minute, second);
    const real = whole.getUTCMonth() === month - 1 && whole.getUTCDate() === day;
    if (!real || hour > 23 || minute > 59 || second > 59) throw new DerError("expected a real time");
    return whole.getTime() + Number(`0.${match[7] || 0}`) * 1000;
  }

  /** An object identifier as the hex of its content. */
  oid() {
    return [...this.of(OID).content].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

/** The contents of two integers in one sequence, each in its shortest form; null for other bytes. */
export function readSequenceOfTwo(der) {
  try {
    const parts = Element.only(der, SEQUENCE).parts();
    return parts.length === 2 ? parts.map((it) => it.integer()) : null;
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}
