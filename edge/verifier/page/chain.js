// Step 5: each station's statements follow one another. verify_chain.py.

import { envelopePath } from "./package.js";
import { byCodePoint } from "./text.js";

const NO_PREVIOUS = "0".repeat(64);

/** Look for gaps, forks and rollbacks in what the package holds of each chain. */
export function checkChains(authentic, indices, exported, findings) {
  const since = findings.verdicts.length;
  const stations = new Map();
  for (const [digest, { statement }] of authentic.verified) {
    const { link } = statement;
    if (!link) continue;
    const pieces = stations.get(link.id) ?? [];
    stations.set(link.id, [...pieces, { digest, link, index: indices.get(digest) ?? null }]);
  }
  let unchecked = 0;
  for (const pieces of stations.values()) {
    pieces.sort(inOrder);
    const single = checkForks(pieces, findings);
    checkOrderInLog(single, findings);
    unchecked += checkLinks(single, exported, authentic, findings);
  }
  findings.endStep("chain", since, unchecked, { stations: stations.size });
}

/** By place in the chain; among rivals for one place, the one logged first. */
function inOrder(left, right) {
  const [first, second] = [left.index ?? Infinity, right.index ?? Infinity];
  if (left.link.seq !== right.link.seq) return left.link.seq - right.link.seq;
  return first === second ? byCodePoint(left.digest, right.digest) : first - second;
}

/** 5a. One statement for each sequence number; returns the first for each. */
function checkForks(pieces, findings) {
  const seen = new Map();
  for (const piece of pieces) {
    const first = seen.get(piece.link.seq);
    if (first === undefined) seen.set(piece.link.seq, piece);
    else report("CHAIN_FORK", piece, first.digest, piece.digest, findings);
  }
  return [...seen.values()];
}

/** 5b. What comes later in the log comes later in the chain. */
function checkOrderInLog(pieces, findings) {
  const logged = pieces.filter((piece) => piece.index !== null);
  let highest = -1;
  for (const piece of logged.sort((left, right) => left.index - right.index)) {
    const { seq } = piece.link;
    if (seq < highest) report("CHAIN_ROLLBACK", piece, `a seq above ${highest}`, seq, findings);
    highest = Math.max(highest, seq);
  }
}

/** 5c. Each statement names the one before it, and an exported one has it beside it. */
function checkLinks(pieces, exported, authentic, findings) {
  const bySeq = new Map(pieces.map((piece) => [piece.link.seq, piece]));
  let unchecked = 0;
  for (const piece of pieces) {
    const { seq, prev } = piece.link;
    const before = bySeq.get(seq - 1);
    if (before === undefined && seq > 0) {
      if (!exported.has(piece.digest)) continue;
      const expected = `seq ${seq - 1}, envelope ${prev}`;
      if (authentic.damaged) unchecked += 1;
      else report("CHAIN_GAP", piece, expected, "none", findings);
      continue;
    }
    const due = before?.digest ?? NO_PREVIOUS;
    if (prev !== due) report("CHAIN_FORK", piece, `prev ${due}`, `prev ${prev}`, findings);
  }
  return unchecked;
}

function report(code, piece, expected, found, findings) {
  findings.add({ code, file: envelopePath(piece.digest), expected, found });
}
