// Where everything is in a picture: read from the DOT, which has every place pinned, so that the browser need not lay
// anything out to tell. In points from the picture's upper left corner, as the layout on the server counts them.

const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
const HEAD = `\\[id=${QUOTED}, class=${QUOTED}, pos="([^"]*)"`;
const NODE = new RegExp(`^  ${QUOTED} ${HEAD}, width="([\\d.]+)", height="([\\d.]+)"`);
const EDGE = new RegExp(`^  ${QUOTED} -- ${QUOTED} ${HEAD}`);
const POINTS = 72; // to an inch, in which Graphviz counts widths
/* A link is drawn as one of these: the first that is there. */
const WORDS = ["bridge", "port", "uplink", "tunnel", "end", "room"];
const LINES = ["edge", "wire", "into", "across", "out"];

const unescape = (text) => text.replace(/\\(.)/g, "$1");

/** The link or namespace that an element of the picture stands for: its `id`, after a word for its part. */
export const linkIdOf = (dataId) => (dataId ?? "").replace(/^[a-z]+[-_]/, "");

/** The namespace that a link is in: link IDs are that, a slash, a number. */
export const spaceOf = (linkId) => linkId.split("/")[0];

/** The `id` of everything that a link or namespace may be drawn as, nodes and edges. */
export const drawnAs = (id) => [...WORDS, "container", ...LINES].map((word) => `${word}-${id}`);

/** What is in a picture, by its `id`: nodes `{id, classes, x, y, w, h}` (x and y are their centre's), and edges
 *  `{id, classes, ends, points}`. */
export function placesOf(dot) {
  const nodes = new Map();
  const edges = new Map();
  for (const line of dot.split("\n")) {
    const edge = EDGE.exec(line);
    const node = edge ? null : NODE.exec(line);
    if (edge) {
      const [, from, to, id, classes, pos] = edge;
      const points = pos.split(" ").map((point) => point.split(",").map(Number)).map(([x, y]) => [x, -y]);
      edges.set(unescape(id), { id: unescape(id), classes: classes.split(" "), ends: [unescape(from), unescape(to)], points });
    } else if (node) {
      const [x, y] = node[4].replace("!", "").split(",").map(Number);
      const made = { id: unescape(node[2]), classes: node[3].split(" "), x, y: -y };
      nodes.set(made.id, { ...made, w: node[5] * POINTS, h: node[6] * POINTS });
    }
  }
  return { nodes, edges };
}

/** The node that a link or namespace is drawn as: itself, or its container, or what it is folded into; or null.
 *  `links` is what is known of each link, by ID, `roots` the IDs of the hosts' own namespaces, by name. */
export function nodeOf({ nodes }, id, { links = {}, roots = {} } = {}) {
  for (const word of WORDS) {
    const node = nodes.get(`${word}-${id}`);
    if (node) return node;
  }
  const space = spaceOf(id);
  const home = nodes.get(`container-${space}`);
  if (home) return home;
  const own = links[id] ?? Object.entries(links).find(([each]) => spaceOf(each) === space)?.[1];
  if (!own) return null;
  const plug = own.master ? own : links[own.peer]; // the end that is plugged in says where
  return nodes.get(`fold-${plug?.master ?? roots[own.host]}`) ?? nodes.get(`shut-${own.host}`) ?? null;
}

/** The line that leads to a link, from its host's side: a container's interface, or a plug; or null. */
export const lineOf = ({ edges }, id) => edges.get(`wire-${id}`) ?? edges.get(`edge-${id}`) ?? edges.get(`into-${id}`) ?? null;
