// Verify an exported package from trusted roots alone, in the browser: verify.py, step by step.
//
// Nothing in the package is believed because it is in the package. The numbers are those of the
// Python verifier, and so are codes, grade and the form of the report.

import { openBag } from "./bag.js";
import { checkChains } from "./chain.js";
import { checkClaims } from "./claims.js";
import { checkDerived } from "./derived.js";
import { checkAllFootage } from "./footage.js";
import { Instant } from "./instant.js";
import { checkLog } from "./log.js";
import { envelopePath, footagePath, proofPath } from "./package.js";
import { OUTSIDERS, STATIONS } from "./policy.js";
import { ABOUT_THE_LOG, Findings, isOk } from "./report.js";
import { authenticate } from "./signatures.js";
import { byCodePoint } from "./text.js";

const BESIDE_THE_GRADE = new Set([
  ...ABOUT_THE_LOG,
  "WITNESS_SHORT",
  "TSA_BAD",
  "TIME_INCOHERENT",
  "CASE_LINK_UNLOGGED",
]);

/** The report liuhen-verification/v1. `files` maps names to Blobs; `progress` gets (done, total). */
export async function verifyPackage(files, policy, progress) {
  const findings = new Findings();
  const bag = await openBag(files, findings); // 1
  const authentic = await authenticate(bag, policy.trustedKeys(), findings); // 2, 3
  const logged = await checkLog(bag, authentic, policy, findings); // 4
  const scope = scopeOf(bag, authentic, logged);
  checkChains(authentic, logged.indices, scope.recordings, findings); // 5
  const leaves = await checkAllFootage(bag, scope, progress, findings); // 6
  checkClaims(scope, authentic, logged, findings); // 7
  checkDerived(bag, authentic, logged, leaves, findings); // 8
  const report = {
    format: "liuhen-verification/v1",
    ok: isOk(findings),
    grade: gradeOf(findings, policy, scope, logged),
    verdicts: findings.verdicts,
    steps: findings.steps,
    recordings: [...scope.named].map(([digest, name]) => resultOf(digest, name, scope, logged, findings)),
    checkpoint: logged.checkpoint ?? {},
    witnesses: [
      ...witnessFacts(STATIONS, logged.witnessed.stations),
      ...witnessFacts(OUTSIDERS, logged.witnessed.outsiders),
    ],
    anchors: logged.anchored,
  };
  return report;
}

/**
 * What the package is about: `made`, its own export, and the recordings that it names.
 *
 * Earlier exports may be in it as history; its own is the one that stands last in the log. Without
 * a sound export it is whatever footage lies in the package.
 */
function scopeOf(bag, authentic, logged) {
  const manifests = new Map(authentic.of("Recording"));
  const place = ([digest]) => logged.indices.get(digest) ?? -1;
  const later = (left, right) => place(left) - place(right) || byCodePoint(left[0], right[0]);
  const made = authentic.of("Export").sort(later).at(-1) ?? null;
  if (made === null) {
    const isHere = (it) => bag.sizes.has(footagePath(it.recording, it.source.path));
    const recordings = new Map([...manifests].filter(([, it]) => isHere(it)));
    const named = new Map([...recordings].map(([digest, it]) => [digest, it.recording]));
    return { made, named, recordings };
  }
  const named = new Map(made[1].recordings.map((it) => [it.envelope, it.recording]));
  const sound = [...named.keys()].filter((digest) => manifests.has(digest));
  const recordings = new Map(sound.map((digest) => [digest, manifests.get(digest)]));
  return { made, named, recordings };
}

/** Computed from what holds; B and A need whoever the policy asks for. */
function gradeOf(findings, policy, scope, logged) {
  const codes = findings.verdicts.map((verdict) => verdict.code);
  const unchecked = findings.steps.some((step) => step.name !== "derived" && step.ok === undefined);
  if (unchecked || !codes.every((code) => BESIDE_THE_GRADE.has(code))) return "-";
  if (codes.some((code) => ABOUT_THE_LOG.has(code))) return "D";
  const { quorum } = policy;
  const { witnessed, growth } = logged;
  const reached = (asked, found) => asked > 0 && asked <= found.size;
  if (!reached(quorum.stations, witnessed.stations) || growth.proven < growth.sightings) return "C";
  return reached(quorum.outsiders, witnessed.outsiders) && isDated(scope, logged) ? "A" : "B";
}

/** Whether a time stamp covers the leaf of every recording that was handed out. */
function isDated(scope, { anchored, indices }) {
  const reach = Math.max(0, ...anchored.map((it) => it.size));
  return reach > 0 && [...scope.recordings.keys()].every((digest) => indices.get(digest) < reach);
}

function resultOf(digest, name, scope, { indices }, findings) {
  const recording = scope.recordings.get(digest);
  const facts = recording ? factsOf(digest, recording, indices) : {};
  const files = [facts.file, envelopePath(digest), proofPath(digest)];
  const isBlame = (it) => it.recording === name || (it.file && files.includes(it.file));
  const ok = Boolean(recording) && indices.has(digest) && !findings.verdicts.some(isBlame);
  return { recording: name, envelope: digest, ok, ...facts };
}

function factsOf(digest, { recording, source, file, station, time }, indices) {
  const facts = {
    path: source.path,
    file: footagePath(recording, source.path),
    size: file.size,
    sha256: file.sha256,
    station: station.id,
    seq: station.seq,
    station_time: String(time.station),
  };
  if (source.camera.serial !== undefined) facts.camera = source.camera.serial;
  if (indices.has(digest)) facts.index = indices.get(digest);
  return facts;
}

function witnessFacts(kind, names) {
  const sorted = [...names].sort(([left], [right]) => byCodePoint(left, right));
  return sorted.map(([name, seconds]) => ({ name, kind, at: String(new Instant(Number(seconds) * 1000)) }));
}
