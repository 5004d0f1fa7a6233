// Lines with rounded corners.

const CORNER = 5;

/** The data of a path through points, with rounded corners. */
export function path(points) {
  const told = [`M${spot(points[0])}`];
  let here = points[0];
  for (let index = 1; index < points.length; index++) {
    const corner = points[index];
    const next = points[index + 1];
    if (!next) {
      told.push(`L${spot(corner)}`);
      break;
    }
    const radius = Math.min(CORNER, away(here, corner) / 2, away(corner, next) / 2);
    const end = toward(corner, next, radius);
    told.push(`L${spot(toward(corner, here, radius))}Q${spot(corner)} ${spot(end)}`);
    here = end;
  }
  return told.join("");
}

const spot = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;
const away = (a, b) => Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]);

function toward(from, to, distance) {
  const share = distance / (away(from, to) || 1);
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
}
