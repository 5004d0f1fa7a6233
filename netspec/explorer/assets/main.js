// The page: what is chosen, searched for and varied, in the picture, the table and the details alike.

import { Details } from "./details.js";
import { byId } from "./dom.js";
import { follow, kept } from "./follow.js";
import { Picture } from "./picture.js";
import { Table } from "./table.js";
import { Trials, showTotals } from "./trials.js";

class App {
  constructor(data) {
    this.data = data;
    data.shapes = data.own.boxes;
    data.figures = data.own.figures;
    const before = kept();
    this.details = new Details(this);
    this.table = new Table(this);
    this.picture = new Picture(this);
    this.trials = new Trials(this);
    this.listen();
    this.restore(before);
  }

  /** Choose a call. */
  pick(call, { from } = {}) {
    this.picture.choose(call, from !== "picture");
    this.table.choose(call, from !== "table");
    const part = this.picture.home(call);
    this.details.show(call, part ? this.picture.callsOf(part) : [call]);
    if (from === "picture") byId("details").scrollTop = 0;
    kept({ call });
  }

  /** Choose a part of the picture. */
  pickPart(part) {
    const calls = this.picture.callsOf(part);
    if (!calls.length) return;
    if (part.kind === "box") {
      this.pick(calls[0], { from: "picture" });
      return;
    }
    this.picture.choose(calls[0], false);
    this.table.choose(calls[0], true);
    const box = this.data.picture.boxes[this.picture.boxOf(part)];
    this.details.showBlock(this.picture.nameOf(part), this.data.texts[box[2]], calls);
  }

  /** Show another network of those computed. */
  vary(value, words) {
    showTotals(value, this.data.own, words);
    const shown = value.boxes ? value : this.data.own;
    this.picture.shapes = shown.boxes;
    this.data.figures = shown.figures;
    this.picture.draw();
    this.table.figures(shown.figures, this.data.classes);
  }

  folded(level, levels, open) {
    const told = `level ${level} of ${levels}`;
    if (byId("level").textContent !== told) byId("level").textContent = told;
    byId("fold").disabled = level <= 1;
    byId("unfold").disabled = level >= levels;
    kept({ open: [...open] });
  }

  /** Find calls by their paths, or where none has the words, by their types and outputs. */
  search(text) {
    const words = text.trim().toLowerCase();
    const { calls } = this.data.details;
    const holding = (told) => new Set(calls.flatMap((call, number) => (told(call, number).toLowerCase().includes(words) ? [number] : [])));
    let found = words ? holding(([key]) => this.data.texts[key]) : new Set();
    if (words && !found.size) found = holding(([, type], number) => `${this.data.texts[type]} ${this.shape(number)}`);
    this.found = [...found].sort((a, b) => a - b);
    this.table.filter(words ? found : null);
    this.picture.marked = found;
    this.picture.mark();
    byId("found").textContent = words ? `${found.size} of ${calls.length} layer calls` : "";
  }

  /** The output of a call, as the table shows it. */
  shape(call) {
    return this.data.texts[this.data.figures[this.data.classes[call]][0]];
  }

  /** Choose what was found next, unfolded. */
  next() {
    if (!this.found?.length) return;
    const after = this.found.find((call) => this.picture.chosen !== null && call > this.picture.chosen);
    const call = after ?? this.found[0];
    this.picture.reveal(this.picture.home(call));
    this.pick(call, { from: "search" });
  }

  listen() {
    const actions = {
      fold: () => this.picture.unfoldTo(this.picture.level - 1),
      unfold: () => this.picture.unfoldTo(this.picture.level + 1),
      larger: () => this.picture.zoomBy(1),
      smaller: () => this.picture.zoomBy(-1),
      fit: () => this.picture.fit(),
      natural: () => this.picture.zoomTo(1),
      theme: () => this.recolour(),
    };
    for (const [id, act] of Object.entries(actions)) byId(id).addEventListener("click", act);
    const field = byId("search");
    field.addEventListener("input", () => this.search(field.value));
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.next();
      if (event.key === "Escape") this.search((field.value = ""));
    });
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target.closest("input")) return;
      event.preventDefault();
      field.focus();
    });
  }

  recolour() {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    kept({ theme: root.dataset.theme });
  }

  /** After a reload of a page that is served, what was chosen and unfolded before. */
  restore({ call, open, theme }) {
    if (theme) document.documentElement.dataset.theme = theme;
    if (open) {
      this.picture.open = new Set(open.filter((frame) => this.data.picture.frames[frame]?.[2] != null));
      this.picture.draw();
    }
    this.pick(call < this.data.details.calls.length ? call : 0, { from: "start" });
  }
}

document.documentElement.classList.add("scripted");
new App(JSON.parse(byId("data").textContent));
follow();
