// What a verification found: codes with facts, in the wire form liuhen-verification/v1.

export const ABOUT_THE_LOG = new Set([
  "LOG_LEAF_MISMATCH",
  "LOG_NOT_INCLUDED",
  "LOG_SIG_BAD",
  "LOG_INCONSISTENT",
  "SPLIT_VIEW",
]);

/** Collects verdicts while the steps run, and which files they already explain. */
export class Findings {
  verdicts = [];
  steps = [];
  #known = new Set();
  #files = new Set();

  /** Take a verdict up; the same one again changes nothing. Members without a value are left out. */
  add({ code, file, recording, envelope, expected, found, ranges }) {
    const all = { code, file, recording, envelope, expected, found };
    const present = Object.entries(all).filter(([, value]) => value !== undefined && value !== null);
    const verdict = Object.fromEntries(present);
    if (ranges?.length) verdict.ranges = ranges;
    const text = JSON.stringify(verdict);
    if (this.#known.has(text)) return;
    this.#known.add(text);
    this.verdicts.push(verdict);
    if (verdict.file !== undefined) this.#files.add(verdict.file);
  }

  /** The verdict that an EvidenceError amounts to: its own code where that is one. */
  addError(error, { otherwise, codes, ...about }) {
    const code = codes.has(error.code) ? error.code : otherwise;
    this.add({ code, ...about, expected: error.facts.expected, found: error.facts.found });
  }

  explains(file) {
    return this.#files.has(file);
  }

  /** Close a step: sound when it added no verdict and left nothing unchecked. */
  endStep(name, since, unchecked, facts) {
    const clean = this.verdicts.length === since;
    const step = { number: this.steps.length + 1, name };
    if (!clean || !unchecked) step.ok = clean;
    step.facts = unchecked ? { ...facts, unchecked } : facts;
    this.steps.push(step);
  }
}

/** Verdicts and steps sum up to this. */
export function isOk(report) {
  return !report.verdicts.length && report.steps.every((step) => step.ok === true);
}
