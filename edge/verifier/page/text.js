// Text as the Python verifier sees it: code points, its white space, its way to show a value.

const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const SPACES = new RegExp(`[${SPACE}]+`, "u");
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

/** A regular expression in which %s is a class of white space, and %S of everything else. */
export function pattern(source) {
  return new RegExp(source.replaceAll("%s", SPACE).replaceAll("%S", `[^${SPACE}]`), "u");
}

/** The order of code points, which is also that of UTF-8 bytes; JavaScript's own is another. */
export function byCodePoint(left, right) {
  const size = Math.min(left.length, right.length);
  for (let at = 0; at < size; at += 1) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

function rank(unit) {
  const surrogate = unit >= 0xd800 && unit <= 0xdfff;
  return surrogate ? unit + 0x10000 : unit;
}

/** How many code points; counts no further than needed to see whether it is above `most`. */
export function lengthOf(text, most = Infinity) {
  if (text.length > 2 * most) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The words between white space, joined by single spaces. */
export function onOneLine(text) {
  return text.split(SPACES).filter((word) => word).join(" ");
}

export function isPrintable(text) {
  for (const character of text) {
    if (character !== " " && UNPRINTABLE.test(character)) return false;
  }
  return true;
}

/** Everything escaped that is not printable. */
export function printable(value) {
  const text = typeof value === "number" ? String(value) : value;
  return [...text].map((it) => (isPrintable(it) ? it : escaped(it))).join("");
}

function escaped(character) {
  const short = { "\t": "\\t", "\n": "\\n", "\r": "\\r" }[character];
  const code = character.codePointAt(0);
  if (short) return short;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\U${code.toString(16).padStart(8, "0")}`;
}

/** A JSON value as `repr` shows it in Python. */
export function shown(value) {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return String(value);
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const inside = [...value].map((it) => {
    if (it === "\\" || it === quote) return `\\${it}`;
    return isPrintable(it) ? it : escaped(it);
  });
  return quote + inside.join("") + quote;
}
