// Elements of the page. Every text of the network becomes a text node or an attribute's value, and nothing else.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; a string among these is a text. */
export function el(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** As `el`, for elements of SVG. */
export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((each) => each !== null && each !== undefined));
  return made;
}

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/** A count with commas; null is unknown. */
export const count = (number) => (number === null ? "unknown" : number.toLocaleString("en-US"));
