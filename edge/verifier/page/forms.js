// The wire form of each field. Which fields a record has comes from `DEFINITIONS`, which the bundler
// writes from the dataclasses of edge/evidence/statements: names, limits and patterns stand there once.

import { decodeBase64, encodeBase64 } from "./bytes.js";
import { DEFINITIONS } from "./definitions.js";
import { EvidenceError, translated } from "./errors.js";
import { Instant } from "./instant.js";
import { lengthOf, shown } from "./text.js";

const DIGEST = /^[0-9a-f]{64}$/;
const PATTERNS = new Map();

/** What a field of a form may hold, read from JSON. Raises FIELD_BAD. */
const READ = {
  text: readText,
  path: readPath,
  pattern: readPattern,
  choice: (form, raw, where) => {
    const expected = `one of ${form.choices.join(", ")}`;
    return required(form.choices.includes(raw), raw, where, expected);
  },
  integer: (form, raw, where) => {
    const holds = typeof raw === "number" && form.least <= raw && raw <= form.most;
    return required(holds, raw, where, `an integer from ${form.least} to ${form.most}`);
  },
  flag: (form, raw, where) => required(typeof raw === "boolean", raw, where, "true or false"),
  digest: (form, raw, where) => {
    const holds = typeof raw === "string" && DIGEST.test(raw);
    return required(holds, raw, where, "64 lower-case hex digits");
  },
  instant: readInstant,
  bytes: readBytes,
  list: readList,
  record: (form, raw, where) => readRecord(form.record, raw, where),
};

/** A record as a plain object of the fields that are there. Members that nobody knows are ignored. */
export function readRecord(name, raw, where) {
  if (!(raw instanceof Map)) throw wrong(where, "an object", raw);
  const record = {};
  for (const member of DEFINITIONS.records[name]) {
    const path = `${where}.${member.name}`;
    if (raw.has(member.name)) {
      record[member.name] = READ[member.form.kind](member.form, raw.get(member.name), path);
    } else if (!member.optional) {
      throw wrong(path, "a value", "absent");
    }
  }
  return record;
}

/** The JSON of a record. */
export function writeRecord(name, record) {
  const present = DEFINITIONS.records[name].filter((member) => member.name in record);
  return Object.fromEntries(
    present.map((member) => [member.name, write(member.form, record[member.name])]),
  );
}

function write(form, value) {
  if (form.kind === "record") return writeRecord(form.record, value);
  if (form.kind === "list") return value.map((item) => write(form.item, item));
  if (form.kind === "bytes") return encodeBase64(value);
  return form.kind === "instant" ? String(value) : value;
}

function readText(form, raw, where) {
  const size = typeof raw === "string" ? lengthOf(raw, form.most) : -1;
  const expected = `${form.least} to ${form.most} characters`;
  return required(form.least <= size && size <= form.most, raw, where, expected);
}

function readPath(form, raw, where) {
  readText(form, raw, where);
  const plain = raw.split("/").every((name) => !["", ".", ".."].includes(name));
  return required(plain && !raw.includes("\0"), raw, where, "a relative path of plain names");
}

function readPattern(form, raw, where) {
  if (!PATTERNS.has(form.pattern)) {
    PATTERNS.set(form.pattern, new RegExp(`^(?:${form.pattern})$`, "u"));
  }
  const holds = typeof raw === "string" && PATTERNS.get(form.pattern).test(raw);
  return required(holds, raw, where, form.meaning);
}

function readInstant(form, raw, where) {
  const refusal = () => wrong(where, "an instant YYYY-MM-DDThh:mm:ss.sssZ", raw);
  if (typeof raw !== "string") throw refusal();
  return translated(() => Instant.parse(raw), refusal);
}

function readBytes(form, raw, where) {
  if (typeof raw !== "string") throw wrong(where, "base64 text", raw);
  const expected = `base64 of at most ${form.most} bytes`;
  const value = translated(() => decodeBase64(raw, form.most), () => wrong(where, expected, raw));
  return required(value.length > 0, value, where, `1 to ${form.most} bytes`);
}

function readList(form, raw, where) {
  const holds = Array.isArray(raw) && raw.length <= form.most;
  if (!holds) throw wrong(where, `a list of at most ${form.most}`, raw);
  return raw.map((item, at) => READ[form.item.kind](form.item, item, `${where}[${at}]`));
}

function required(holds, value, where, expected) {
  if (!holds) throw wrong(where, expected, value);
  return value;
}

/** FIELD_BAD at `where`; `found` is shown as Python shows it. */
export function wrong(where, expected, found) {
  let told = shown(found);
  if (Array.isArray(found)) told = `list of ${found.length}`;
  if (found instanceof Map) told = `dict of ${found.size}`;
  return new EvidenceError("FIELD_BAD", where, expected, told);
}
