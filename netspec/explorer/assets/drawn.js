// The elements of the picture. They outlive a fold: what moves is moved as a whole, what is the same is left alone.
// A fold only writes, in one go, so that the browser lays the page out once.

import { svg } from "./dom.js";
import { path } from "./strokes.js";

export class Drawn {
  /** `picture` tells what the parts are called and say. */
  constructor(ground, picture) {
    this.picture = picture;
    this.boxes = new Map();
    this.frames = new Map();
    this.edges = new Map();
    this.parts = new Map();
    this.shapes = svg("g");
    this.lines = svg("g");
    ground.append(this.shapes, this.lines);
  }

  /** Show a layout: frames with what they hold, then edges. */
  show({ boxes, frames, edges }) {
    const inside = new Map([[this.shapes, []]]);
    const origins = new Map();
    const placed = [
      ...frames.map((each) => [each.part, each.x, each.y, this.frame(each)]),
      ...boxes.map((each) => [each.part, each.x + each.width / 2, each.y, this.box(each)]),
    ];
    placed.sort(([one], [other]) => one.id - other.id);
    for (const [part, x, y, made] of placed) {
      let above = part.parent;
      while (above !== null && !origins.has(above)) above = above.parent;
      const [holder, left, top] = above === null ? [this.shapes, 0, 0] : origins.get(above);
      inside.get(holder).push(made.element);
      write(made.element, "transform", `translate(${(tenths(x) - left).toFixed(1)} ${(tenths(y) - top).toFixed(1)})`);
      if (made.own) {
        inside.set(made.element, [...made.own]);
        origins.set(part, [made.element, tenths(x), tenths(y)]);
      }
    }
    for (const [holder, children] of inside) settle(holder, children);
    settle(this.lines, edges.map((each) => this.edge(each)));
  }

  edge({ source, target, aside, line }) {
    const key = `${source.id} ${target.id}`;
    let made = this.edges.get(key);
    if (!made) {
      made = svg("path", { "data-from": this.picture.dataOf(source), "data-to": this.picture.dataOf(target) });
      this.edges.set(key, made);
    }
    write(made, "class", aside ? "edge aside" : "edge");
    write(made, "d", path(line));
    return made;
  }

  frame({ part, x: left, y: top, width, height, labels }) {
    let made = this.frames.get(part);
    if (!made) {
      const sign = part.foldable ? this.sign(part) : null;
      made = { element: svg("g", { class: "frame" }), rect: svg("rect", { rx: 6 }), sign, told: null, own: [] };
      this.frames.set(part, made);
    }
    write(made.rect, "width", width.toFixed(1));
    write(made.rect, "height", height.toFixed(1));
    if (made.sign) write(made.sign, "transform", `translate(${width.toFixed(1)} 0)`);
    const told = labels.map(({ text, x, y }) => [this.picture.texts[text], (x - left).toFixed(1), (y - top).toFixed(1)]).filter(([text]) => text);
    if (made.told !== String(told)) {
      made.told = String(told);
      const texts = told.map(([text, x, y]) => svg("text", { class: "label", x, y }, text));
      made.own = [made.rect, ...texts, made.sign].filter((each) => each !== null);
    }
    return made;
  }

  sign(part) {
    const made = svg("g", { class: "sign", "aria-hidden": "true" }, svg("rect", { x: -7, y: -4, width: 14, height: 14, rx: 3 }));
    made.append(svg("text", { x: 0, y: 7 }, "−"), svg("title", {}, `Fold ${this.picture.nameOf(part)}`));
    this.parts.set(made, part);
    return made;
  }

  /** A box around the middle of its upper side, so that texts stay where they are while it grows wider. */
  box({ part, width, height }) {
    let made = this.boxes.get(part);
    if (!made) {
      made = this.emptyBox(part);
      this.boxes.set(part, made);
      this.parts.set(made.element, part);
    }
    part.element = made.element;
    for (const [at, rect] of made.rects.entries()) {
      const shift = at ? 3 : 0;
      write(rect, "x", (shift - width / 2).toFixed(1));
      write(rect, "width", width.toFixed(1));
      write(rect, "height", height.toFixed(1));
    }
    const { lines } = this.picture.told(part);
    if (made.told !== String(lines)) {
      made.told = String(lines);
      write(made.element, "aria-label", [...lines, ...(made.rects[1] ? ["folded"] : [])].join(" "));
      made.element.replaceChildren(...[...made.rects].reverse(), ...this.texts(lines, height));
    }
    return made;
  }

  emptyBox(part) {
    const { family, aside, round } = this.picture.told(part);
    const folded = part.kind === "frame";
    const kind = `box ${family}${aside ? " aside" : ""}${folded ? " folded" : ""}`;
    const rects = [svg("rect", { y: 0, rx: round })];
    if (folded) rects.push(svg("rect", { y: 3, rx: round, class: "behind" }));
    const element = svg("g", { class: kind, "data-path": this.picture.dataOf(part), role: "button", tabindex: -1 });
    return { element, rects, told: null };
  }

  texts([title, ...lines], height) {
    const { title: size, line } = this.picture.data.measures;
    let y = (height - size - (line + 3) * lines.length) / 2 + size * 0.84;
    const texts = [svg("text", { x: 0, y: y.toFixed(1) }, title)];
    for (const text of lines) texts.push(" ", svg("text", { class: "more", x: 0, y: (y += line + 3).toFixed(1) }, text));
    return texts;
  }
}

/** Make these the children of an element; those that are there already stay where they are. */
function settle(holder, children) {
  const kept = new Set(children);
  for (const each of [...holder.children]) if (!kept.has(each)) each.remove();
  let here = holder.firstElementChild;
  for (const each of children) {
    if (each === here) here = here.nextElementSibling;
    else holder.insertBefore(each, here);
  }
}

const tenths = (length) => Math.round(length * 10) / 10;

/** Set an attribute that is not so already. */
export function write(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
