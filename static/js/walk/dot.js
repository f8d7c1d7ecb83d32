// The packet in the picture: a dot that moves along the lines, and a ring around where it is.
import { shape, still } from "../dom.js";
import { pointAt, restsOf, wayBetween } from "./way.js";

const MOVES = 800; // milliseconds from one hop to the next
const ROOM = 5; // points around what the ring is about

/** Draws over `picture` where a walk is. */
export class Dot {
  #frame = 0;
  #remove = () => {};
  #at = null; // the number of the hop where it is

  constructor(picture) {
    this.picture = picture;
    this.ring = shape("rect", { class: "walk-ring", rx: 8 });
    this.dot = shape("circle", { class: "walk-dot", r: 8 });
    this.group = shape("g", { class: "walk-over", "aria-hidden": "true" });
    this.group.append(this.ring, this.dot);
  }

  /** Begin with a walk's hops. */
  show(hops) {
    this.hide();
    this.hops = hops;
    this.#at = null;
    this.#remove = this.picture.overlay(this.group);
  }

  /** Be at a hop; from the one before, move there. `wrong` is whether it ends there. */
  go(number, { wrong = false, moves = true } = {}) {
    cancelAnimationFrame(this.#frame);
    const rests = restsOf(this.picture, this.hops);
    const [from, to] = [rests[this.#at], rests[number]];
    this.#at = number;
    this.group.classList.toggle("wrong", wrong);
    this.group.classList.toggle("nowhere", !to);
    if (!to) return;
    this.#surround(to);
    this.#reveal();
    const points = moves && !still() ? wayBetween(this.picture, from, to) : [];
    if (points.length < 2) {
      this.#put(to.point);
      return;
    }
    const began = performance.now();
    const move = (now) => {
      const part = Math.min(1, (now - began) / MOVES);
      this.#put(pointAt(points, part));
      if (part < 1) this.#frame = requestAnimationFrame(move);
    };
    move(began);
  }

  /** The picture has changed: be where the hop is now. */
  again() {
    if (this.#at !== null) this.go(this.#at, { wrong: this.group.classList.contains("wrong"), moves: false });
  }

  hide() {
    cancelAnimationFrame(this.#frame);
    this.#remove();
    this.#remove = () => {};
    this.#at = null;
  }

  /** Bring the ring into the part of a large picture that one sees. */
  #reveal() {
    const [there, here] = [this.ring.getBoundingClientRect(), this.picture.room.getBoundingClientRect()];
    const beyond = (start, end, from, to) => Math.max(0, end - to) || Math.min(0, start - from);
    this.picture.room.scrollBy({
      left: beyond(there.left, there.right, here.left, here.right),
      top: beyond(there.top, there.bottom, here.top, here.bottom),
      behavior: still() ? "auto" : "smooth",
    });
  }

  #put({ x, y }) {
    this.dot.setAttribute("cx", x);
    this.dot.setAttribute("cy", y);
  }

  #surround({ node, point }) {
    this.group.classList.toggle("outside", !node); // there, nothing is drawn that one could be around
    const { x, y, w, h } = node ?? { ...point, w: 0, h: 0 };
    const box = { x: x - w / 2 - ROOM, y: y - h / 2 - ROOM, width: w + 2 * ROOM, height: h + 2 * ROOM };
    for (const [name, value] of Object.entries(box)) this.ring.setAttribute(name, value);
  }
}
