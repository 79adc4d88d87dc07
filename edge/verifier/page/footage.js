// Step 6: the footage itself, read once in slices of 1 MiB, against the signed manifest.
// verify_footage.py.
//
// While WebCrypto hashes one segment, the digest of the whole file is taken on and the next slice is
// read. No more than two slices are in memory, however long the recording is.

import { hex } from "./bytes.js";
import { footagePath, leavesPath } from "./package.js";
import { SEGMENT_SIZE, alteredRanges, segmentsOf, unpackLeaves } from "./segments.js";
import { Sha256 } from "./sha256.js";

/** Tells a person how far the reading has come. */
export class Meter {
  done = 0;

  constructor(total, progress) {
    Object.assign(this, { total, progress });
  }

  add(octets) {
    this.done += octets;
    this.progress?.(this.done, this.total);
  }
}

/** Leaves that lead to the signed roots, by recording. `progress` gets bytes done and all bytes. */
export async function checkAllFootage(bag, scope, progress, findings) {
  const since = findings.verdicts.length;
  const recordings = [...scope.recordings.values()];
  const total = recordings.reduce((sum, it) => sum + it.file.size, 0);
  const meter = new Meter(total, progress);
  const leaves = new Map();
  for (const recording of recordings) {
    const found = await checkFootage(recording, bag, meter, findings);
    if (found !== null) leaves.set(recording.recording, found);
  }
  const facts = { recordings: recordings.length, bytes: meter.done };
  findings.endStep("footage", since, scope.named.size - recordings.length, facts);
  return leaves;
}

async function checkFootage(recording, bag, meter, findings) {
  const { recording: name, file } = recording;
  const path = footagePath(name, recording.source.path);
  const listed = listedLeaves(recording, bag);
  if (!bag.sizes.has(path)) {
    if (!findings.explains(path)) findings.add({ code: "PKG_MISSING", file: path, recording: name });
    return listed;
  }
  let found;
  try {
    const { sha256, size, leaves } = await readSegments(bag.files.get(path), file.size, meter);
    found = { sha256, segments: segmentsOf(name, size, leaves) };
  } catch (failure) {
    if (!(failure instanceof DOMException)) throw failure;
    const about = { file: path, recording: name, expected: "a readable file" };
    findings.add({ code: "PKG_MISSING", ...about, found: failure.name });
    return listed;
  }
  for (const verdict of verdictsOf(file, bag.sizes.get(path), found, listed)) {
    findings.add({ ...verdict, file: path, recording: name });
  }
  const agrees = found.segments.root === file.segment_root;
  return listed === null && agrees ? found.segments.leaves : listed;
}

/** The package's leaf list, if it is the one that was signed. */
function listedLeaves({ recording, file }, bag) {
  const packed = bag.small.get(leavesPath(recording));
  if (packed === undefined || packed.length % 32) return null;
  const leaves = unpackLeaves(packed);
  if (leaves.length !== file.segment_count) return null;
  return segmentsOf(recording, file.size, leaves).root === file.segment_root ? leaves : null;
}

/** Hash the first `size` bytes, {sha256, size, leaves}; what comes after them was never signed. */
export async function readSegments(blob, size, meter) {
  const whole = new Sha256();
  const leaves = [];
  const end = Math.min(size, blob.size);
  const slice = (at) => (at < end ? blob.slice(at, Math.min(at + SEGMENT_SIZE, end)).arrayBuffer() : null);
  let next = slice(0);
  for (let at = 0; at < end; at += SEGMENT_SIZE) {
    const segment = new Uint8Array(await next);
    const labelled = new Uint8Array(segment.length + 1);
    labelled.set(segment, 1);
    const leaf = crypto.subtle.digest("SHA-256", labelled);
    next = slice(at + SEGMENT_SIZE);
    whole.update(segment);
    leaves.push(hex(new Uint8Array(await leaf)));
    meter.add(segment.length);
  }
  return { sha256: hex(whole.digest()), size: end, leaves };
}

function* verdictsOf(file, size, found, listed) {
  const { segments } = found;
  if (segments.size < file.size) {
    yield { code: "FILE_TRUNCATED", expected: file.size, found: segments.size };
  } else if (size > file.size) {
    yield { code: "FILE_EXTENDED", expected: file.size, found: size };
  }
  const ranges = altered(file, found, listed);
  if (ranges.length) {
    yield { code: "FILE_ALTERED", expected: file.sha256, found: found.sha256, ranges };
  } else if (segments.size === file.size && segments.chainHead !== file.chain_head) {
    const [expected, other] = [segments.chainHead, file.chain_head];
    yield { code: "CLAIM_CONTRADICTED", expected, found: other };
  }
}

/** Which ranges of what was read differ; all of it where no leaf list can say. */
function altered(file, { sha256, segments }, listed) {
  const complete = segments.size === file.size;
  if (sha256 === file.sha256 && segments.root === file.segment_root) return [];
  if (listed === null) return complete ? [[0, segments.size]] : [];
  const whole = Math.floor(segments.size / SEGMENT_SIZE) * SEGMENT_SIZE;
  const ranges = alteredRanges(complete ? segments.size : whole, listed, segments.leaves);
  return !ranges.length && complete ? [[0, file.size]] : ranges;
}
