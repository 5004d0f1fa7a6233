// Sliders over sizes and params. Each step is a network that netspec computed before; nothing is computed here.

import { byId, count, el } from "./dom.js";

export class Trials {
  constructor(app) {
    this.app = app;
    this.data = app.data;
    this.view = byId("trials");
    this.sliders = this.data.axes.map((axis, number) => this.slider(axis, number));
    byId("vary").hidden = this.sliders.length === 0;
  }

  slider(axis, number) {
    const id = `axis${number}`;
    const input = el("input", { type: "range", id, min: 0, max: axis.values.length - 1, step: 1, "aria-describedby": `${id}-values` });
    input.value = axis.own;
    const output = el("output", { for: id });
    const values = el("small", { id: `${id}-values` }, `computed for ${axis.values.map((value) => value.label).join(", ")}`);
    this.view.append(el("p", {}, el("label", { for: id }, axis.name), input, output, values));
    input.addEventListener("input", () => this.moved(number));
    const made = { axis, input, output };
    this.tell(made);
    return made;
  }

  tell({ axis, input, output }) {
    const at = Number(input.value);
    output.textContent = axis.values[at].label + (at === axis.own ? " (the spec's own)" : "");
    input.setAttribute("aria-valuetext", output.textContent);
  }

  /** One slider at a time: the others go back to the spec's own values. */
  moved(number) {
    this.sliders.forEach((slider, other) => {
      if (other !== number) slider.input.value = slider.axis.own;
      this.tell(slider);
    });
    const { axis, input } = this.sliders[number];
    const value = axis.values[Number(input.value)];
    const own = Number(input.value) === axis.own;
    this.app.vary(own ? this.data.own : value, own ? "" : `${axis.name}: ${value.label}`);
  }
}

/** Show totals, and what is to be said of the network that they are of. */
export function showTotals(value, base, words) {
  const problem = value.problem;
  byId("totals").replaceChildren(
    ...(value.totals ?? []).flatMap(([name, number], at) => {
      const before = base.totals[at][1];
      const changed = words && before !== number;
      return [el("dt", {}, name), el("dd", {}, typeof number === "string" ? number : count(number), changed ? el("small", {}, ` was ${typeof before === "string" ? before : count(before)}`) : null)];
    }),
  );
  const other = value.totals && !value.boxes ? " Its layers are others, so that picture and table stay as they are." : "";
  byId("notice").textContent = problem ? `${words} does not work: ${problem}` : words && `${words}.${other}`;
}
