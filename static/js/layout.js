// How the picture is drawn: the places come pinned in the DOT, so Graphviz draws each node and edge by itself, and only
// those that are new. Whatever is the same in the DOT is taken from the last picture.

const PAD = 7.2; // points around the picture
const BOX = /\bbb="([-\d.]+),([-\d.]+),([-\d.]+),([-\d.]+)"/;
const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
const NODE = new RegExp(`^  ${QUOTED} \\[id=${QUOTED}, `);
const EDGE = new RegExp(`^  ${QUOTED} -- ${QUOTED} \\[id=${QUOTED}, `);
/* A node or an edge as Graphviz writes it, after a comment with its name: text has no raw "<" in it. */
const GROUP = /^<!-- .*?-->\n(<g id="([^"]+)" class="(?:node|edge)[^"]*">\n[\s\S]*?\n<\/g>\n)(?=<!-- |<\/g>\n<\/svg>)/gm;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"' };

const whole = (graphviz, dot) => graphviz.layout(dot, "svg", "nop2");
const unescape = (text) => text.replace(/\\(.)/g, "$1");
const decode = (text) => text.replace(/&(?:#(\d+)|(\w+));/g, (all, number, name) => (number ? String.fromCodePoint(number) : ENTITIES[name] ?? all));

/** The groups in Graphviz's SVG: by ID as it is written there, the text of each. The rest is given to `rest`. */
export function groupsOf(svg, rest = () => {}) {
  const groups = new Map();
  rest(svg.replace(GROUP, (_all, source, id) => {
    groups.set(groups.has(id) ? `${id} ${groups.size}` : id, source);
    return "";
  }));
  return groups;
}

/** The DOT by its statements, each a line of its own; null if it is not written so. */
function statements(dot) {
  const head = [];
  const nodes = new Map(); // name to line
  const all = []; // {line, id, ends}
  for (const line of dot.split("\n")) {
    const edge = EDGE.exec(line);
    const node = edge ? null : NODE.exec(line);
    if (edge) all.push({ line, id: unescape(edge[3]), ends: [edge[1], edge[2]] });
    else if (node) {
      nodes.set(node[1], line);
      all.push({ line, id: unescape(node[2]), ends: [] });
    } else if (line.startsWith('  "')) return null;
    else if (line && line !== "}") head.push(line);
  }
  const box = BOX.exec(head.join("\n"))?.slice(1).map(Number);
  const isSound = box && new Set(all.map(({ id }) => id)).size === all.length && all.every(({ ends }) => ends.every((end) => nodes.has(end)));
  return isSound ? { head, nodes, all, box } : null;
}

/** Draws one DOT after the other. */
export class Layout {
  #drawn = new Map(); // the line of a statement to what Graphviz made of it

  constructor(graphviz) {
    this.graphviz = graphviz;
  }

  /** The SVG of `dot`, as text. Throws an Error with Graphviz's own words if it cannot be drawn. */
  svg(dot) {
    const parts = statements(dot);
    if (!parts || !this.#draw(parts)) return whole(this.graphviz, dot);
    const { all, box: [left, bottom, right, top] } = parts;
    const groups = all.map(({ line }) => `<!-- -->\n${this.#drawn.get(line)}`);
    const size = `${(right - left + 2 * PAD).toFixed(2)} ${(top - bottom + 2 * PAD).toFixed(2)}`;
    return [
      `<svg viewBox="0 0 ${size}" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">\n`,
      `<g class="graph" transform="translate(${PAD - left} ${PAD + top})">\n`,
      ...groups,
      "</g>\n</svg>\n",
    ].join("");
  }

  /** Have what is new drawn; false if not all of it can be found again. */
  #draw({ head, nodes, all }) {
    const fresh = all.filter(({ line }) => !this.#drawn.has(line));
    const lines = new Set(fresh.flatMap(({ line, ends }) => [...ends.map((end) => nodes.get(end)), line]));
    const isNode = ({ ends }) => ends.length === 0;
    const wanted = [...all.filter(isNode), ...all.filter((one) => !isNode(one))].map(({ line }) => line).filter((line) => lines.has(line));
    const groups = new Map();
    if (wanted.length) {
      for (const [id, source] of groupsOf(whole(this.graphviz, [...head, ...wanted, "}", ""].join("\n")))) groups.set(decode(id), source);
    }
    const drawn = new Map();
    for (const { line, id } of all) {
      const source = this.#drawn.get(line) ?? groups.get(id);
      if (source === undefined) return false;
      drawn.set(line, source);
    }
    this.#drawn = drawn;
    return true;
  }
}
