// Where a packet is in the picture: a resting place for each hop, and the way from one to the next along the drawn lines.

const SAMPLES = 10; // points of each piece of a curve
const BESIDE = 16; // points to the left of an uplink: that is outside

const left = (node, y = node.y) => ({ x: node.x - node.w / 2, y });
const right = (node, y = node.y) => ({ x: node.x + node.w / 2, y });

/** The points along an edge of the picture, from its first end to its second. */
function along({ points }) {
  const found = [];
  for (let at = 0; at + 3 < points.length; at += 3) {
    const [a, b, c, d] = points.slice(at, at + 4);
    for (let step = at ? 1 : 0; step <= SAMPLES; step += 1) {
      const t = step / SAMPLES;
      const [ka, kb, kc, kd] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t ** 2 * (1 - t), t ** 3];
      found.push({ x: ka * a[0] + kb * b[0] + kc * c[0] + kd * d[0], y: ka * a[1] + kb * b[1] + kc * c[1] + kd * d[1] });
    }
  }
  return found;
}

/** The places of a walk's hops in `picture`: for each `{node, point}`; null where nothing of it is shown. */
export function restsOf(picture, hops) {
  const nodes = hops.map(({ link }) => (link ? nodeOf(picture, link) : null));
  return hops.map((hop, index) => {
    const node = nodes[index];
    if (node) return { node, point: restAt(picture, hop, node, nodes[index - 1] ?? nodes[index + 1]) };
    // outside: beside the uplink by which it comes in or goes out
    const near = hop.role === "outside" ? nodes.slice(index).find(Boolean) ?? nodes.slice(0, index).findLast(Boolean) : null;
    return near ? { node: null, point: { x: near.x - near.w / 2 - BESIDE, y: near.y } } : null;
  });
}

function nodeOf(picture, link) {
  const centre = picture.centreOf(link);
  const group = centre && picture.groupOf(link);
  return centre && { ...centre, id: group?.dataset.id ?? "" };
}

function restAt(picture, { link }, node, neighbour) {
  const word = node.id.split("-")[0];
  if (word === "bridge") {
    const inside = neighbour && Math.abs(neighbour.y - node.y) < node.h / 2;
    return right(node, inside ? neighbour.y : node.y);
  }
  return word === "port" || word === "uplink" ? right(node) : left(node);
}

/** The points from one rest to the next, along lines where there are some. */
export function wayBetween(picture, from, to) {
  if (!from || !to) return [];
  const lines = from.node && to.node ? linesBetween(picture, from.node.id, to.node.id) : [];
  return [from.point, ...lines, to.point];
}

function linesBetween(picture, from, to) {
  const direct = edgeBetween(picture, from, to);
  if (direct) return direct;
  for (const id of picture.places.nodes.keys()) {
    if (!id.startsWith("bridge-")) continue;
    const there = edgeBetween(picture, from, id) ?? within(picture, from, id);
    const on = edgeBetween(picture, id, to) ?? within(picture, to, id);
    if (there && on) return [...there, ...on];
  }
  return [];
}

/** No line leads to a port that is drawn in its bridge: none is needed there. */
function within({ places }, id, bridge) {
  const [port, around] = [places.nodes.get(id), places.nodes.get(bridge)];
  return port?.classes.includes("inset") && Math.abs(port.x - around.x) < around.w / 2 &&
    Math.abs(port.y - around.y) < around.h / 2 ? [] : null;
}

function edgeBetween(picture, from, to) {
  for (const edge of picture.places.edges.values()) {
    const [one, other] = edge.ends;
    if (one === from && other === to) return along(edge);
    if (one === to && other === from) return along(edge).reverse();
  }
  return null;
}

/** The point at `part` (0 to 1) of the way along `points`. */
export function pointAt(points, part) {
  const lengths = points.slice(1).map((point, index) => Math.hypot(point.x - points[index].x, point.y - points[index].y));
  let rest = part * lengths.reduce((sum, length) => sum + length, 0);
  for (const [index, length] of lengths.entries()) {
    if (rest <= length && length > 0) {
      const [a, b] = [points[index], points[index + 1]];
      return { x: a.x + ((b.x - a.x) * rest) / length, y: a.y + ((b.y - a.y) * rest) / length };
    }
    rest -= length;
  }
  return points.at(-1);
}
