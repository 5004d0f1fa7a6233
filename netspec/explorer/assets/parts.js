// The parts of the picture as objects, what is folded of them, and the edges that are left.

/** Objects for the parts in the data, numbered as the data numbers them. */
export function partsOf(picture) {
  const parts = [];
  const grow = (told, parent, around) => {
    const part = { id: parts.length, kind: "box", parent, around, parts: [], last: 0 };
    parts.push(part);
    if (typeof told === "number") {
      part.box = told;
    } else {
      const [kind, ...rest] = told;
      part.kind = { f: "frame", k: "fork", c: "chain" }[kind];
      if (kind === "f") part.frame = rest.shift();
      if (kind === "k") part.main = rest.shift();
      part.foldable = kind === "f" && picture.frames[part.frame][2] !== null;
      const inside = part.foldable ? part : around;
      part.parts = rest.map((each) => grow(each, part, inside));
    }
    part.last = parts.length - 1;
    part.order = part.kind === "box" ? part.box : Math.min(...part.parts.map((each) => each.order));
    return part;
  };
  grow(picture.tree, null, null);
  return parts;
}

/** What is drawn while the frames in `open` are unfolded: a function from a part to the part that stands for it. */
export function standing(parts, open) {
  const found = new Array(parts.length);
  for (const part of parts) {
    const above = part.parent === null ? null : found[part.parent.id];
    found[part.id] = above !== null && (above !== part.parent || isFolded(above, open)) ? above : part;
  }
  return (part) => found[part.id];
}

/** Whether a part is a frame that is drawn as a box. */
export const isFolded = (part, open) => part.kind === "frame" && part.foldable && !open.has(part.frame);

/** Edges between what is drawn, each with the pieces of its route that lie outside of folded parts. */
export function edgesOf(picture, parts, boxes, stands) {
  const found = new Map();
  for (const [from, to, aside, pieces, side, lanes] of picture.edges) {
    const source = stands(boxes[from]);
    const target = stands(boxes[to]);
    if (source === target) continue;
    const key = source.id * parts.length + target.id;
    const known = found.get(key);
    if (known) {
      known.aside = known.aside && aside === 1;
      continue;
    }
    const seen = (id) => stands(parts[id]) === parts[id];
    found.set(key, {
      source,
      target,
      aside: aside === 1,
      pieces: pieces.filter(([chain]) => seen(chain)).map((piece) => pieceOf(piece, parts, source, target, stands)),
      side: side !== null && seen(side) ? parts[side] : null,
      lanes: lanes.filter(([chain]) => seen(chain)).map(([chain, first, last]) => ({ chain: parts[chain], first, last })),
    });
  }
  return [...found.values()];
}

function pieceOf([chain, gap, kind, hasSource, hasTarget, beside, to], parts, source, target, stands) {
  const goal = parts[to];
  const stood = stands(goal);
  return {
    chain: parts[chain],
    gap,
    channel: [kind, hasSource ? source.order : -1, hasTarget ? target.order : -1],
    lane: beside === 1 && stood === goal ? goal : null,
    spine: beside === 1 && stood === goal ? null : stood,
  };
}
