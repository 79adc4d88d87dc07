// A recording as a bar, in which altered ranges stand out.

import { drawing, element } from "./elements.js";
import { fill, grouped } from "./words.js";

const WIDTH = 1000;
const HEIGHT = 24;
const NARROWEST = 4;
const MOST_SPOKEN = 16;

/** The bar of a verdict about footage, or null for another verdict. `size` is what was signed. */
export function barOf(verdict, size, words) {
  const { code, file, ranges, expected, found } = verdict;
  if (ranges) {
    const spoken = ranges.slice(0, MOST_SPOKEN).map(([begin, end]) => `${begin}-${end - 1}`);
    const facts = { name: file, size: grouped(size), count: ranges.length, ranges: spoken.join(", ") };
    return bar(size, ranges.map((range) => ["altered", ...range]), fill(words.barLabel, facts), words);
  }
  const told = fill(words.lengthLabel, { name: file, expected: grouped(expected), found: grouped(found) });
  if (code === "FILE_TRUNCATED") return bar(expected, [["missing", found, expected]], told, words);
  if (code === "FILE_EXTENDED") return bar(found, [["added", expected, found]], told, words);
  return null;
}

function bar(size, parts, label, words) {
  const scale = WIDTH / Math.max(size, 1);
  const drawn = parts.map(([kind, begin, end]) => {
    const width = Math.max((end - begin) * scale, NARROWEST);
    const x = Math.min(begin * scale, WIDTH - width);
    return drawing("rect", { class: kind, x, width, y: 0, height: HEIGHT });
  });
  const attributes = {
    class: "bar",
    role: "img",
    "aria-label": label,
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
  };
  const kinds = ["intact", ...new Set(parts.map(([kind]) => kind))];
  const legend = kinds.map((kind) => element("span", { class: kind }, words[kind]));
  return element(
    "div",
    {},
    drawing("svg", attributes, ...drawn),
    element("p", { class: "scale", "aria-hidden": "true" },
      element("span", {}, "0"),
      element("span", {}, fill(words.bytes, { count: grouped(size) }))),
    element("p", { class: "legend", "aria-hidden": "true" }, ...legend),
  );
}
