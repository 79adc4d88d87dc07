// What the signed parts make of a package, byte for byte: edge/evidence/package.py and its pages.

import { concat, utf8 } from "./bytes.js";
import { BAGIT, BAG_INFO, DECLARATION, MANIFEST, TAG_MANIFEST, formatManifest, safeName } from "./bag.js";
import { DEFINITIONS } from "./definitions.js";
import { EvidenceError } from "./errors.js";
import { historyFiles, rowOf } from "./history.js";
import { encode } from "./json.js";
import { formatProof } from "./proof.js";
import { packLeaves, segmentsOf } from "./segments.js";
import { digestOf } from "./sha256.js";
import { byCodePoint, onOneLine } from "./text.js";

export const CHECKPOINT = "data/checkpoint";
export const MEDIA = "data/media/";
export const CONSISTENCY = "data/consistency/";
export const ANCHORS = "data/anchors/";
export const VERIFIERS = DEFINITIONS.verifiers;
const LINE_END = utf8("\n");

export const envelopePath = (digest) => `data/envelopes/${digest}.json`;
export const proofPath = (digest) => `data/proofs/${digest}.tlog-proof`;
export const leavesPath = (recording) => `data/leaves/${recording}.leaves`;
export const packetsPath = (recording) => `${MEDIA}${recording}.packets`;
export const footagePath = (recording, path) => `data/footage/${recording}/${safeName(path)}`;
export const consistencyPath = (older, newer) => `${CONSISTENCY}${older}-${newer}.txt`;

/**
 * {files, footage}: a Map of every small file, and the paths of footage.
 *
 * An exhibit is {statement, envelope, index, path}; index is null for what was never logged.
 * Raises an EvidenceError where the export, a manifest or a leaf list is not there.
 */
export function build(parts) {
  const { checkpoint, leaves, packets, consistency, anchors, verifiers } = parts;
  const contents = inOrder(parts.exhibits);
  const made = contents.findLast((it) => it.statement.kind === "Export")?.statement.predicate;
  if (made === undefined) throw incomplete("an export/v1 statement");
  const recordings = recordingsOf(contents, made);
  const footage = recordings.map(({ it }) => ({
    path: footagePath(it.recording, it.source.path),
    sha256: it.file.sha256,
    size: it.file.size,
  }));
  const listed = recordings.filter(({ it }) => packets.has(it.recording));
  const payload = new Map([
    ...evidenceFiles(contents, checkpoint),
    ...logFiles(consistency, anchors),
    ...recordings.map(({ it }) => [leavesPath(it.recording), leavesOf(it, leaves)]),
    ...listed.map(({ it }) => [packetsPath(it.recording), packets.get(it.recording)]),
    ...derivedFiles(contents, made, recordings, footage),
    ...verifiers,
  ]);
  const files = bagged(payload, footage, {
    identifier: made.export,
    date: String(made.at).slice(0, 10),
    description: made.purpose,
  });
  return { files, footage: footage.map((it) => it.path) };
}

/** In the order of the log; what was never logged comes first. */
export function inOrder(exhibits) {
  return [...exhibits].sort((left, right) => {
    const places = (left.index ?? -1) - (right.index ?? -1);
    return places || byCodePoint(left.envelope.digest, right.envelope.digest);
  });
}

/** Consistency proofs and time stamps, each under its name. */
export function logFiles(consistency, anchors) {
  return [
    ...consistency.map((it) => [consistencyPath(it.older.size, it.newer.size), utf8(it.toText())]),
    ...anchors.flatMap((it) => [
      [`${ANCHORS}${it.size}.txt`, utf8(it.text)],
      [`${ANCHORS}${it.size}.tsr`, it.token],
    ]),
  ];
}

/** A page with its places filled in. */
export function filled(text, words) {
  return utf8(text.replace(/\{(\w+)\}/g, (place, name) => words[name] ?? place));
}

function recordingsOf(contents, made) {
  const manifests = new Map();
  for (const { statement, envelope } of contents) {
    if (statement.kind === "Recording") manifests.set(envelope.digest, statement.predicate);
  }
  const named = new Map(made.recordings.map((it) => [`${it.recording} ${it.envelope}`, it]));
  return [...named.values()].map(({ recording, envelope }) => {
    const it = manifests.get(envelope);
    if (it?.recording !== recording) throw incomplete(`manifest of ${recording}`);
    return { envelope, it };
  });
}

function leavesOf({ recording, file }, leaves) {
  const listed = leaves.get(recording);
  if (listed === undefined) throw incomplete(`segment digests of ${recording}`);
  if (segmentsOf(recording, file.size, listed).root !== file.segment_root) {
    throw incomplete(`segment digests with root ${file.segment_root}`);
  }
  return packLeaves(listed);
}

export function* evidenceFiles(contents, checkpoint) {
  yield [CHECKPOINT, utf8(checkpoint)];
  for (const { envelope, index, path } of contents) {
    yield [envelopePath(envelope.digest), envelope.toBytes()];
    if (index !== null) {
      yield [proofPath(envelope.digest), utf8(formatProof(index, path, checkpoint))];
    }
  }
}

function derivedFiles(contents, made, recordings, footage) {
  const words = {
    export: made.export,
    at: String(made.at),
    purpose: onOneLine(made.purpose),
    recordings: String(recordings.length),
  };
  const pages = DEFINITIONS.pages.map(([path, text]) => [path, filled(text, words)]);
  const rows = contents.map((it) => rowOf(it.statement, it.envelope.digest, it.index));
  const index = {
    format: "liuhen-package/v1",
    export: made.export,
    checkpoint: CHECKPOINT,
    envelopes: contents.map(envelopeEntry),
    recordings: recordings.map((it, at) => recordingEntry(it, footage[at])),
  };
  const listing = ["data/package.json", concat(encode(index), LINE_END)];
  return [...pages, ...historyFiles(rows), listing];
}

function envelopeEntry({ statement, envelope: { digest }, index }) {
  const entry = { envelope: digest, type: statement.type, file: envelopePath(digest) };
  return index === null ? entry : { ...entry, index, proof: proofPath(digest) };
}

function recordingEntry({ envelope, it }, file) {
  return {
    recording: it.recording,
    envelope,
    path: it.source.path,
    footage: file.path,
    leaves: leavesPath(it.recording),
    size: file.size,
    sha256: file.sha256,
  };
}

/** The payload in its frame: tag files and manifests. `footage` is listed by digest and size. */
export function bagged(payload, footage, { identifier, date, description }) {
  const digests = new Map([...payload].map(([path, raw]) => [path, digestOf(raw)]));
  let octets = 0;
  for (const raw of payload.values()) octets += raw.length;
  for (const file of footage) {
    digests.set(file.path, file.sha256);
    octets += file.size;
  }
  const info = [
    "Bag-Software-Agent: liuhen-package/v1",
    `Bagging-Date: ${date}`,
    `External-Identifier: ${identifier}`,
    `Internal-Sender-Description: ${onOneLine(description)}`,
    `Payload-Oxum: ${octets}.${digests.size}`,
  ];
  const tags = new Map([
    [BAGIT, utf8(DECLARATION)],
    [BAG_INFO, utf8(info.map((line) => `${line}\n`).join(""))],
    [MANIFEST, formatManifest(digests)],
  ]);
  const sealed = formatManifest(new Map([...tags].map(([path, raw]) => [path, digestOf(raw)])));
  return new Map([...payload, ...tags, [TAG_MANIFEST, sealed]]);
}

function incomplete(expected) {
  return new EvidenceError("PKG_INCOMPLETE", "package", expected, "none");
}
