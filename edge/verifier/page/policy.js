// The trust policy: where trust starts. It comes from outside of whatever is verified.
// edge/evidence/{policy,witnesses,quorum}.py.

import { decodeBase64 } from "./bytes.js";
import { EvidenceError, translated } from "./errors.js";
import { decode } from "./json.js";
import { PublicKey, TrustedKeys } from "./keys.js";
import { MLDSA_KEY, NOTE_KEY, NoteKey, WITNESS_KEY, openCheckpoint, splitNote } from "./note.js";
import { shown } from "./text.js";
import { readAuthority } from "./timestamp.js";

const FORMAT = "liuhen-trust-policy/v1";
const MEMBERS = ["format", "logs", "quorum", "roots", "tsa", "witnesses"];
const SECOND = "vkey_mldsa44";
export const [STATIONS, OUTSIDERS] = ["station", "outsider"];

export class TrustPolicy {
  /** Raises an EvidenceError for a policy that cannot be used. */
  static parse(raw) {
    const wire = decode(raw);
    exactly("policy", wire, MEMBERS);
    if (wire.get("format") !== FORMAT) throw bad("format", FORMAT, shown(wire.get("format")));
    const policy = new TrustPolicy();
    policy.roots = listed(wire, "roots", 1).map(rootOf);
    policy.logs = listed(wire, "logs", 1).map(logOf);
    const signers = [...policy.roots.map((it) => it.public), ...policy.logs.map((it) => it.key.public)];
    policy.witnesses = witnessesOf(listed(wire, "witnesses"), signers);
    policy.quorum = quorumOf(wire.get("quorum"), policy.witnesses);
    policy.tsa = listed(wire, "tsa").map(readAuthority);
    return policy;
  }

  /** The same, and every key in it is of a kind that this browser can verify with. */
  static async read(raw) {
    const policy = TrustPolicy.parse(raw);
    const keys = [...policy.logs.map((it) => it.second), ...policy.witnesses.map((it) => it.key)];
    for (const key of keys) await key?.refuseUnsupported();
    return policy;
  }

  trustedKeys() {
    return this.roots.reduce((keys, root) => keys.with(root), new TrustedKeys());
  }

  /** The checkpoint of a note, signed by a log of this policy with all of its keys. LOG_SIG_BAD. */
  async open(note) {
    const origin = note.split("\n", 1)[0];
    const log = this.logs.find((it) => it.key.name === origin);
    if (log === undefined) {
      const known = this.logs.map((it) => it.key.name).join(", ");
      throw new EvidenceError("LOG_SIG_BAD", "checkpoint", `one of ${known}`, origin);
    }
    const checkpoint = await openCheckpoint(note, log.key);
    if (log.second && (await log.second.timeOf(splitNote(note))) === null) {
      const expected = `a signature by ${origin}+${log.second.keyHash} (ML-DSA-44)`;
      throw new EvidenceError("LOG_SIG_BAD", "checkpoint", expected, "none that holds");
    }
    return checkpoint;
  }

  /** Who cosigned a note, and when, by name; and under whose names lines stand that do not hold. */
  async cosigners(note) {
    const split = splitNote(note);
    const found = { [STATIONS]: new Map(), [OUTSIDERS]: new Map() };
    const wrong = new Set();
    for (const { key, kind } of this.witnesses) {
      for (const line of key.linesOf(split)) {
        const seconds = await key.secondsOf(split.text, line);
        const known = found[kind].get(key.name) ?? -1n;
        if (seconds === null) wrong.add(key.name);
        else found[kind].set(key.name, seconds > known ? seconds : known);
      }
    }
    return { stations: found[STATIONS], outsiders: found[OUTSIDERS], wrong: [...wrong] };
  }
}

function rootOf(entry) {
  exactly("roots", entry, ["algorithm", "name", "public"]);
  const [name, encoded] = [entry.get("name"), entry.get("public")];
  if (typeof name !== "string" || !name || typeof encoded !== "string") {
    throw bad("roots", "name and public as text", "others");
  }
  const refusal = () => bad("roots", "public in base64", encoded);
  const key = PublicKey.fromSpki(translated(() => decodeBase64(encoded, 512), refusal));
  if (entry.get("algorithm") !== key.algorithm) {
    throw bad("roots", `algorithm ${key.algorithm}`, shown(entry.get("algorithm")));
  }
  return { public: key, role: "root", name };
}

function logOf(entry) {
  const two = entry instanceof Map && entry.has(SECOND);
  exactly("logs", entry, two ? ["origin", "vkey", SECOND] : ["origin", "vkey"]);
  if ([...entry.values()].some((it) => typeof it !== "string")) {
    throw bad("logs", "vkey as text", shown(entry.get("vkey")));
  }
  const key = NoteKey.parse(entry.get("vkey"), [NOTE_KEY]);
  const second = two ? NoteKey.parse(entry.get(SECOND), [MLDSA_KEY]) : null;
  for (const it of [key, second]) {
    if (it && it.name !== entry.get("origin")) {
      throw bad("logs", `origin ${it.name}`, shown(entry.get("origin")));
    }
  }
  return { key, second };
}

function witnessesOf(entries, signers) {
  const taken = new Set(signers.map((it) => it.keyid));
  const kinds = new Map();
  return entries.map((entry) => {
    const witness = witnessOf(entry);
    const { name, identity, public: key } = witness.key;
    if (taken.has(identity) || (key && taken.has(key.keyid))) {
      throw bad("witnesses", "a key of its own for each", name);
    }
    if ((kinds.get(name) ?? witness.kind) !== witness.kind) {
      throw bad("witnesses", "one kind for each name", name);
    }
    taken.add(identity);
    kinds.set(name, witness.kind);
    return witness;
  });
}

function witnessOf(entry) {
  exactly("witnesses", entry, ["kind", "name", "vkey"]);
  const [name, vkey, kind] = ["name", "vkey", "kind"].map((it) => entry.get(it));
  if (typeof vkey !== "string" || ![STATIONS, OUTSIDERS].includes(kind)) {
    throw bad("witnesses", `vkey as text, kind of ${STATIONS} or ${OUTSIDERS}`, shown(kind));
  }
  const key = NoteKey.parse(vkey, [WITNESS_KEY, MLDSA_KEY]);
  if (name !== key.name) throw bad("witnesses", key.name, shown(name));
  return { key, kind };
}

function quorumOf(wire, witnesses) {
  exactly("quorum", wire, ["outsiders", "stations"]);
  const count = (member, kind) => {
    const names = witnesses.filter((it) => it.kind === kind).map((it) => it.key.name);
    const known = new Set(names).size;
    const asked = wire.get(member);
    if (typeof asked !== "number" || asked < 0 || asked > known) {
      throw bad("quorum", `${member} from 0 to ${known}, those that are named`, shown(asked));
    }
    return asked;
  };
  return { stations: count("stations", STATIONS), outsiders: count("outsiders", OUTSIDERS) };
}

function listed(wire, name, least = 0) {
  const value = wire.get(name);
  if (!Array.isArray(value)) throw bad(name, "a list", shown(value));
  if (value.length < least) throw bad(name, "at least one", "none");
  return value;
}

function exactly(what, wire, names) {
  const found = wire instanceof Map ? [...wire.keys()].sort() : [];
  const expected = [...names].sort();
  if (found.join() !== expected.join()) throw bad(what, expected.join(", "), found.join(", "));
}

function bad(what, expected, found) {
  return new EvidenceError("POLICY_BAD", what, expected, found);
}
