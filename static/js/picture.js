// The picture in the middle: drawn anew when the network changes, the chosen call's links marked.
import { el, now } from "./dom.js";
import { Painter } from "./painter.js";
import { lineOf, linkIdOf, nodeOf, placesOf } from "./places.js";
import { Drawing, fit } from "./svg.js";

const SMALLEST = 11; // pixels: smaller text is not legible, the picture then scrolls
const REVEALED = 16; // pixels of room around what is brought into view
const LARGEST = 17; // pixels of the usual text: a picture of two nodes is not blown up

/** The picture. `on` has `choose(linkId)`, `drawn(picture, {received, made, placed})` and `failed(text)`. */
export class Picture {
  #drawing = new Drawing();
  #newest = -1;
  #shown = -1;
  #marked = new Set();
  #last = null;
  #broken = false;
  #epoch = 0; // counts the restarts: what was begun before one comes too late
  #places = { dot: "", nodes: new Map(), edges: new Map() };

  constructor(room, on) {
    Object.assign(this, { room, on, painter: new Painter(), links: {} });
    this.#say("Getting the picture ready …", "loading");
    this.painter.ready.catch((error) => {
      this.#broken = true;
      this.#fail(`Graphviz could not be started: ${error.message}.`);
    });
    this.space = { width: room.clientWidth, height: room.clientHeight };
    new ResizeObserver(() => {
      this.space = { width: room.clientWidth, height: room.clientHeight };
      this.#size();
    }).observe(room);
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
    if (picture.dot === this.#last && this.#drawing.svg) {
      this.#shown = picture.seq;
      this.on.drawn(picture, { received });
      return;
    }
    let text;
    let made;
    try {
      text = await this.painter.draw(picture.dot);
      if (text === null || epoch !== this.#epoch || picture.seq < this.#shown) return;
      made = now();
      this.#place(text);
    } catch (error) {
      if (this.#broken) return; // that is said already
      this.#fail(`The picture could not be drawn: ${error.message}.`);
      return;
    }
    this.#last = picture.dot;
    this.#shown = picture.seq;
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
    if (!mark) return;
    const there = mark.getBoundingClientRect();
    const here = this.room.getBoundingClientRect();
    const beyond = (start, end, from, to) => Math.max(0, end - to) || Math.min(0, start - from);
    this.room.scrollBy(
      beyond(there.left - REVEALED, there.right + REVEALED, here.left, here.right),
      beyond(there.top - REVEALED, there.bottom + REVEALED, here.top, here.bottom),
    );
  }

  linkName(id) {
    return this.links[id]?.name ?? id;
  }

  /** The nodes and edges of what is shown, each with its place (places.js). */
  get places() {
    if (this.#places.dot !== this.#last) this.#places = { dot: this.#last, ...placesOf(this.#last ?? "") };
    return this.#places;
  }

  /** The element that a link or namespace is drawn as (its container's, or what it is folded into); null if none is. */
  groupOf(id) {
    const node = nodeOf(this.places, id, this.links);
    return node && this.#drawing.group(node.id);
  }

  /** Where that is: `{x, y, w, h}`, x and y of its centre, in the picture's coordinates; null if it is not shown. */
  centreOf(id) {
    const node = nodeOf(this.places, id, this.links);
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

  #place(text) {
    this.#drawing.take(text);
    const { svg } = this.#drawing;
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", "The network as the kernel has it");
    for (const group of svg.querySelectorAll("[data-id]")) {
      group.classList.toggle("is-link", Boolean(this.links[linkIdOf(group.dataset.id)]));
    }
    // all is set before it is put into the page, so that the browser lays it out once
    this.#size();
    this.#paintMarks();
    if (svg.parentNode !== this.room) this.room.replaceChildren(svg);
    this.room.dataset.state = "drawn";
  }

  #paintMarks() {
    for (const group of this.#drawing.svg?.querySelectorAll("[data-id]") ?? []) {
      group.classList.toggle("now", this.#marked.has(linkIdOf(group.dataset.id)));
    }
  }

  #size() {
    const { svg } = this.#drawing;
    if (!svg) return;
    const room = { width: this.space.width - 2, height: this.space.height - 2 };
    const { width, height } = fit(svg, room, { smallest: SMALLEST, largest: LARGEST });
    svg.style.width = `${width}px`;
    svg.style.height = `${height}px`;
  }

  #click(event) {
    const group = event.target.closest("[data-id]");
    if (group) this.on.choose(linkIdOf(group.dataset.id));
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
