// Elements made from code: text never becomes markup, whatever a package holds.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; children that are text stay text. */
export function element(tag, attributes = {}, ...children) {
  return made(document.createElement(tag), attributes, children);
}

export function drawing(tag, attributes = {}, ...children) {
  return made(document.createElementNS(SVG, tag), attributes, children);
}

function made(it, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) it.setAttribute(name, value);
  it.append(...children.filter((child) => child !== null));
  return it;
}

export function byId(id) {
  return document.getElementById(id);
}
