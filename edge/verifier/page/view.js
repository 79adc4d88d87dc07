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
    verdictOf(report, language, words, told),
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
  if (report.ok) return `${report.part ? told.part_holds : told.holds} ${gradeOf(report, language)}`;
  const codes = codesOf(report);
  const reason = codes.length ? told.codes[codes[0]] : told.unchecked;
  return fill(WORDS[language].notHolding, { reason });
}

function gradeOf({ grade }, language) {
  const told = DEFINITIONS.phrases[language];
  return `${told.grade} ${grade}: ${told.grades[grade]}`;
}

function codesOf(report) {
  return [...new Set(report.verdicts.map((it) => it.code))];
}

/** The verdict in the page's language, and small in the other one. */
function verdictOf(report, language, words, told) {
  const other = language === "zh" ? "en" : "zh";
  const chips = codesOf(report).map((code) => element("span", { class: "code" }, code));
  const count = fill(words.summary, { count: report.verdicts.length });
  const showsGrade = !report.ok && report.grade !== "-";
  const attributes = {
    class: `verdict ${report.ok ? "good" : "bad"}`,
    id: "verdict",
    tabindex: "-1",
    "aria-labelledby": "verdict-line",
  };
  return element(
    "section",
    attributes,
    element("span", { class: "sign", "aria-hidden": "true" }, report.ok ? "✔" : "✘"),
    element("h2", { id: "verdict-line" }, verdictLine(report, language)),
    report.verdicts.length ? element("p", {}, count) : null,
    showsGrade ? element("p", {}, gradeOf(report, language)) : null,
    report.part ? element("p", {}, partOf(report.part, told)) : null,
    chips.length ? element("p", { class: "codes" }, ...chips) : null,
    element("p", { class: "also", lang: other === "zh" ? "zh-CN" : "en" }, verdictLine(report, other)),
  );
}

function partOf({ recording, begin, end, size }, told) {
  const facts = { recording, begin: grouped(begin), last: grouped(end - 1), size: grouped(size) };
  return fill(told.part, facts);
}

function stepOf(step, words, told) {
  const [sign, kind] = SIGNS[step.ok];
  const facts = Object.entries(step.facts).map(([name, value]) => {
    return `${told.facts[name] ?? name} ${grouped(value)}`;
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
    const line = it.size === undefined ? "" : fill(told.recording, { index: "-", ...shownFacts(it) });
    return element(
      "li",
      {},
      element("span", { class: `sign ${kind}`, role: "img", "aria-label": words.step[it.ok] }, sign),
      ` ${printable(it.path ?? told.unknown)}`,
      element("p", { class: "facts" }, line),
      element("p", { class: "facts name" }, it.recording),
      it.camera_signature ? element("p", { class: "facts" }, fill(told.camera_signature, shownFacts(it))) : null,
    );
  });
  return card(told.recordings, element("ul", { class: "recordings" }, ...items));
}

function logOf({ checkpoint, witnesses, anchors }, words, told) {
  const lines = [
    fill(told.checkpoint, shownFacts(checkpoint)),
    ...witnesses.map((it) => fill(told.witness, { ...shownFacts(it), kind: told.kinds[it.kind] })),
    ...anchors.map((it) => fill(told.anchor, shownFacts(it))),
  ];
  const items = lines.map((it) => element("li", {}, it));
  return card(words.log, element("ul", { class: "plain-list wrap" }, ...items));
}

function shownFacts(facts) {
  const shown = (value) => (typeof value === "number" ? grouped(value) : printable(String(value)));
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, shown(value)]));
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
