// What is told of the chosen call or block. Everything told stands in the page's data.

import { byId, count, el } from "./dom.js";

const AROUND = 2;

export class Details {
  constructor(app) {
    this.app = app;
    this.data = app.data;
    this.view = byId("details");
  }

  text(number) {
    return this.data.texts[number];
  }

  sheet(number) {
    return this.data.details.sheets[number];
  }

  /** Tell of a call; `instances` are the calls that its box stands for. */
  show(call, instances) {
    const [key, type, shapes, figures, seen, line, place, weights, named] = this.data.details.calls[call];
    const [given, made] = this.sheet(shapes).map((list) => list.map((shape) => this.text(shape)).join(", "));
    this.view.replaceChildren(
      el("h2", { tabindex: -1 }, this.text(key)),
      el("p", { class: "kind" }, this.text(type)),
      ...this.instances(call, instances),
      this.list([["shapes in", given || "none"], ["shapes out", made]], "shapes"),
      ...this.shots(call),
      el("h3", {}, "Arithmetic"),
      this.list(this.sheet(figures).map((row) => this.entry(row)), "figures"),
      ...this.seen(this.sheet(seen)),
      ...this.spec(this.sheet(line)),
      ...this.python(this.sheet(place)),
      ...this.weights(this.text(key), this.data.details.weights[weights], this.text(named)),
    );
  }

  /** Tell of a folded block. */
  showBlock(name, title, calls) {
    const rows = calls.map((call) => this.data.figures[this.data.classes[call]]);
    const sum = (at) => rows.reduce((one, row) => (one === null || row[at] === null ? null : one + row[at]), 0);
    const list = calls.map((call) => {
      const button = el("button", { type: "button" }, this.text(this.data.details.calls[call][0]));
      button.addEventListener("click", () => this.app.pick(call, { from: "details" }));
      return el("li", {}, button);
    });
    const first = this.data.details.calls[calls[0]];
    this.view.replaceChildren(
      el("h2", { tabindex: -1 }, name || title),
      el("p", { class: "kind" }, title),
      this.list([["parameters", count(sum(1))], ["MACs", count(sum(2))], ["layer calls", count(calls.length)]], "figures"),
      ...this.spec(this.sheet(first[5]), "Spec, at its first layer"),
      el("h3", {}, "Layers"),
      el("ol", { class: "layers" }, ...list),
    );
  }

  instances(call, calls) {
    if (calls.length < 2) return [];
    const at = calls.indexOf(call);
    const step = (words, to) => {
      const button = el("button", { type: "button", disabled: to < 0 || to >= calls.length }, words);
      button.addEventListener("click", () => this.app.pick(calls[to], { from: "details" }));
      return button;
    };
    return [el("p", { class: "rounds" }, step("Round before", at - 1), ` ${at + 1} of ${calls.length} `, step("Round after", at + 1))];
  }

  /** Pictures of the layer's maps and kernels, where the page was made for an image. */
  shots(call) {
    const made = (this.data.shots ?? [])[call] ?? [];
    return made.map(([caption, src]) => el("figure", {}, el("img", { src, alt: caption }), el("figcaption", {}, caption)));
  }

  entry([name, text, note]) {
    return [this.text(name), this.text(text), this.text(note)];
  }

  list(rows, kind) {
    const cells = rows.flatMap(([name, text, note]) => [
      el("dt", {}, name),
      el("dd", {}, el("code", {}, text), note ? ` (${note})` : null),
    ]);
    return el("dl", { class: kind }, ...cells);
  }

  seen(rows) {
    if (!rows.length) return [];
    const told = rows.map(([group, ...row]) => {
      const [name, text, note] = this.entry(row);
      return [[this.text(group), name].filter(Boolean).join(", "), text, note];
    });
    return [el("h3", {}, "What it sees of the input"), this.list(told, "seen")];
  }

  spec(line, title = "Spec") {
    if (!line.length) return [];
    const [source, first, last] = line;
    const [name, text] = this.data.details.specs[source];
    const lines = text.split("\n");
    return [
      el("h3", {}, `${title}: ${name}, line ${first}`),
      this.listing(lines, Math.max(1, first - AROUND), Math.min(lines.length, last + AROUND), (number) => number >= first && number <= last, "spec"),
      this.whole(lines, (number) => number >= first && number <= last),
    ];
  }

  python(place) {
    if (!place.length) return [];
    const [head, first, last, called] = place;
    const lines = this.data.python;
    const told = new Set([head, called]);
    for (let number = first ?? 1; number <= (last ?? 0); number++) told.add(number);
    const marked = (number) => number !== head && told.has(number);
    const numbers = [...told].filter((number) => number !== null).sort((a, b) => a - b);
    return [
      el("h3", {}, "Generated source"),
      el("pre", { class: "python", tabindex: 0 }, ...numbers.flatMap((number) => this.numbered(lines, number, marked(number)))),
      this.whole(lines, marked),
    ];
  }

  listing(lines, first, last, marked, kind) {
    const shown = [];
    for (let number = first; number <= last; number++) shown.push(...this.numbered(lines, number, marked(number)));
    return el("pre", { class: kind, tabindex: 0 }, ...shown);
  }

  numbered(lines, number, marked) {
    const text = `${lines[number - 1]}\n`;
    return [el("span", { class: "number" }, `${String(number).padStart(4)} `), marked ? el("mark", {}, text) : text];
  }

  /** All lines, shown when they are asked for. */
  whole(lines, marked) {
    const made = el("details", {}, el("summary", {}, "All lines"));
    made.addEventListener("toggle", () => {
      if (made.open && made.children.length === 1) made.append(this.listing(lines, 1, lines.length, marked, "all"));
    });
    return made;
  }

  weights(key, rows, named) {
    const path = key.split("#")[0];
    const around = path.split(".").map((_, index, names) => names.slice(0, index + 1).join("."));
    const levels = new Map(this.data.details.levels.map(([name, words]) => [this.text(name), this.text(words)]));
    const parts = around.map((name) => [name, name === path ? named : (levels.get(name) ?? "a name with a dot")]);
    const tensors = rows.map(([name, shape, note]) => [[path, this.text(name)].filter(Boolean).join("."), this.text(shape), this.text(note)]);
    return [
      el("h3", {}, rows.length ? "Weights and their names" : "Its name"),
      rows.length ? this.list(tensors, "weights") : null,
      this.list(parts, "names"),
    ].filter((each) => each !== null);
  }
}
