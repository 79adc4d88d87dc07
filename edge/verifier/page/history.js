// The custody history of a package, made from the signed statements: package_history.py.

import { concat, utf8 } from "./bytes.js";
import { encode } from "./json.js";

const COLUMNS = ["index", "at", "act", "actor", "object", "reason", "envelope"];
const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);
const FORMULA_START = /^[=+\-@\t\r]/;

const byStation = (it) => `station ${it.station.id}`;

/** at, act, actor, object, reason of each kind of statement. */
const TOLD = {
  Recording: (it) => [it.time.station, "sealed", byStation(it), it.recording],
  Inventory: (it) => [it.time.station, "inventory", byStation(it), it.docking],
  Docking: (it) => [it.finished, "docked", byStation(it), it.docking, it.outcome],
  KeyEvent: (it) => {
    const actor = it.station ? byStation(it) : "root";
    return [it.at, `key ${it.action}`, actor, `${it.role} ${it.name}`];
  },
  ReceiptStored: (it) => [it.stored, "stored", "central", it.recording],
  Case: (it) => [it.at, "case opened", it.actor, it.case, it.title],
  CaseLink: (it) => [it.at, `linked to ${it.case}`, it.actor, it.recording, it.reason],
  CaseUnlink: (it) => [it.at, `unlinked from ${it.case}`, it.actor, it.recording, it.reason],
  Access: (it) => [it.at, it.act, it.actor, it.target, it.reason],
  Export: (it) => [it.at, "exported", it.actor, it.export, it.purpose],
};

/** One row; members that a statement does not have are absent. */
export function rowOf(statement, envelope, index) {
  const told = TOLD[statement.kind]?.(statement.predicate);
  const [at, act, actor, object, reason] = told ?? [undefined, statement.type];
  const row = { index: index ?? undefined, at: at && String(at), act, actor, object, reason, envelope };
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}

/** The same rows as JSON and as CSV. */
export function historyFiles(rows) {
  const lines = [COLUMNS, ...rows.map((row) => COLUMNS.map((name) => cell(row[name] ?? "")))];
  const csv = lines.map((line) => `${line.map(quoted).join(",")}\r\n`).join("");
  const json = concat(encode({ format: "liuhen-custody/v1", rows }), utf8("\n"));
  return [
    ["data/custody/history.csv", concat(BYTE_ORDER_MARK, utf8(csv))],
    ["data/custody/history.json", json],
  ];
}

/** Text that a spreadsheet shows and never runs as a formula. */
function cell(value) {
  const text = String(value);
  return FORMULA_START.test(text) ? `'${text}` : text;
}

/** RFC 4180, quoted only where it has to be. */
function quoted(text) {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
