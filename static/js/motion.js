// From the old picture to the new: what stays keeps its place, what is new grows from where it was made, what goes fades.
// The new picture is in the page already when this begins, so nothing waits for it.

const LONG = 320; // milliseconds
const MOST = 80; // nodes that change at once: more is another picture, not a change
const HIDDEN = 0.3; // how much of what is new shows in the first frame
const EASY = "cubic-bezier(.2, .7, .3, 1)";

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const shift = (x, y) => `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
const play = (element, frames, how = {}) => element.animate(frames, { duration: LONG, easing: EASY, ...how });

/** Where a node grows from: what it is wired to on its left, or its own left side. */
function originOf(node, places) {
  const edge = [...places.edges.values()].find(({ ends }) => ends[1] === node.id);
  const from = edge && places.nodes.get(edge.ends[0]);
  return from ? Math.max(from.x + from.w / 2 - (node.x - node.w / 2), -node.w) : -node.w / 4;
}

/** Whether an edge is where it was, moved as a whole: by how much; null if it is another. */
function movedBy(was, is) {
  const first = was.points[0][1] - is.points[0][1];
  const last = was.points.at(-1)[1] - is.points.at(-1)[1];
  return first === last && was.points[0][0] === is.points[0][0] ? first : null;
}

/** What differs between two pictures (places.js). */
export function compare(before, after) {
  const fresh = [...after.nodes.values()].filter(({ id }) => !before.nodes.has(id));
  const gone = [...before.nodes.values()].filter(({ id }) => !after.nodes.has(id));
  const moved = [];
  for (const [id, node] of after.nodes) {
    const was = before.nodes.get(id);
    // plates and frames grow downwards: what counts is their upper left corner
    const [x, y] = was ? [was.x - was.w / 2 - (node.x - node.w / 2), was.y - was.h / 2 - (node.y - node.h / 2)] : [0, 0];
    if (Math.abs(x) > 0.5 || Math.abs(y) > 0.5) moved.push({ id, x, y });
  }
  return { fresh, gone, moved };
}

/** Move from `before` to `after`, both as places.js gives them. `element(id)` is what is in the page now, `left` what was
 *  taken out of it, `leave(element)` shows one of those again until it has faded. */
export function move(before, after, { element, left, leave }) {
  const { fresh, gone, moved } = compare(before, after);
  if (calm.matches || before.nodes.size === 0 || fresh.length + gone.length + moved.length > MOST) return;
  for (const { id, x, y } of moved) {
    const it = element(id);
    if (it) play(it, { transform: [shift(x, y), "none"] });
  }
  for (const node of fresh) {
    const it = element(node.id);
    if (!it) continue;
    const grown = ["port", "tunnel", "more"].some((word) => node.classes.includes(word));
    it.style.transformOrigin = `${node.x - node.w / 2}px ${node.y}px`;
    const small = grown ? `${shift(originOf(node, after), 0)} scale(.4, 1)` : "scale(.92)";
    play(it, { transform: [small, "none"], opacity: [HIDDEN, 1] });
  }
  for (const [id, edge] of after.edges) {
    const was = before.edges.get(id);
    const by = was && movedBy(was, edge);
    if (was && by !== null && Math.abs(by) < 0.5) continue;
    const it = element(id);
    if (it && by) play(it, { transform: [shift(0, by), "none"] });
    else if (it) play(it, { opacity: [HIDDEN, 1] });
  }
  const ways = journeys(before, after);
  for (const one of left) {
    const way = ways.get(one.dataset.id);
    leave(one);
    const frames = way ? { transform: ["none", shift(way.x, way.y)], opacity: [1, 0] } : { opacity: [0.8, 0] };
    play(one, frames, { duration: way ? 2 * LONG : LONG }).finished.then(() => one.remove(), () => one.remove());
  }
}

/** The ends of pairs that were moved into containers: how far each goes, by the ID of its box. */
function journeys(before, after) {
  const ways = new Map();
  for (const node of before.nodes.values()) {
    if (!node.classes.includes("end") || after.nodes.has(node.id)) continue;
    const plug = [...before.edges.values()].find(({ ends }) => ends[1] === node.id)?.ends[0];
    const home = plug && [...after.edges.values()].find(({ id, ends }) => id.startsWith("wire-") && ends[0] === plug)?.ends[1];
    const there = home && after.nodes.get(home);
    if (there) ways.set(node.id, { x: there.x - node.x, y: there.y - node.y });
  }
  return ways;
}
