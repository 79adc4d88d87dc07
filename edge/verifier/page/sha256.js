// SHA-256 (FIPS 180-4), for many small digests and for whole files as they are read.
//
// WebCrypto has no digest that takes a file in pieces, and a signed manifest states the digest of
// the whole file. So it is computed here; WebCrypto hashes the segments beside it.

import { hex } from "./bytes.js";

const CONSTANTS = new Int32Array(64);
const START = new Int32Array(8);

for (let prime = 2, found = 0; found < 64; prime += 1) {
  let composite = false;
  for (let divisor = 2; divisor * divisor <= prime; divisor += 1) composite ||= prime % divisor === 0;
  if (!composite) {
    if (found < 8) START[found] = fractionOf(prime ** (1 / 2));
    CONSTANTS[found] = fractionOf(prime ** (1 / 3));
    found += 1;
  }
}

/** The first 32 bits behind the point; a double holds 50 of them for these roots. */
function fractionOf(root) {
  return Math.floor((root - Math.floor(root)) * 2 ** 32) | 0;
}

/** A digest over bytes that come in pieces. */
export class Sha256 {
  #state = START.slice();
  #block = new Uint8Array(64);
  #words = new Int32Array(64);
  #filled = 0;
  #size = 0;

  update(data) {
    this.#size += data.length;
    let at = 0;
    if (this.#filled) {
      at = Math.min(64 - this.#filled, data.length);
      this.#block.set(data.subarray(0, at), this.#filled);
      this.#filled += at;
      if (this.#filled < 64) return this;
      this.#compress(this.#block, 0);
      this.#filled = 0;
    }
    for (; at + 64 <= data.length; at += 64) this.#compress(data, at);
    this.#block.set(data.subarray(at));
    this.#filled = data.length - at;
    return this;
  }

  /** 32 bytes; the object is spent. */
  digest() {
    const bits = this.#size * 8;
    const padding = new Uint8Array(((this.#filled < 56 ? 56 : 120) - this.#filled) + 8);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer);
    view.setUint32(padding.length - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(padding.length - 4, bits >>> 0);
    this.update(padding);
    const raw = new Uint8Array(32);
    const out = new DataView(raw.buffer);
    this.#state.forEach((word, at) => out.setInt32(4 * at, word));
    return raw;
  }

  #compress(data, begin) {
    const w = this.#words;
    for (let i = 0, at = begin; i < 16; i += 1, at += 4) {
      w[i] = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3];
    }
    for (let i = 16; i < 64; i += 1) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    const state = this.#state;
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + CONSTANTS[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0;
      d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    state[0] += a; state[1] += b; state[2] += c; state[3] += d;
    state[4] += e; state[5] += f; state[6] += g; state[7] += h;
  }
}

/** Hex SHA-256 over the parts, one after the other. */
export function digestOf(...parts) {
  const state = new Sha256();
  for (const part of parts) state.update(part);
  return hex(state.digest());
}
