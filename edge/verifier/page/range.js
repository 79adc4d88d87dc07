// The proof of a byte range of a recording: edge/evidence/{segment_range,range_proof}.py.

import { concat, sameBytes, utf8 } from "./bytes.js";
import { EvidenceError } from "./errors.js";
import { decode, encode } from "./json.js";
import { nodeHash, rootOf } from "./merkle.js";
import { SEGMENT_SIZE, segmentCount } from "./segments.js";

const FORMAT = "liuhen-range/v1";
const LIMIT = 64 << 20;
const TEXTS = ["recording", "envelope", "segment_root"];
const NUMBERS = ["size", "begin", "end"];
const LISTS = ["leaves", "nodes"];
const DIGEST = /^[0-9a-f]{64}$/;

/** A claim until `check` was called. */
export class RangeProof {
  /** Raises ENCODING_BAD, for any other spelling of the same, too. */
  static parse(raw) {
    const wire = decode(raw, LIMIT);
    const members = ["format", ...TEXTS, ...NUMBERS, ...LISTS].sort().join();
    if ([...wire.keys()].sort().join() !== members || wire.get("format") !== FORMAT) {
      throw malformed(`the members of ${FORMAT}`, [...wire.keys()].sort().join(", "));
    }
    const proof = Object.assign(new RangeProof(), Object.fromEntries(wire));
    const isDigest = (it) => typeof it === "string" && DIGEST.test(it);
    if (typeof proof.recording !== "string") throw malformed("text as recording", "something else");
    if (!isDigest(proof.envelope) || !isDigest(proof.segment_root)) {
      throw malformed("digests as envelope and segment_root", "something else");
    }
    for (const name of NUMBERS) {
      if (typeof proof[name] !== "number") throw malformed(`an integer as ${name}`, "something else");
    }
    for (const name of LISTS) {
      const list = proof[name];
      const sound = Array.isArray(list) && list.every(isDigest);
      if (!sound) throw malformed(`a list of digests as ${name}`, "something else");
    }
    proof.#refuseOtherBorders();
    if (!sameBytes(proof.toBytes(), raw)) throw malformed("RFC 8785 and one newline", "another spelling");
    return proof;
  }

  toBytes() {
    return concat(encode({ ...this, format: FORMAT }), utf8("\n"));
  }

  /** Raises CLIP_FOREIGN unless these leaves stand at this place of `recording`. */
  check({ recording, file }, envelope) {
    const said = [this.recording, this.envelope, this.size, this.segment_root];
    if (said.join() !== [recording, envelope, file.size, file.segment_root].join()) {
      const found = `recording ${this.recording}, envelope ${this.envelope}, or other file facts`;
      throw foreign(`recording ${recording}, envelope ${envelope}`, found);
    }
    const root = this.#root();
    if (root !== file.segment_root) throw foreign(`segment root ${file.segment_root}`, `root ${root}`);
  }

  #refuseOtherBorders() {
    const { size, begin, end } = this;
    if (!(0 <= begin && begin < end && end <= size)) {
      throw malformed(`bytes within 0 to ${size}, at least one`, `${begin} to ${end}`);
    }
    if (begin % SEGMENT_SIZE || (end % SEGMENT_SIZE && end !== size)) {
      throw malformed(`borders of segments of ${SEGMENT_SIZE}`, `${begin} to ${end}`);
    }
  }

  /** The root of the whole tree that leaves and nodes come to. */
  #root() {
    const [first, last] = [this.begin / SEGMENT_SIZE, segmentCount(this.end)];
    if (this.leaves.length !== last - first) {
      throw foreign(`${last - first} leaves`, this.leaves.length);
    }
    const [leaves, nodes] = [[...this.leaves], [...this.nodes]];
    let wanted = 0;
    const walk = (begin, end) => {
      if (first <= begin && end <= last) return rootOf(leaves.splice(0, end - begin));
      if (end <= first || last <= begin) {
        wanted += 1;
        return nodes.shift();
      }
      const middle = begin + 2 ** (Math.ceil(Math.log2(end - begin)) - 1);
      const left = walk(begin, middle);
      const right = walk(middle, end);
      return left && right && nodeHash(left, right);
    };
    const root = walk(0, segmentCount(this.size));
    if (this.nodes.length !== wanted) throw foreign(`${wanted} nodes`, this.nodes.length);
    return root;
  }
}

function malformed(expected, found) {
  return new EvidenceError("ENCODING_BAD", "range proof", expected, found);
}

function foreign(expected, found) {
  return new EvidenceError("CLIP_FOREIGN", "range proof", expected, found);
}
