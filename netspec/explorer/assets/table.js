// The table of layers: what is chosen in it, what is found in it, and its figures for other sizes.

import { byId, count, el } from "./dom.js";

export class Table {
  constructor(app) {
    this.app = app;
    this.view = byId("layers");
    this.body = this.view.querySelector("tbody");
    this.rows = [];
    this.buttons = [];
    for (const row of this.body.rows) {
      if (row.dataset.call === undefined) continue;
      const call = Number(row.dataset.call);
      const cell = row.cells[0];
      const button = el("button", { type: "button", tabindex: -1, "data-call": call }, ...cell.childNodes);
      cell.append(button);
      this.rows[call] = row;
      this.buttons.push(button);
    }
    this.reach(this.buttons[0]);
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-call]");
      if (row) this.app.pick(Number(row.dataset.call), { from: "table" });
    });
    this.body.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const at = this.buttons.indexOf(event.target);
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = this.buttons.filter((button) => !button.closest("tr").hidden);
    const index = shown.indexOf(event.target);
    const moves = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: shown.length - 1 };
    const next = event.key in moves ? shown[moves[event.key]] : undefined;
    if (!next) return;
    event.preventDefault();
    this.reach(next);
    next.focus();
  }

  /** Make a row the only one that the tabulator reaches. */
  reach(button) {
    this.current?.setAttribute("tabindex", -1);
    this.current = button;
    button?.setAttribute("tabindex", 0);
  }

  choose(call, scroll) {
    this.chosen?.removeAttribute("aria-current");
    this.chosen = this.rows[call];
    if (!this.chosen) return;
    this.chosen.setAttribute("aria-current", "true");
    this.reach(this.chosen.querySelector("button"));
    if (scroll) this.chosen.scrollIntoView({ block: "nearest" });
  }

  /** Show the rows of these calls alone; null shows all. */
  filter(calls) {
    for (const row of this.body.rows) {
      row.hidden = calls !== null && !(row.dataset.call !== undefined && calls.has(Number(row.dataset.call)));
    }
    const first = this.buttons.find((button) => !button.closest("tr").hidden);
    if (this.current?.closest("tr").hidden && first) this.reach(first);
  }

  /** Show figures: a row of texts and counts for each class of calls. */
  figures(figures, classes) {
    this.rows.forEach((row, call) => {
      const [shape, params, macs] = figures[classes[call]];
      const cells = row.cells;
      [this.app.data.texts[shape], count(params), count(macs)].forEach((text, at) => {
        if (cells[2 + at].textContent !== text) cells[2 + at].textContent = text;
      });
    });
  }
}
