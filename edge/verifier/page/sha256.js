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
      compress(this.#state, this.#words, CONSTANTS, this.#block, 0, 1);
      this.#filled = 0;
    }
    const whole = (data.length - at) >> 6;
    compress(this.#state, this.#words, CONSTANTS, data, at, whole);
    at += whole << 6;
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
}

const sigmaA = (a) => ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
const sigmaE = (e) => ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
const early = (x) => ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
const late = (y) => ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
const choice = (e, f, g) => g ^ (e & (f ^ g));
const majority = (a, b, c) => (a & b) | (c & (a | b));

/**
 * Takes `count` blocks of 64 bytes into `state`; `w` and `k` are message schedule and constants.
 *
 * The hot loop. Four rounds at a time, so that values stay where they are instead of moving on.
 */
function compress(state, w, k, data, begin, count) {
  let h0 = state[0], h1 = state[1], h2 = state[2], h3 = state[3];
  let h4 = state[4], h5 = state[5], h6 = state[6], h7 = state[7];
  const end = begin + 64 * count;
  for (let at = begin; at < end; at += 64) {
    for (let i = 0, j = at; i < 16; i += 1, j += 4) {
      w[i] = (data[j] << 24) | (data[j + 1] << 16) | (data[j + 2] << 8) | data[j + 3];
    }
    for (let i = 16; i < 64; i += 1) {
      w[i] = (w[i - 16] + early(w[i - 15]) + w[i - 7] + late(w[i - 2])) | 0;
    }
    let a = h0, b = h1, c = h2, d = h3, e = h4, f = h5, g = h6, h = h7;
    for (let i = 0; i < 64; i += 4) {
      h = (h + sigmaE(e) + choice(e, f, g) + k[i] + w[i]) | 0;
      d = (d + h) | 0;
      h = (h + sigmaA(a) + majority(a, b, c)) | 0;
      g = (g + sigmaE(d) + choice(d, e, f) + k[i + 1] + w[i + 1]) | 0;
      c = (c + g) | 0;
      g = (g + sigmaA(h) + majority(h, a, b)) | 0;
      f = (f + sigmaE(c) + choice(c, d, e) + k[i + 2] + w[i + 2]) | 0;
      b = (b + f) | 0;
      f = (f + sigmaA(g) + majority(g, h, a)) | 0;
      e = (e + sigmaE(b) + choice(b, c, d) + k[i + 3] + w[i + 3]) | 0;
      a = (a + e) | 0;
      e = (e + sigmaA(f) + majority(f, g, h)) | 0;
      let kept = a;
      a = e;
      e = kept;
      kept = b;
      b = f;
      f = kept;
      kept = c;
      c = g;
      g = kept;
      kept = d;
      d = h;
      h = kept;
    }
    h0 = (h0 + a) | 0;
    h1 = (h1 + b) | 0;
    h2 = (h2 + c) | 0;
    h3 = (h3 + d) | 0;
    h4 = (h4 + e) | 0;
    h5 = (h5 + f) | 0;
    h6 = (h6 + g) | 0;
    h7 = (h7 + h) | 0;
  }
  state.set([h0, h1, h2, h3, h4, h5, h6, h7]);
}

/** Hex SHA-256 over the parts, one after the other. */
export function digestOf(...parts) {
  const state = new Sha256();
  for (const part of parts) state.update(part);
  return hex(state.digest());
}
