// The Merkle tree of RFC 6962, its proofs, and what they give away: edge/evidence/{merkle,subtrees}.py.
//
// Sizes reach 2^53, and JavaScript's own bit operations 2^32: places in a tree are BigInts inside.

import { fromHex, utf8 } from "./bytes.js";
import { EvidenceError } from "./errors.js";
import { digestOf } from "./sha256.js";

export const EMPTY_ROOT = digestOf();
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
const LABEL = utf8("liuhen-leaf-v1\n");

export function leafHash(data) {
  return digestOf(LEAF, data);
}

export function nodeHash(left, right) {
  return digestOf(NODE, fromHex(left), fromHex(right));
}

/** The hash of the leaf that the log holds for an envelope. */
export function leafOf(envelope) {
  return digestOf(LEAF, LABEL, fromHex(envelope));
}

export function rootOf(leaves) {
  let level = leaves;
  if (!level.length) return EMPTY_ROOT;
  while (level.length > 1) {
    const above = [];
    for (let at = 0; at + 1 < level.length; at += 2) above.push(nodeHash(level[at], level[at + 1]));
    if (level.length % 2) above.push(level[level.length - 1]);
    level = above;
  }
  return level[0];
}

/** RFC 9162 2.1.3.2. Raises LOG_NOT_INCLUDED. */
export function verifyInclusion(leaf, index, size, path, root) {
  const refusal = (expected, found) => {
    throw new EvidenceError("LOG_NOT_INCLUDED", "inclusion", expected, found);
  };
  if (index >= size) refusal(`an index below ${size}`, index);
  let [fn, sn, node] = [BigInt(index), BigInt(size) - 1n, leaf];
  for (const sibling of path) {
    if (sn === 0n) refusal("a shorter path", path.length);
    if (fn & 1n || fn === sn) {
      node = nodeHash(sibling, node);
      for (; !(fn & 1n) && fn; fn >>= 1n) sn >>= 1n;
    } else {
      node = nodeHash(node, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n) refusal("a longer path", path.length);
  if (node !== root) refusal(`root ${root}`, node);
}

/** RFC 9162 2.1.4.2. Raises LOG_INCONSISTENT. */
export function verifyConsistency(older, newer, path) {
  const [old, size] = [BigInt(older.size), BigInt(newer.size)];
  if (!(0n < old && old <= size)) inconsistent(`a size from 1 to ${size}`, older.size);
  if (old === size) {
    if (path.length) inconsistent("an empty path", path.length);
    sameRoot(older.root, newer.root);
    return;
  }
  if (!path.length) inconsistent("a path", "none");
  const nodes = old & (old - 1n) ? [...path] : [older.root, ...path];
  let [fn, sn] = [old - 1n, size - 1n];
  for (; fn & 1n; fn >>= 1n) sn >>= 1n;
  let fr = nodes.shift();
  let sr = fr;
  for (const node of nodes) {
    if (sn === 0n) inconsistent("a shorter path", path.length);
    if (fn & 1n || fn === sn) {
      [fr, sr] = [nodeHash(node, fr), nodeHash(node, sr)];
      for (; !(fn & 1n) && fn; fn >>= 1n) sn >>= 1n;
    } else {
      sr = nodeHash(sr, node);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n) inconsistent("a longer path", path.length);
  sameRoot(older.root, fr);
  sameRoot(newer.root, sr);
}

function sameRoot(expected, found) {
  if (expected !== found) inconsistent(expected, found);
}

function inconsistent(expected, found) {
  throw new EvidenceError("LOG_INCONSISTENT", "consistency", expected, found);
}

function bits(number) {
  return number ? number.toString(2).length : 0;
}

function isPower(number) {
  return (number & (number - 1n)) === 0n;
}

/** Roots of complete subtrees, by level and index, that verified audit paths show. */
export class KnownSubtrees {
  #nodes = new Map();

  addPath(leaf, index, size, path) {
    const siblings = [...siblingsOf(BigInt(index), BigInt(size))];
    siblings.forEach(([begin, end], at) => {
      const count = end - begin;
      if (!isPower(count)) return;
      const level = bits(count) - 1;
      this.#add(level, begin >> BigInt(level), path[path.length - 1 - at]);
    });
    this.#add(0, BigInt(index), leaf);
  }

  /** The root that the tree had at `size`; null where too little is known. */
  rootAt(size) {
    let root = null;
    let end = BigInt(size);
    while (end) {
      const count = end & -end;
      const node = this.#nodes.get(`${bits(count) - 1}/${(end - 1n) / count}`);
      if (node === undefined) return null;
      root = root === null ? node : nodeHash(node, root);
      end -= count;
    }
    return root ?? EMPTY_ROOT;
  }

  #add(level, index, node) {
    let [height, at, known] = [level, index, node];
    while (!this.#nodes.has(`${height}/${at}`)) {
      this.#nodes.set(`${height}/${at}`, known);
      const sibling = this.#nodes.get(`${height}/${at ^ 1n}`);
      if (sibling === undefined) return;
      known = at & 1n ? nodeHash(sibling, known) : nodeHash(known, sibling);
      [height, at] = [height + 1, at >> 1n];
    }
  }
}

/** The ranges of leaves that an audit path's nodes stand for, the largest first. */
function* siblingsOf(index, size) {
  let [begin, end] = [0n, size];
  while (end - begin > 1n) {
    const middle = begin + (1n << BigInt(bits(end - begin - 1n) - 1));
    if (index < middle) {
      yield [middle, end];
      end = middle;
    } else {
      yield [begin, middle];
      begin = middle;
    }
  }
}
