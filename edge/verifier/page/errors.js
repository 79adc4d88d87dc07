// What can be wrong with evidence, as codes with facts: edge/evidence/errors.py in the browser.

const MOST_SHOWN = 200;

/** Evidence that does not hold. `code` is for programs; `facts` say what was expected and found. */
export class EvidenceError extends Error {
  constructor(code, what, expected, found) {
    super(`${what}: expected ${short(expected)}, found ${short(found)}`);
    this.code = code;
    this.facts = { what, expected: short(expected), found: short(found) };
  }
}

/** Run `read`; an EvidenceError in it becomes what `translate` makes of it. */
export function translated(read, translate) {
  try {
    return read();
  } catch (error) {
    if (error instanceof EvidenceError) throw translate(error);
    throw error;
  }
}

function short(fact) {
  if (typeof fact !== "string") return fact;
  const characters = [...fact];
  if (characters.length <= MOST_SHOWN) return fact;
  return `${characters.slice(0, MOST_SHOWN).join("")}... (${characters.length} characters)`;
}
