// The places of what is drawn, from the measures in the data: netspec's own rules of layout, which tests hold against it.
// Parts are measured inside out, then placed outside in; each has a spine, and room on either side of it.

import { edgesOf, isFolded, standing } from "./parts.js";

/** The places of boxes, frames and edges while the frames in `open` are unfolded. */
export function arrange(picture, parts, open) {
  const stands = standing(parts, open);
  const boxes = [];
  for (const part of parts) if (part.kind === "box") boxes[part.box] = part;
  const edges = edgesOf(picture, parts, boxes, stands);
  const room = new Room(picture, parts, open, edges);
  const m = picture.measures;
  const root = room.measure(parts[0]);
  room.place(root, m.margin, m.margin + root.before);
  const shown = parts.filter((part) => stands(part) === part);
  const drawn = (part) => part.kind === "box" || isFolded(part, open);
  return {
    width: root.before + root.after + 2 * m.margin,
    height: root.length + 2 * m.margin,
    boxes: shown.filter(drawn).map((part) => ({ part, ...room.rect(part) })),
    frames: shown.filter((part) => part.kind === "frame" && !drawn(part)).map((part) => room.frame(part)),
    edges: edges.map((edge) => ({ ...edge, line: room.line(edge) })),
  };
}

class Room {
  constructor(picture, parts, open, edges) {
    this.picture = picture;
    this.m = picture.measures;
    this.open = open;
    this.made = new Array(parts.length);
    this.channels = new Map();
    this.lanes = new Map();
    this.sides = new Map();
    for (const edge of edges) this.take(edge);
    for (const gaps of this.channels.values()) for (const told of gaps.values()) told.sort(compared);
  }

  /** Note the lines that an edge needs place for. */
  take(edge) {
    for (const { chain, gap, channel } of edge.pieces) {
      const gaps = of(this.channels, chain, () => new Map());
      const told = of(gaps, gap, () => []);
      if (!told.some((each) => compared(each, channel) === 0)) told.push(channel);
    }
    for (const { chain, first, last } of edge.lanes) {
      const lanes = of(this.lanes, chain, () => new Map());
      const lane = of(lanes, edge.source.order, () => ({ first, last }));
      lane.first = Math.min(lane.first, first);
      lane.last = Math.max(lane.last, last);
    }
    if (edge.side !== null) of(this.sides, edge.target, () => []).push(edge.source);
  }

  measure(part) {
    const made = this.measured(part);
    made.part = part;
    this.made[part.id] = made;
    return made;
  }

  measured(part) {
    if (part.kind === "box") return this.box(part.box);
    if (part.kind === "fork") return this.fork(part);
    if (part.kind === "chain") return this.chain(part);
    return isFolded(part, this.open) ? this.box(this.picture.frames[part.frame][2]) : this.framed(part);
  }

  box(number) {
    const box = this.picture.boxes[number];
    return { length: box[8], before: box[7] / 2, after: box[7] / 2, inside: [], low: box[5] === 1, isBox: true };
  }

  framed(part) {
    const m = this.m;
    const body = this.measure(part.parts[0]);
    const made = { length: body.length + 2 * m.inset, before: body.before + m.inset, after: body.after + m.inset, inside: [body] };
    made.labels = [];
    const [, , , left, right, both] = this.picture.frames[part.frame];
    if (both[1] === 0) return made;
    made.length += m.header - m.inset / 2;
    let first = left;
    const wide = right[1] + 6;
    if (left[1] > 0 && wide + m.inset < free(body)) {
      made.after = Math.max(made.after, wide + m.inset);
      made.labels = [[left[0], m.inset / 2 + 2], [right[0], 8]];
    } else {
      first = both;
      made.labels = [[both[0], m.inset / 2 + 2]];
    }
    made.before = Math.max(made.before, first[1] + m.inset + 6);
    return made;
  }

  fork(part) {
    const inside = part.parts.map((each) => this.measure(each));
    const wide = (each) => each.before + each.after;
    const width = sum(inside.map(wide)) + this.m.beside * (inside.length - 1);
    const main = part.main;
    let before = main === null ? width / 2 : inside[main].before;
    if (main) before += sum(inside.slice(0, main).map((each) => wide(each) + this.m.beside));
    return { length: Math.max(...inside.map((each) => each.length)), before, after: width - before, inside };
  }

  chain(part) {
    const m = this.m;
    const inside = part.parts.map((each) => this.measure(each));
    const alike = inside.filter((each) => each.isBox);
    const half = Math.max(0, ...alike.map((each) => each.before));
    for (const each of alike) each.before = each.after = half;
    const gaps = [0, ...inside.slice(1).map((each) => (each.low ? m.lowGap : m.gap)), 0];
    for (const [gap, told] of this.channels.get(part) ?? []) gaps[gap] = Math.max(gaps[gap], m.channel * (told.length + 1));
    const made = {
      length: sum(gaps) + sum(inside.map((each) => each.length)),
      before: Math.max(0, ...inside.map((each) => each.before)),
      after: Math.max(0, ...inside.map((each) => each.after)),
      inside,
      gaps,
      lanes: new Map(),
      entering: [],
    };
    const reach = inside.map((each) => each.after);
    const lanes = [...(this.lanes.get(part) ?? [])].sort(([a, one], [b, other]) => one.last - one.first - other.last + other.first || a - b);
    for (const [source, { first, last }] of lanes) {
      const stop = Math.min(last, inside.length - 1);
      let beside = 0;
      for (let index = first; index <= stop; index++) beside = Math.max(beside, reach[index]);
      beside += m.lane;
      made.lanes.set(source, beside);
      if (first === 0) made.entering.push(source);
      for (let index = first; index <= stop; index++) reach[index] = beside;
    }
    made.after = Math.max(made.after, ...[...made.lanes.values()].map((lane) => lane + m.lane / 2));
    return made;
  }

  place(made, main, cross) {
    made.main = main;
    made.cross = cross;
    const m = this.m;
    if (made.gaps) {
      made.inside.forEach((each, index) => {
        main += made.gaps[index];
        this.place(each, main, cross);
        main += each.length;
      });
    } else if (made.part.kind === "fork") {
      let edge = cross - made.before;
      for (const branch of made.inside) {
        this.place(branch, main, edge + branch.before);
        edge += branch.before + branch.after + m.beside;
      }
    } else if (made.inside.length) {
      const [body] = made.inside;
      this.place(body, main + made.length - body.length - m.inset, cross);
    }
  }

  rect(part) {
    const made = this.made[part.id];
    return { x: made.cross - made.before, y: made.main, width: made.before + made.after, height: made.length };
  }

  frame(part) {
    const made = this.made[part.id];
    const rect = this.rect(part);
    const labels = made.labels.map(([text, offset], index) => ({ text, x: [rect.x, made.cross][index] + offset, y: rect.y + this.m.label + 3 }));
    return { part, ...rect, labels };
  }

  line(edge) {
    const source = this.made[edge.source.id];
    const target = this.made[edge.target.id];
    let cross = source.cross;
    const points = [[cross, source.main + source.length]];
    for (const piece of edge.pieces) {
      const main = this.across(piece);
      points.push([cross, main]);
      cross = piece.spine ? this.made[piece.spine.id].cross : this.lane(piece.lane, edge.source);
      points.push([cross, main]);
    }
    if (edge.side !== null) {
      const entered = this.sides.get(edge.target);
      const main = target.main + (target.length * (entered.indexOf(edge.source) + 1)) / (entered.length + 1);
      points.push([this.lane(edge.side, edge.source), main], [target.cross + target.after, main]);
    } else {
      points.push([cross, target.main]);
    }
    return corners(points);
  }

  lane(chain, source) {
    const made = this.made[chain.id];
    return made.cross + made.lanes.get(source.order);
  }

  across({ chain, gap, channel }) {
    const made = this.made[chain.id];
    const told = this.channels.get(chain).get(gap);
    const before = gap ? made.inside[gap - 1] : null;
    const start = before ? before.main + before.length : made.main;
    return start + (made.gaps[gap] * (told.findIndex((each) => compared(each, channel) === 0) + 1)) / (told.length + 1);
  }
}

/** The room beside a part's spine at its beginning, up to the first lane that comes in there. */
function free(made) {
  const first = made.gaps && made.inside.length ? free(made.inside[0]) : Infinity;
  return Math.min(first, ...(made.entering ?? []).map((source) => made.lanes.get(source)));
}

function corners(points) {
  const kept = [];
  for (const point of points) {
    const [before, last] = kept.slice(-2).length === 2 ? kept.slice(-2) : [null, kept[kept.length - 1]];
    if (last && near(last, point, 0) && near(last, point, 1)) continue;
    if (before && [0, 1].some((axis) => near(before, last, axis) && near(last, point, axis))) kept.pop();
    kept.push(point);
  }
  return kept;
}

const near = (a, b, axis) => Math.abs(a[axis] - b[axis]) < 0.01;
const sum = (numbers) => numbers.reduce((one, other) => one + other, 0);
const compared = (a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

function of(map, key, make) {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = make()));
  return found;
}
