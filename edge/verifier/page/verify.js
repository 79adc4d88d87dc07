// Verify an exported package, or a clip, from trusted roots alone, in the browser: verify.py.
//
// Nothing in the package is believed because it is in the package. The numbers are those of the
// Python verifier, and so are codes, grade and the form of the report.

import { openBag } from "./bag.js";
import { checkChains } from "./chain.js";
import { checkClaims } from "./claims.js";
import { isClip, verifyClip } from "./clip.js";
import { checkDerived } from "./derived.js";
import { checkAllFootage } from "./footage.js";
import { checkLog } from "./log.js";
import { reportOf } from "./outcome.js";
import { footagePath } from "./package.js";
import { Findings } from "./report.js";
import { authenticate } from "./signatures.js";
import { byCodePoint } from "./text.js";

/** The report. `files` maps names to Blobs; `progress` gets (done, total) bytes of footage. */
export async function verifyFiles(files, policy, progress) {
  return isClip(files) ? verifyClip(files, policy, progress) : verifyPackage(files, policy, progress);
}

async function verifyPackage(files, policy, progress) {
  const findings = new Findings();
  const bag = await openBag(files, findings); // 1
  const authentic = await authenticate(bag, policy.trustedKeys(), findings); // 2, 3
  const logged = await checkLog(bag, authentic, policy, findings); // 4
  const scope = scopeOf(bag, authentic, logged);
  checkChains(authentic, logged.indices, scope.recordings, findings); // 5
  const leaves = await checkAllFootage(bag, scope, progress, findings); // 6
  checkClaims(scope, authentic, logged, findings); // 7
  checkDerived(bag, authentic, logged, leaves, findings); // 8
  return reportOf(findings, policy, scope, logged);
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
