// What a station or central says: in-toto statements, read and held to their rules.

import { fromHex, fromUtf8, utf8 } from "./bytes.js";
import { DEFINITIONS } from "./definitions.js";
import { EvidenceError } from "./errors.js";
import { readRecord, writeRecord, wrong } from "./forms.js";
import { decode, encode } from "./json.js";
import { leafHash, rootOf } from "./merkle.js";
import { SEGMENT_SIZE, segmentCount } from "./segments.js";
import { digestOf } from "./sha256.js";
import { byCodePoint, shown } from "./text.js";

export const PAYLOAD_TYPE = "application/vnd.in-toto+json";
const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
const PREFIX = "urn:liuhen:";
const MOST_CRITICAL = 32;
const RECORDING_LABEL = utf8("liuhen-recording-v1\n");
const DIGEST = /^[0-9a-f]{64}$/;

const byNonce = (it) => digestOf(fromHex(it.nonce));
const byStation = { roles: () => ["epoch"], link: (it) => it.station };
const byCentral = { roles: () => ["central"] };

/** For each kind of predicate: who may sign it, its place in a chain, its subject, its own rules. */
const KINDS = {
  Recording: {
    ...byStation,
    subject: (it) => [it.recording, it.file.sha256],
    rules: recordingRules,
  },
  Inventory: {
    ...byStation,
    subject: (it) => [it.docking, it.inventory_root],
    rules: inventoryRules,
  },
  Docking: { ...byStation, subject: (it) => [it.docking, it.inventory] },
  Heartbeat: {
    roles: () => ["epoch"],
    claims: (it) => ({ id: it.id, boot: it.boot }),
    subject: (it, wire) => [it.id, digestOf(encode(wire))],
  },
  KeyEvent: {
    roles: (it) => [it.action === "epoch" ? "station" : "root"],
    link: (it) => it.station,
    subject: (it) => [it.name, it.keyid],
    rules: keyEventRules,
  },
  ReceiptLogged: { ...byCentral, subject: (it) => ["envelope", it.envelope] },
  ReceiptStored: {
    ...byCentral,
    subject: (it) => ["envelope", it.envelope],
    rules: (it) => {
      if (!it.replicas.length) throw wrong("ReceiptStored.replicas", "at least one", "none");
    },
  },
  Case: { ...byCentral, subject: (it) => [it.case, byNonce(it)] },
  CaseLink: { ...byCentral, subject: (it) => [it.recording, it.envelope] },
  CaseUnlink: { ...byCentral, subject: (it) => [it.recording, it.envelope] },
  Access: { ...byCentral, subject: (it) => [it.target ?? it.act, byNonce(it)] },
  Export: { ...byCentral, subject: (it) => [it.export, byNonce(it)] },
};

/** One statement. `kind` is the name of its record, `predicate` the record. */
export class Statement {
  constructor(type, kind, predicate) {
    this.type = type;
    this.kind = kind;
    this.predicate = predicate;
  }

  /** ENCODING_BAD, TYPE_UNKNOWN, CRIT_UNKNOWN or FIELD_BAD for what is no statement. */
  static parse(payload) {
    const wire = decode(payload);
    if (wire.get("_type") !== STATEMENT_TYPE) {
      throw new EvidenceError("TYPE_UNKNOWN", "_type", STATEMENT_TYPE, shown(wire.get("_type")));
    }
    const type = typeOf(wire.get("predicateType"));
    const kind = DEFINITIONS.types[type];
    const body = wire.get("predicate");
    if (!(body instanceof Map)) throw wrong(`${type} predicate`, "an object", body);
    refuseUnknownCritical(body, type, kind);
    const predicate = readRecord(kind, body, type);
    KINDS[kind].rules?.(predicate);
    refuseOtherSubject(wire.get("subject"), KINDS[kind].subject(predicate, body));
    return new Statement(type, kind, predicate);
  }

  /** The roles of key that may sign it. */
  get roles() {
    return KINDS[this.kind].roles(this.predicate);
  }

  /** The place in a station's chain; null outside of every chain. */
  get link() {
    return KINDS[this.kind].link?.(this.predicate) ?? null;
  }

  /** The station and boot that it says it comes from, or null. */
  get claims() {
    return KINDS[this.kind].claims?.(this.predicate) ?? this.link;
  }
}

/** A path as it is on the camera, in bytes. */
export function pathBytes(it) {
  return it.path_raw ?? utf8(it.path);
}

function typeOf(found) {
  const name = typeof found === "string" && found.startsWith(PREFIX) ? found.slice(PREFIX.length) : "";
  if (!Object.hasOwn(DEFINITIONS.types, name)) {
    const expected = "a type of this version";
    throw new EvidenceError("TYPE_UNKNOWN", "predicateType", expected, shown(found));
  }
  return name;
}

function refuseUnknownCritical(body, type, kind) {
  if (!body.has("crit")) return;
  const crit = body.get("crit");
  if (!Array.isArray(crit) || !crit.length || crit.length > MOST_CRITICAL) {
    throw wrong(`${type}.crit`, `1 to ${MOST_CRITICAL} names`, crit);
  }
  const known = new Set(DEFINITIONS.records[kind].map((member) => member.name));
  for (const name of crit) {
    if (!known.has(name)) {
      const expected = "members known here";
      throw new EvidenceError("CRIT_UNKNOWN", `${type}.crit`, expected, shown(name));
    }
  }
}

function refuseOtherSubject(raw, [name, digest]) {
  if (!Array.isArray(raw) || raw.length !== 1) throw wrong("subject", "a list of one", raw);
  const [entry] = raw;
  const digests = entry instanceof Map ? entry.get("digest") : null;
  const sha256 = digests instanceof Map ? digests.get("sha256") : null;
  if (typeof sha256 !== "string" || !DIGEST.test(sha256) || !entry.has("name")) {
    throw wrong("subject", "name and digest.sha256", entry);
  }
  if (entry.get("name") !== name || sha256 !== digest) {
    throw wrong("subject", `${name} ${digest}`, `${entry.get("name")} ${sha256}`);
  }
}

function recordingRules(it) {
  const { file, source, media } = it;
  refuseNeedlessRaw("Source.path_raw", source);
  if (file.segment_size !== SEGMENT_SIZE) {
    throw wrong("FileFacts.segment_size", String(SEGMENT_SIZE), file.segment_size);
  }
  const count = segmentCount(file.size);
  if (file.segment_count !== count) {
    throw wrong("FileFacts.segment_count", String(count), file.segment_count);
  }
  const indices = media.tree?.streams.map((stream) => stream.index) ?? [];
  if (indices.some((index, at) => at > 0 && index <= indices[at - 1])) {
    throw wrong("MediaTree.streams", "each stream once, in order", indices);
  }
  const sorted = [...new Set(it.flags)].sort(byCodePoint);
  if (sorted.join() !== it.flags.join()) {
    throw wrong("Recording.flags", "sorted words, each once", it.flags);
  }
  const made = digestOf(RECORDING_LABEL, fromHex(source.inventory), pathBytes(source));
  const name = made.slice(0, 32);
  if (it.recording !== name) throw wrong("Recording.recording", name, it.recording);
}

function inventoryRules(it) {
  for (const entry of it.entries) refuseNeedlessRaw("InventoryEntry.path_raw", entry);
  if (it.part > it.parts) throw wrong("Inventory.part", `1 to ${it.parts}`, it.part);
  if (it.parts !== 1) return;
  const leaves = it.entries.map((entry) => leafHash(encode(writeRecord("InventoryEntry", entry))));
  const root = rootOf(leaves);
  if (root !== it.inventory_root) throw wrong("Inventory.inventory_root", root, it.inventory_root);
}

function keyEventRules(it) {
  const keyid = digestOf(it.key.public);
  if (it.keyid !== keyid) throw wrong("KeyEvent.keyid", keyid, it.keyid);
  if (it.action === "epoch") epochRules(it);
  else if (it.station) throw wrong("KeyEvent.station", "none outside epoch events", "a link");
  if (it.action !== "revoke" && it.from_index !== undefined) {
    throw wrong("KeyEvent.from_index", "none outside revocations", it.from_index);
  }
  if (it.action === "enrol" && (it.role === "epoch" || it.boot !== undefined)) {
    throw wrong("KeyEvent.role", "station or central, no boot", it.role);
  }
}

function epochRules(it) {
  if (it.role !== "epoch") throw wrong("KeyEvent.role", "epoch", it.role);
  if (!it.station) throw wrong("KeyEvent.station", "a link", "none");
  if (it.station.id !== it.name) throw wrong("KeyEvent.name", it.station.id, it.name);
  if (it.boot !== it.station.boot) throw wrong("KeyEvent.boot", it.station.boot, it.boot);
}

function refuseNeedlessRaw(where, it) {
  if (it.path_raw && fromUtf8(it.path_raw) !== null) {
    throw wrong(where, "bytes that are not UTF-8", "bytes that are");
  }
}
