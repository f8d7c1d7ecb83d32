// The picture in the middle: drawn anew when the network changes, the chosen call's links marked.
import { el, now } from "./dom.js";
import { move } from "./motion.js";
import { Nodes } from "./nodes.js";
import { Painter } from "./painter.js";
import { drawnAs, lineOf, linkIdOf, nodeOf, placesOf, spaceOf } from "./places.js";
import { Drawing } from "./svg.js";
import { View } from "./view.js";

const NOTHING = { dot: null, nodes: new Map(), edges: new Map() };

/** The picture. `on` has `choose(linkId)`, `open(dataId)` (all that is known of a node is wished for), `moved(dataId)` (that
 *  node has the focus now), `drawn(picture, {received, made, placed})`, `resized()` and `failed(text)`. */
export class Picture {
  #drawing = new Drawing();
  #newest = -1;
  #shown = -1;
  #marked = new Set();
  #painted = new Set(); // the elements that are marked
  #last = null;
  #broken = false;
  #epoch = 0; // counts the restarts: what was begun before one comes too late
  #places = NOTHING;
  isStill = false; // whether what is new is shown without motion

  constructor(room, on) {
    Object.assign(this, { room, on, painter: new Painter(), links: {}, roots: {}, latest: null });
    this.#say("Getting the picture ready …", "loading");
    this.painter.ready.catch((error) => {
      this.#broken = true;
      this.#fail(`Graphviz could not be started: ${error.message}.`);
    });
    this.view = new View(room, () => on.resized());
    this.nodes = new Nodes(this, room, { open: (group) => this.#open(group), moved: (group) => on.moved(group.dataset.id) });
    room.addEventListener("click", (event) => this.#click(event));
  }

  /** Pictures of another session, or of another time, are not older or newer. */
  restart() {
    this.#newest = -1;
    this.#shown = -1;
    this.#epoch += 1;
  }

  /** Draw a picture unless a newer one is known. */
  async show(picture, received) {
    if (picture.seq < this.#newest) return;
    this.#newest = picture.seq;
    this.links = picture.links;
    const epoch = this.#epoch;
    this.roots = picture.roots ?? {};
    if (picture.dot === this.#last && this.#drawing.svg) {
      this.#shown = picture.seq;
      this.latest = picture;
      this.on.drawn(picture, { received });
      return;
    }
    let text;
    let made;
    try {
      text = await this.painter.draw(picture.dot);
      if (text === null || epoch !== this.#epoch || picture.seq < this.#shown) return;
      made = now();
      this.#place(text, picture.dot);
    } catch (error) {
      if (this.#broken) return; // that is said already
      this.#fail(`The picture could not be drawn: ${error.message}.`);
      return;
    }
    this.#shown = picture.seq;
    this.latest = picture;
    this.on.drawn(picture, { received, made, placed: now() });
  }

  /** The server could not make a picture. */
  cannot() {
    this.#fail("The plugin could not draw the network; its log says why.");
  }

  /** Mark what a call did to the links in `ids`, and every link in the picture that call `number` made. */
  mark(ids, number) {
    const made = Object.entries(this.links).filter(([, link]) => number !== null && link.made_by === number);
    this.#marked = new Set([...ids, ...made.map(([id]) => id)]);
    this.#paintMarks();
  }

  /** Bring what is marked into the part of a large picture that one sees. */
  reveal() {
    const mark = this.#drawing.svg?.querySelector(".node.now");
    if (mark) this.view.reveal(mark);
  }

  linkName(id) {
    return this.links[id]?.name ?? id;
  }

  /** The number of the call that made a link, or the oldest link of a container; null if nobody knows. */
  madeBy(id) {
    const own = Object.entries(this.links).filter(([each, { made_by: call }]) => call && (each === id || spaceOf(each) === id));
    return this.links[id]?.made_by ?? (own.length ? Math.min(...own.map(([, link]) => link.made_by)) : null);
  }

  /** The picture's SVG element; null before the first. */
  get svg() {
    return this.#drawing.svg;
  }

  /** The nodes and edges of what is shown, each with its place (places.js). */
  get places() {
    if (this.#places.dot !== this.#last) this.#places = { dot: this.#last, ...placesOf(this.#last ?? "") };
    return this.#places;
  }

  /** The element with that `data-id`; null if there is none. */
  element(dataId) {
    return this.#drawing.group(dataId);
  }

  /** The element that a link or namespace is drawn as (its container's, or what it is folded into); null if none is. */
  groupOf(id) {
    const node = nodeOf(this.places, id, this);
    return node && this.#drawing.group(node.id);
  }

  /** Where that is: `{x, y, w, h}`, x and y of its centre, in the picture's coordinates; null if it is not shown. */
  centreOf(id) {
    const node = nodeOf(this.places, id, this);
    return node && { x: node.x, y: node.y, w: node.w, h: node.h };
  }

  /** The element of the line that leads to a link from its host's side; null if none is shown. */
  lineOf(id) {
    const edge = lineOf(this.places, id);
    return edge && this.#drawing.group(edge.id);
  }

  /** Draw an SVG element over the picture, in its coordinates. It stays when the picture changes, until the function
   *  that is given back is called. */
  overlay(element) {
    this.#drawing.over.append(element);
    return () => element.remove();
  }

  #place(text, dot) {
    const before = this.places;
    const left = this.#drawing.take(text);
    this.#last = dot;
    const { svg } = this.#drawing;
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", "The network as the kernel has it");
    for (const group of svg.querySelectorAll("[data-id]")) {
      group.classList.toggle("is-link", Boolean(this.links[linkIdOf(group.dataset.id)]));
    }
    // all is set before it is put into the page, so that the browser lays it out once
    this.view.size(svg);
    this.#paintMarks();
    if (svg.parentNode !== this.room) this.room.replaceChildren(svg);
    this.room.dataset.state = "drawn";
    if (!this.isStill) {
      move(before, this.places, {
        left,
        element: (id) => this.#drawing.group(id),
        leave: (element) => this.#drawing.leaving.append(element),
      });
    }
    this.nodes.drawn(svg);
  }

  #paintMarks() {
    const now = new Set();
    for (const id of this.#marked) {
      for (const dataId of drawnAs(id)) now.add(this.#drawing.group(dataId));
      // what is folded is marked on the box that it is in
      const node = nodeOf(this.places, id, this);
      if (node?.classes.includes("more")) now.add(this.#drawing.group(node.id));
    }
    for (const group of this.#painted) if (!now.has(group)) group.classList.remove("now");
    now.delete(null);
    for (const group of now) group.classList.add("now");
    this.#painted = now;
  }

  #click(event) {
    const group = event.target.closest("[data-id]");
    if (!group) return;
    if (!group.classList.contains("more")) this.on.choose(linkIdOf(group.dataset.id));
    this.#open(group);
  }

  #open(group) {
    this.on.open(group.dataset.id);
  }

  #say(text, state) {
    this.room.dataset.state = state;
    this.room.replaceChildren(el("p", { class: "placeholder" }, text));
  }

  #fail(text) {
    if (this.#drawing.svg) {
      this.room.dataset.state = "stale";
      this.on.failed(text);
      return;
    }
    this.#say(`${text} The calls on the right go on. Reload the page to try again.`, "failed");
  }
}
