// What all steps come to: the grade, and facts for each recording. verify_outcome.py.

import { Instant } from "./instant.js";
import { envelopePath, footagePath, proofPath } from "./package.js";
import { OUTSIDERS, STATIONS } from "./policy.js";
import { ABOUT_THE_LOG, isOk } from "./report.js";
import { byCodePoint } from "./text.js";

const BESIDE_THE_GRADE = new Set([
  ...ABOUT_THE_LOG,
  "WITNESS_SHORT",
  "TSA_BAD",
  "TIME_INCOHERENT",
  "CASE_LINK_UNLOGGED",
]);

/** The report liuhen-verification/v1. With `part`, only that recording has a result. */
export function reportOf(findings, policy, scope, logged, part = null) {
  const named = [...scope.named].filter(([, name]) => part === null || name === part.recording);
  const report = {
    format: "liuhen-verification/v1",
    ok: isOk(findings),
    grade: gradeOf(findings, policy, scope, logged),
    verdicts: findings.verdicts,
    steps: findings.steps,
    recordings: named.map(([digest, name]) => resultOf(digest, name, scope, logged, findings)),
    checkpoint: logged.checkpoint ?? {},
    witnesses: [
      ...witnessFacts(STATIONS, logged.witnessed.stations),
      ...witnessFacts(OUTSIDERS, logged.witnessed.outsiders),
    ],
    anchors: logged.anchored,
  };
  return part === null ? report : { ...report, part };
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
  if (source.camera_signature !== undefined) facts.camera_signature = source.camera_signature.kind;
  if (indices.has(digest)) facts.index = indices.get(digest);
  return facts;
}

function witnessFacts(kind, names) {
  const sorted = [...names].sort(([left], [right]) => byCodePoint(left, right));
  return sorted.map(([name, seconds]) => ({ name, kind, at: String(new Instant(Number(seconds) * 1000)) }));
}
