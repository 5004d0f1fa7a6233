// The picture: drawn from its parts, folded and unfolded, zoomed, and walked through by keyboard.

import { byId } from "./dom.js";
import { Drawn, write } from "./drawn.js";
import { arrange } from "./layout.js";
import { partsOf } from "./parts.js";

const ZOOMS = { least: 0.1, most: 4, step: 1.25 };

export class Picture {
  /** `app` has the page's data and is told what is chosen. */
  constructor(app) {
    this.app = app;
    this.data = app.data.picture;
    this.texts = app.data.texts;
    this.parts = partsOf(this.data);
    this.open = new Set();
    this.shapes = app.data.shapes;
    this.level = this.data.level;
    this.zoom = 1;
    this.chosen = null;
    this.marked = new Set();
    this.view = byId("view");
    this.svg = this.view.querySelector("svg");
    this.svg.replaceChildren(...[...this.svg.children].filter((each) => ["title", "desc", "marker"].includes(each.tagName)));
    this.svg.setAttribute("role", "group");
    this.drawn = new Drawn(this.svg, this);
    this.listen();
    this.unfoldTo(this.level);
  }

  /** Open the frames above a level; deeper ones are folded. */
  unfoldTo(level) {
    this.level = Math.max(1, Math.min(level, this.data.levels));
    this.open = new Set();
    this.data.frames.forEach(([, depth, box], frame) => {
      if (box !== null && depth < this.level) this.open.add(frame);
    });
    this.draw();
  }

  /** Fold or unfold a frame. */
  toggle(part) {
    if (!part.foldable) return;
    if (this.open.has(part.frame)) this.open.delete(part.frame);
    else this.open.add(part.frame);
    this.draw();
    this.focus(part);
  }

  /** Open every frame around a part. */
  reveal(part) {
    let hidden = false;
    for (let around = part.around; around !== null; around = around.around) {
      if (!this.open.has(around.frame)) hidden = this.open.add(around.frame) && true;
    }
    if (hidden) this.draw();
  }

  /** The number of the box that is drawn for a part. */
  boxOf(part) {
    return part.kind === "box" ? part.box : this.data.frames[part.frame][2];
  }

  /** The calls that a part stands for. */
  callsOf(part) {
    const found = [];
    for (let id = part.id; id <= part.last; id++) {
      const each = this.parts[id];
      const calls = each.kind === "box" ? this.data.boxes[each.box][9] : null;
      if (Array.isArray(calls)) found.push(...calls);
    }
    return found.sort((a, b) => a - b);
  }

  draw() {
    this.layout = arrange(this.data, this.parts, this.open);
    this.drawn.show(this.layout);
    const { width, height } = this.layout;
    write(this.svg, "viewBox", `0 0 ${width.toFixed(1)} ${height.toFixed(1)}`);
    this.resize();
    this.mark();
    this.order = this.layout.boxes.map((box) => box.part);
    this.reach(this.order.find((part) => part === this.current) ?? this.order[0]);
    this.app.folded(this.level, this.data.levels, this.open);
  }

  /** What the box of a part says and is. */
  told(part) {
    const number = this.boxOf(part);
    const [, role, title, hasShape, family, , aside, , height] = this.data.boxes[number];
    const lines = [title, ...(hasShape ? [this.shapes[number]] : [])].map((text) => this.texts[text]);
    return { lines, family, aside, round: role === "input" || role === "output" ? height / 2 : 3 };
  }

  /** What a part is called: its module's path, or an input's or output's name. */
  nameOf(part) {
    return this.texts[part.kind === "frame" ? this.data.frames[part.frame][0] : this.data.boxes[part.box][0]];
  }

  /** What a part is called in the data of elements, as in a picture of `netspec draw`. */
  dataOf(part) {
    const [path, role] = this.data.boxes[this.boxOf(part)];
    return role === "input" || role === "output" ? `${role}:${this.texts[path]}` : this.texts[path];
  }

  // -- what is chosen ------------------------------------------------------------------------------

  /** Mark the box of a call as chosen, and make it the one that the keyboard is at. */
  choose(call, scroll) {
    this.chosen = call;
    this.mark();
    const part = this.partOf(call);
    if (part === null) return;
    this.reach(part);
    if (scroll) part.element.scrollIntoView?.({ block: "center", inline: "center" });
  }

  /** The part that is drawn for a call; null for none. */
  partOf(call) {
    if (call === null) return null;
    return this.order.find((part) => part.id <= this.home(call).id && this.home(call).id <= part.last) ?? null;
  }

  /** The box of a call in the unfolded picture. */
  home(call) {
    if (!this.homes) {
      this.homes = new Map();
      for (const part of this.parts) if (part.kind === "box") for (const each of this.callsOf(part)) this.homes.set(each, part);
    }
    return this.homes.get(call);
  }

  /** Draw marks on the boxes of what was found and of what is chosen. */
  mark() {
    const homes = new Set([...this.marked].map((call) => this.home(call)));
    const chosen = this.chosen === null ? null : this.home(this.chosen);
    for (const { part } of this.layout.boxes) {
      const holds = (home) => home !== null && part.id <= home.id && home.id <= part.last;
      part.element.classList.toggle("found", [...homes].some(holds));
      part.element.classList.toggle("chosen", holds(chosen));
      write(part.element, "aria-pressed", String(holds(chosen)));
    }
  }

  // -- pointer and keyboard -------------------------------------------------------------------------

  listen() {
    this.svg.addEventListener("click", (event) => {
      const [element, part] = this.at(event.target);
      if (!part || this.dragged) return;
      if (element.classList.contains("sign")) this.toggle(part);
      else this.app.pickPart(part);
    });
    this.svg.addEventListener("dblclick", (event) => {
      const [, part] = this.at(event.target);
      if (part?.kind === "frame") this.toggle(part);
    });
    this.svg.addEventListener("keydown", (event) => this.key(event));
    this.view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.zoomTo(this.zoom * (event.deltaY < 0 ? ZOOMS.step : 1 / ZOOMS.step));
    }, { passive: false });
    this.drag();
  }

  /** Moving the picture by its ground. */
  drag() {
    let from = null;
    this.view.addEventListener("pointerdown", (event) => {
      this.dragged = false;
      if (event.button === 0 && event.pointerType === "mouse") {
        from = [event.clientX + this.view.scrollLeft, event.clientY + this.view.scrollTop];
      }
    });
    addEventListener("pointermove", (event) => {
      if (from === null) return;
      const [left, top] = [from[0] - event.clientX, from[1] - event.clientY];
      if (Math.abs(left - this.view.scrollLeft) + Math.abs(top - this.view.scrollTop) > 4) this.dragged = true;
      if (this.dragged) this.view.scrollTo(left, top);
    });
    addEventListener("pointerup", () => (from = null));
  }

  at(target) {
    const element = target.closest?.(".sign, .box") ?? null;
    return [element, this.drawn.parts.get(element)];
  }

  key(event) {
    const part = this.drawn.parts.get(event.target);
    if (!part || event.ctrlKey || event.metaKey || event.altKey) return;
    const index = this.order.indexOf(part);
    const moves = { ArrowDown: index + 1, ArrowRight: index + 1, ArrowUp: index - 1, ArrowLeft: index - 1, Home: 0, End: this.order.length - 1 };
    if (event.key in moves) this.focus(this.order[moves[event.key]] ?? part);
    else if (event.key === "Enter") this.app.pickPart(part);
    else if (event.key === " ") this.toggle(part.kind === "frame" ? part : (part.around ?? part));
    else if (event.key === "+" || event.key === "=") this.zoomTo(this.zoom * ZOOMS.step);
    else if (event.key === "-") this.zoomTo(this.zoom / ZOOMS.step);
    else if (event.key === "0") this.fit();
    else return;
    event.preventDefault();
  }

  /** Make a part the only one of the picture that the tabulator reaches. */
  reach(part) {
    if (this.current !== part) this.current?.element?.setAttribute("tabindex", -1);
    this.current = part;
    if (part) write(part.element, "tabindex", "0");
  }

  /** Put the keyboard on a part, or on the first box of one that has just been unfolded. */
  focus(part) {
    const shown = this.order.includes(part) ? part : this.order.find((each) => part.id <= each.id && each.id <= part.last);
    if (!shown) return;
    this.reach(shown);
    shown.element.focus();
  }

  // -- size -----------------------------------------------------------------------------------------

  zoomTo(zoom) {
    const before = this.zoom;
    this.zoom = Math.max(ZOOMS.least, Math.min(zoom, ZOOMS.most));
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.view;
    const scale = this.zoom / before;
    this.resize();
    this.view.scrollTo((scrollLeft + clientWidth / 2) * scale - clientWidth / 2, (scrollTop + clientHeight / 2) * scale - clientHeight / 2);
  }

  zoomBy(steps) {
    this.zoomTo(this.zoom * ZOOMS.step ** steps);
  }

  /** Show the whole picture. */
  fit() {
    const { clientWidth, clientHeight } = this.view;
    this.zoomTo(Math.min(1, (clientWidth - 4) / this.layout.width, (clientHeight - 4) / this.layout.height));
  }

  resize() {
    write(this.svg, "width", (this.layout.width * this.zoom).toFixed(1));
    write(this.svg, "height", (this.layout.height * this.zoom).toFixed(1));
  }
}
