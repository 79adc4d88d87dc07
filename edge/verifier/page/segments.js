// A file as 1 MiB segments: leaves, root, chain, and which byte ranges differ.

import { fromHex, hex, utf8 } from "./bytes.js";
import { EvidenceError } from "./errors.js";
import { rootOf } from "./merkle.js";
import { digestOf } from "./sha256.js";

export const SEGMENT_SIZE = 1 << 20;
const CHAIN_LABEL = utf8("liuhen-chain-v1\n");

export function segmentCount(size) {
  return Math.ceil(size / SEGMENT_SIZE);
}

/** Root and chain head over leaf hashes. Raises ENCODING_BAD where their number does not fit. */
export function segmentsOf(fileId, size, leaves) {
  if (leaves.length !== segmentCount(size)) {
    throw new EvidenceError("ENCODING_BAD", "segments", segmentCount(size), leaves.length);
  }
  let chain = digestOf(CHAIN_LABEL, fromHex(fileId));
  for (const leaf of leaves) chain = digestOf(fromHex(chain), fromHex(leaf));
  return { size, leaves, root: rootOf(leaves), chainHead: chain };
}

export function packLeaves(leaves) {
  return fromHex(leaves.join(""));
}

export function unpackLeaves(packed) {
  if (packed.length % 32) {
    throw new EvidenceError("ENCODING_BAD", "leaf list", "32 bytes each", packed.length);
  }
  const leaves = [];
  for (let at = 0; at < packed.length; at += 32) leaves.push(hex(packed.subarray(at, at + 32)));
  return leaves;
}

/** Half-open byte ranges, merged, in which two leaf lists of a file of `size` differ. */
export function alteredRanges(size, expected, found) {
  const ranges = [];
  for (let at = 0; at < segmentCount(size); at += 1) {
    const known = at < expected.length && at < found.length;
    if (known && expected[at] === found[at]) continue;
    const begin = at * SEGMENT_SIZE;
    const end = Math.min(begin + SEGMENT_SIZE, size);
    const last = ranges.at(-1);
    if (last?.[1] === begin) last[1] = end;
    else ranges.push([begin, end]);
  }
  return ranges;
}
