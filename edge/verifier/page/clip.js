// A clip, verified without the recording that it was cut out of: clip.py, clip_footage.py, verify_clip.py.

import { openBag } from "./bag.js";
import { DEFINITIONS } from "./definitions.js";
import { checkWritten } from "./derived.js";
import { EvidenceError } from "./errors.js";
import { Meter, readSegments } from "./footage.js";
import { checkLog } from "./log.js";
import { reportOf } from "./outcome.js";
import { bagged, envelopePath, evidenceFiles, filled, inOrder, logFiles } from "./package.js";
import { RangeProof } from "./range.js";
import { Findings } from "./report.js";
import { SEGMENT_SIZE, alteredRanges } from "./segments.js";
import { CODES, authenticate } from "./signatures.js";

const RANGE = "data/range.json";

const clipPath = ({ recording, begin, end }) => `data/footage/${recording}/${begin}-${end}.part`;

/** Whether a folder claims to be a clip, and not a whole package. */
export function isClip(files) {
  return files.has(RANGE);
}

export async function verifyClip(files, policy, progress) {
  const findings = new Findings();
  const bag = await openBag(files, findings); // 1
  const authentic = await authenticate(bag, policy.trustedKeys(), findings); // 2, 3
  const logged = await checkLog(bag, authentic, policy, findings); // 4
  const since = findings.verdicts.length;
  const clip = claimed(bag, authentic, findings);
  const found = clip && (await checkBytes(clip, bag, findings, progress)); // 5
  findings.endStep("footage", since, clip ? 0 : 1, { bytes: found?.size ?? 0 });
  const write = (exhibits, checkpoint) => built(clip, found, exhibits, checkpoint, bag, logged, findings);
  checkWritten(write, bag, authentic, logged, findings); // 6
  return told(clip, findings, policy, logged);
}

/** 5a. The range proof, once it leads to the root in an authentic manifest. */
function claimed(bag, authentic, findings) {
  const refuse = (error, otherwise) => {
    if (!(error instanceof EvidenceError)) throw error;
    findings.addError(error, { otherwise, codes: CODES, file: RANGE });
    return null;
  };
  if (!bag.small.has(RANGE)) {
    if (!findings.explains(RANGE)) findings.add({ code: "PKG_MISSING", file: RANGE });
    return null;
  }
  if (bag.manifestSound && bag.claims.has(RANGE) && bag.differs(RANGE)) {
    findings.add({ code: "PKG_ALTERED", file: RANGE });
    return null;
  }
  let proof;
  try {
    proof = RangeProof.parse(bag.small.get(RANGE));
  } catch (error) {
    return refuse(error, "PKG_ALTERED");
  }
  const statement = authentic.verified.get(proof.envelope)?.statement;
  if (statement?.kind !== "Recording") {
    const file = envelopePath(proof.envelope);
    if (!authentic.damaged) findings.add({ code: "PKG_MISSING", file, recording: proof.recording });
    return null;
  }
  try {
    proof.check(statement.predicate, proof.envelope);
  } catch (error) {
    return refuse(error, "CLIP_FOREIGN");
  }
  return { recording: statement.predicate, proof };
}

/** 5b. Compare the file with the proven segments; null where there is no file to read. */
async function checkBytes({ proof }, bag, findings, progress) {
  const { recording, begin, end } = proof;
  const [file, size] = [clipPath(proof), end - begin];
  if (!bag.sizes.has(file)) {
    if (!findings.explains(file)) findings.add({ code: "PKG_MISSING", file, recording });
    return null;
  }
  let found;
  try {
    found = await readSegments(bag.files.get(file), size, new Meter(size, progress));
  } catch (failure) {
    if (!(failure instanceof DOMException)) throw failure;
    const expected = "a readable file";
    findings.add({ code: "PKG_MISSING", file, recording, expected, found: failure.name });
    return null;
  }
  for (const verdict of differences(proof, found, bag.sizes.get(file))) {
    findings.add({ ...verdict, file, recording });
  }
  return found;
}

function* differences(proof, found, size) {
  const proven = proof.end - proof.begin;
  const whole = Math.floor(found.size / SEGMENT_SIZE) * SEGMENT_SIZE;
  const ranges = alteredRanges(found.size === proven ? proven : whole, proof.leaves, found.leaves);
  const moved = movedOf(proof, found);
  if (size > proven) yield { code: "FILE_EXTENDED", expected: proven, found: size };
  if (ranges.length && moved !== null) {
    yield { code: "CLIP_GAP", ...moved, ranges };
    return;
  }
  if (found.size < proven) yield { code: "FILE_TRUNCATED", expected: proven, found: found.size };
  if (ranges.length) yield { code: "FILE_ALTERED", ranges };
}

/** Where every segment is one of the clip's own: the first that is not at its place. */
function movedOf({ begin, leaves }, found) {
  const place = (at) => begin + at * SEGMENT_SIZE;
  const places = new Map(leaves.map((leaf, at) => [leaf, place(at)]));
  if (!found.leaves.length || !found.leaves.every((leaf) => places.has(leaf))) return null;
  const at = found.leaves.findIndex((leaf, it) => it < leaves.length && leaf !== leaves[it]);
  if (at < 0) return null;
  const said = (byte) => `byte ${byte} of the recording`;
  return { expected: said(place(at)), found: said(places.get(found.leaves[at])) };
}

/** Everything in the clip but its bytes, written anew: build_clip. */
function built(clip, found, exhibits, checkpoint, bag, logged, findings) {
  if (!clip || !found) {
    throw new EvidenceError("CLIP_FOREIGN", "clip", "bytes and their proof", "neither");
  }
  const { proof, recording } = clip;
  const { begin, end, size } = proof;
  const path = clipPath(proof);
  // Bytes that are not proven were reported; what they were is only the manifest's word.
  const stated = findings.explains(path) ? bag.claims.get(path) : undefined;
  const facts = {
    begin: String(begin),
    last: String(end - 1),
    size: String(size),
    recording: recording.recording,
    station: recording.station.id,
    time: String(recording.time.station),
  };
  const payload = new Map([
    ...evidenceFiles(needed(inOrder(exhibits), proof.envelope), checkpoint),
    ...logFiles(logged.growth.proofs, logged.anchors),
    [RANGE, proof.toBytes()],
    ...DEFINITIONS.clip_pages.map(([name, text]) => [name, filled(text, facts)]),
  ]);
  const footage = [{ path, sha256: stated ?? found.sha256, size: end - begin }];
  const files = bagged(payload, footage, {
    identifier: `${recording.recording}-${begin}-${end}`,
    date: facts.time.slice(0, 10),
    description: `bytes ${begin} to ${end} of ${size}`,
  });
  return { files, footage: [path] };
}

/** The manifest, and every event about a key that it, or such an event, is signed with. */
function needed(contents, manifest) {
  const [digests, signers] = [new Set([manifest]), new Set()];
  for (let before = -1; before < digests.size + signers.size; ) {
    before = digests.size + signers.size;
    for (const { statement, envelope } of contents) {
      const about = statement.kind === "KeyEvent" ? statement.predicate.keyid : null;
      if (about !== null && signers.has(about)) digests.add(envelope.digest);
      if (digests.has(envelope.digest)) envelope.signatures.forEach((it) => signers.add(it.keyid));
    }
  }
  return contents.filter((it) => digests.has(it.envelope.digest));
}

function told(clip, findings, policy, logged) {
  if (!clip) {
    const scope = { made: null, named: new Map(), recordings: new Map() };
    return reportOf(findings, policy, scope, logged);
  }
  const { proof, recording } = clip;
  const scope = {
    made: null,
    named: new Map([[proof.envelope, recording.recording]]),
    recordings: new Map([[proof.envelope, recording]]),
  };
  const { begin, end, size } = proof;
  const part = { recording: recording.recording, begin, end, size };
  const report = reportOf(findings, policy, scope, logged, part);
  for (const it of report.recordings) it.file = clipPath(proof);
  return report;
}
