// A report for people: one line, the steps, what was found, and what it does not prove.

import { barOf } from "./bar.js";
import { DEFINITIONS } from "./definitions.js";
import { element } from "./elements.js";
import { SEGMENT_SIZE } from "./segments.js";
import { printable } from "./text.js";
import { WORDS, fill, grouped } from "./words.js";

const SIGNS = { true: ["✔", "yes"], false: ["✘", "no"], undefined: ["–", "unknown"] };
const MOST_RANGES = 16;

/** The elements of a report, the verdict first. */
export function reportElements(report, language) {
  const [words, told] = [WORDS[language], DEFINITIONS.phrases[language]];
  return [
    verdictOf(report, words, told),
    report.verdicts.length ? findingsOf(report, words, told) : null,
    card(words.steps, element("ol", { class: "steps" }, ...report.steps.map((it) => stepOf(it, words, told)))),
    report.recordings.length ? recordingsOf(report, words, told) : null,
    report.checkpoint.origin ? logOf(report, words, told) : null,
    limitsOf(told),
  ].filter((it) => it !== null);
}

/** The one line, as plain text. */
export function verdictLine(report, language) {
  const told = DEFINITIONS.phrases[language];
  const codes = [...new Set(report.verdicts.map((it) => it.code))];
  if (report.ok) return told.holds;
  return `${told.fails} ${codes.join(", ") || told.unchecked}`;
}

function verdictOf(report, words, told) {
  const codes = [...new Set(report.verdicts.map((it) => it.code))];
  const first = codes.length ? told.codes[codes[0]] : told.unchecked;
  const line = report.ok ? told.holds : `${words.notHolding}: ${first}`;
  const grade = `${told.grade} ${report.grade}: ${told.grades[report.grade]}`;
  const chips = codes.map((code) => element("span", { class: "code" }, code));
  return element(
    "section",
    { class: `verdict ${report.ok ? "good" : "bad"}`, id: "verdict", tabindex: "-1", "aria-labelledby": "verdict-line" },
    element("span", { class: "sign", "aria-hidden": "true" }, report.ok ? "✔" : "✘"),
    element("h2", { id: "verdict-line" }, line),
    element("p", {}, grade),
    chips.length ? element("p", { class: "codes" }, ...chips) : null,
  );
}

function stepOf(step, words, told) {
  const [sign, kind] = SIGNS[step.ok];
  const facts = Object.entries(step.facts).map(([name, value]) => {
    return `${told.facts[name] ?? name} ${typeof value === "number" ? grouped(value) : printable(value)}`;
  });
  return element(
    "li",
    {},
    element("span", { class: `sign ${kind}`, role: "img", "aria-label": words.step[step.ok] }, sign),
    element("span", {}, `${step.number}. ${told.steps[step.name]}`),
    element("p", { class: "facts" }, facts.join(" · ")),
  );
}

function findingsOf(report, words, told) {
  const sizes = new Map(report.recordings.map((it) => [it.file, it.size]));
  const items = report.verdicts.map((verdict) => {
    const size = sizes.get(verdict.file) ?? verdict.ranges?.at(-1)[1];
    return element(
      "li",
      {},
      element("h3", {}, element("span", { class: "code" }, verdict.code), ` ${told.codes[verdict.code]}`),
      barOf(verdict, size, words),
      ...rangesOf(verdict, told),
      detailsOf(verdict, told),
    );
  });
  const title = `${told.findings} (${report.verdicts.length})`;
  return card(title, element("ul", { class: "findings" }, ...items));
}

function rangesOf({ ranges = [] }, told) {
  const lines = ranges.slice(0, MOST_RANGES).map(([begin, end]) => {
    const first = Math.floor(begin / SEGMENT_SIZE) + 1;
    const last = Math.floor((end - 1) / SEGMENT_SIZE) + 1;
    const mebibytes = first === last ? `${first}` : `${first}-${last}`;
    return fill(told.range, { first: begin, last: end - 1, mebibytes });
  });
  const more = ranges.length - MOST_RANGES;
  if (more > 0) lines.push(fill(told.more_ranges, { count: more }));
  return lines.map((line) => element("p", {}, line));
}

function detailsOf(verdict, told) {
  const rows = [
    [told.file, verdict.file],
    [told.one_recording, verdict.file === undefined ? verdict.recording : undefined],
    [told.expected, verdict.expected],
    [told.found, verdict.found],
  ];
  const shown = rows.filter(([, value]) => value !== undefined);
  return element(
    "dl",
    {},
    ...shown.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, printable(value))]),
  );
}

function recordingsOf(report, words, told) {
  const items = report.recordings.map((it) => {
    const [sign, kind] = SIGNS[it.ok];
    const facts = { ...it, size: grouped(it.size ?? 0), index: grouped(it.index ?? -1) };
    if (it.index === undefined) facts.index = "-";
    const line = it.size === undefined ? "" : fill(told.recording, facts);
    return element(
      "li",
      {},
      element("span", { class: `sign ${kind}`, role: "img", "aria-label": words.step[it.ok] }, sign),
      ` ${printable(it.path ?? told.unknown)}`,
      element("p", { class: "facts" }, line),
      element("p", { class: "facts name" }, it.recording),
    );
  });
  return card(told.recordings, element("ul", { class: "recordings" }, ...items));
}

function logOf({ checkpoint, witnesses, anchors }, words, told) {
  const shown = (facts) =>
    Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, typeof value === "number" ? grouped(value) : printable(value)]));
  const lines = [
    fill(told.checkpoint, shown(checkpoint)),
    ...witnesses.map((it) => fill(told.witness, { ...shown(it), kind: told.kinds[it.kind] })),
    ...anchors.map((it) => fill(told.anchor, shown(it))),
  ];
  return card(words.log, element("ul", { class: "plain-list wrap" }, ...lines.map((it) => element("li", {}, it))));
}

function limitsOf(told) {
  const list = element("ul", {}, ...told.limits.map((it) => element("li", {}, it)));
  const made = card(told.limits_title, list);
  made.classList.add("limits");
  return made;
}

function card(title, ...children) {
  return element("section", { class: "card" }, element("h2", {}, title), ...children);
}
