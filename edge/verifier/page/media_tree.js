// A second tree over a recording: the packets of its streams. edge/evidence/media_tree.py.

import { EvidenceError } from "./errors.js";
import { leafHash, rootOf } from "./merkle.js";
import { digestOf } from "./sha256.js";

const ALGORITHM = "framehash-sha256";
const [DIGEST_SIZE, TIME_SIZE] = [32, 8];

/** Raises ENCODING_BAD unless `packed` is exactly the packet list that was signed. */
export function checkPackets(tree, packed) {
  if (tree.algorithm !== ALGORITHM) throw bad("media tree", ALGORITHM, tree.algorithm);
  const packets = tree.streams.reduce((sum, stream) => sum + stream.packets, 0);
  const size = packets * (DIGEST_SIZE + TIME_SIZE);
  if (packed.length !== size) throw bad("packet list", `${size} bytes`, packed.length);
  let at = 0;
  const made = tree.streams.map((stream) => {
    const middle = at + stream.packets * DIGEST_SIZE;
    const end = middle + stream.packets * TIME_SIZE;
    const leaves = [];
    for (; at < middle; at += DIGEST_SIZE) leaves.push(leafHash(packed.subarray(at, at + DIGEST_SIZE)));
    at = end;
    return { root: rootOf(leaves), times: digestOf(packed.subarray(middle, end)) };
  });
  const told = (streams) => streams.map((it) => `${it.root} with times ${it.times}`).join(", ");
  if (told(made) !== told(tree.streams)) throw bad("packet list", told(tree.streams), told(made));
}

function bad(what, expected, found) {
  return new EvidenceError("ENCODING_BAD", what, expected, found);
}
