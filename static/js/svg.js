// Graphviz's SVG made safe and sized for the page.
import { shape } from "./dom.js";
import { groupsOf } from "./layout.js";

const SVG = "http://www.w3.org/2000/svg";
const XLINK = "http://www.w3.org/1999/xlink";
const PARTS = /^(node|edge)\b/;
const ELEMENTS = new Set(["svg", "g", "path", "polygon", "polyline", "ellipse", "circle", "rect", "line", "text", "tspan", "title"]);
const ATTRIBUTES = new Set([
  "class", "transform", "viewBox", "width", "height", "d", "points", "x", "y", "cx", "cy", "rx", "ry", "x1", "y1",
  "x2", "y2", "r", "fill", "stroke", "stroke-width", "stroke-dasharray", "text-anchor", "font-size", "font-family",
  "font-weight", "font-style", "dominant-baseline",
]);

/** A drawing in the page. What is the same in the next picture stays the same element, so it is not laid out again. */
export class Drawing {
  #groups = new Map(); // by ID: the element, and the text that it was made of
  #elements = new Map(); // by ID: what is in the page now
  svg = null;
  /** What others draw over the picture, in its own coordinates: it stays when the picture changes. */
  over = shape("g");
  /** What was in the picture and fades. */
  leaving = shape("g");

  /** The element of a node or an edge, by its ID; null if there is none. */
  group(id) {
    return this.#elements.get(id) ?? null;
  }

  /** Bring `svg` up to Graphviz's `text`; gives the elements that are not in it any more. Throws an Error if it is no
   *  picture; then all is as it was. */
  take(text) {
    const left = [];
    let frame;
    const sources = groupsOf(text, (rest) => {
      frame = safeSvg(rest);
    });
    const groups = this.#made(sources);
    const graph = this.#frame(frame);
    for (const [id, { element }] of this.#groups) {
      if (groups.get(id)?.element === element) continue;
      element.remove();
      if (!groups.has(id)) left.push(element);
    }
    let next = graph.firstChild;
    for (const child of [...graph.childNodes]) if (!child.dataset?.id) next = child.nextSibling; // groups come last
    for (const { element } of groups.values()) {
      if (element === next) next = next.nextSibling;
      else graph.insertBefore(element, next);
    }
    this.#groups = groups;
    this.#elements = new Map([...groups.values()].map(({ element }) => [element.dataset.id, element]));
    this.#lay(graph);
    return left;
  }

  /** Put what is drawn over the picture on top of it, in the same coordinates. */
  #lay(graph) {
    if (this.over.parentNode !== this.svg) this.svg.append(this.leaving, this.over);
    for (const layer of [this.leaving, this.over]) copyAttributes(graph, layer, ["transform"]);
  }

  #made(sources) {
    const fresh = [...sources].filter(([id, source]) => this.#groups.get(id)?.source !== source);
    const parsed = fresh.length ? safeSvg(`<svg xmlns="${SVG}" xmlns:xlink="${XLINK}">${fresh.map(([, source]) => source).join("")}</svg>`) : null;
    const elements = new Map(fresh.map(([id], index) => [id, parsed.children[index]]));
    return new Map([...sources].map(([id, source]) => [id, { source, element: elements.get(id) ?? this.#groups.get(id).element }]));
  }

  /** What is around the groups: size, and the group that they are in, which is given back. */
  #frame(fresh) {
    const found = fresh.querySelector(".graph") ?? fresh;
    const graph = this.svg?.querySelector(".graph");
    if (!graph || found === fresh) {
      this.svg = fresh;
      this.#groups = new Map();
      return found;
    }
    copyAttributes(fresh, this.svg, ["viewBox"]);
    copyAttributes(found, graph, ["transform", "class"]);
    const old = [...graph.children].filter((child) => !child.dataset.id);
    const news = [...found.children];
    if (old.length !== news.length || old.some((child, index) => !child.isEqualNode(news[index]))) {
      for (const child of old) child.remove();
      graph.prepend(...news);
    }
    return graph;
  }
}

function copyAttributes(from, to, names) {
  for (const name of names) {
    const value = from.getAttribute(name) ?? "";
    if (to.getAttribute(name) !== value) to.setAttribute(name, value);
  }
}

/** The SVG element in `text`, with nothing in it but drawing: no links, scripts, styles or handlers. */
function safeSvg(text) {
  const found = new DOMParser().parseFromString(text, "image/svg+xml");
  const root = found.documentElement;
  if (root.namespaceURI !== SVG || root.localName !== "svg") throw new Error("Graphviz gave no picture");
  clean(root);
  return document.importNode(root, true);
}

function clean(root) {
  for (const title of root.querySelectorAll("title")) title.remove(); // Graphviz's own names of nodes
  for (const element of [root, ...root.querySelectorAll("*")]) {
    if (element.namespaceURI === SVG && element.localName === "a") {
      // Graphviz makes a link of what has a tooltip: here it is a tooltip and no link
      const tip = root.ownerDocument.createElementNS(SVG, "title");
      tip.textContent = element.getAttributeNS(XLINK, "title") ?? "";
      element.replaceWith(tip, ...element.childNodes);
    } else if (element.namespaceURI !== SVG || !ELEMENTS.has(element.localName)) {
      element.remove();
    } else {
      for (const name of element.getAttributeNames()) {
        // an id of the picture must not be taken for one of the page
        if (name === "id" && PARTS.test(element.getAttribute("class"))) {
          element.setAttribute("data-id", element.getAttribute("id"));
        }
        if (!ATTRIBUTES.has(name)) element.removeAttribute(name);
      }
    }
  }
}

/** Width and height of a picture in its own units. */
export function sizeOf(svg) {
  const { width, height } = svg.viewBox.baseVal;
  return { width: width || 1, height: height || 1 };
}

/** How many pixels a point has where `svg` fills `room` best, with no text under `smallest` or over `largest` pixels. */
export function fit(svg, room, { smallest, largest }) {
  const { width, height } = sizeOf(svg);
  const sizes = [...svg.querySelectorAll(".graph text")].map((text) => Number(text.getAttribute("font-size")) || 14);
  const least = Math.min(14, ...sizes);
  const usual = sizes.sort((one, other) => one - other)[Math.floor(sizes.length / 2)] ?? 14;
  const whole = Math.min(room.width / width, room.height / height);
  return Math.max(Math.min(whole, largest / usual), smallest / least);
}
