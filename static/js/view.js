// Which part of the picture one sees, and how large: the room scrolls, the SVG in it is larger or smaller.
import { fit, sizeOf } from "./svg.js";

const LEGIBLE = {
  smallest: 11, // pixels: smaller text is not legible, the picture then scrolls
  largest: 17, // pixels of the usual text: a picture of two nodes is not blown up
};
const USUAL = 14; // points of the smallest text in a picture
const AROUND = 17; // points that the drawing leaves free above and below
const MOST = 4; // pixels for a point, at the most
const STEP = 1.25;
const REVEALED = 16; // pixels of room around what is brought into view
const DRAGGED = 4; // pixels until a press is a drag and no click
const WHEEL = 0.0025; // how much a notch of the wheel zooms, by its pixels

/** `changed()` is called when the room has another size. */
export class View {
  #svg = null;
  #scale = null; // pixels for a point as one chose it; null: as large as fits
  #now = 1; // pixels for a point as it is
  #legible = LEGIBLE;

  constructor(room, changed) {
    Object.assign(this, { room, changed, covered: 0 });
    this.space = { width: room.clientWidth, height: room.clientHeight };
    new ResizeObserver(() => {
      this.space = { width: room.clientWidth, height: room.clientHeight };
      this.size();
      changed();
    }).observe(room);
    room.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    room.addEventListener("pointerdown", (event) => this.#press(event));
  }

  /** How many points high a picture may be that fits into the room with legible text. */
  get high() {
    return Math.floor(((this.space.height - 2) / this.#legible.smallest) * USUAL) - AROUND;
  }

  /** Between which sizes, in pixels, the usual text is to be; without `sizes`, for a reader at the screen. */
  legible(sizes = LEGIBLE) {
    this.#legible = sizes;
    this.size();
    this.changed();
  }

  /** Pixels for a point. */
  get scale() {
    return this.#now;
  }

  /** Whether the picture is as large as fits, and not as large as one chose. */
  get fits() {
    return this.#scale === null;
  }

  /** Give the SVG its size; before it is put into the page, so that the browser lays it out once. */
  size(svg = this.#svg) {
    this.#svg = svg;
    if (!svg) return;
    const natural = sizeOf(svg);
    this.#now = this.#scale ?? this.#fitting(svg);
    svg.style.width = `${Math.round(natural.width * this.#now)}px`;
    svg.style.height = `${Math.round(natural.height * this.#now)}px`;
  }

  #fitting(svg) {
    return fit(svg, { width: this.space.width - 2, height: this.space.height - 2 }, this.#legible);
  }

  /** Larger (over 1) or smaller, with what is at `x`, `y` (pixels of the page; else the middle) staying where it is. */
  zoom(factor, x, y) {
    if (!this.#svg) return;
    const { room } = this;
    const natural = sizeOf(this.#svg);
    const least = Math.min(this.#fitting(this.#svg), this.space.width / natural.width, this.space.height / natural.height);
    const here = room.getBoundingClientRect();
    const at = { x: x ?? here.left + here.width / 2, y: y ?? here.top + here.height / 2 };
    const before = this.#svg.getBoundingClientRect();
    const point = { x: (at.x - before.left) / this.#now, y: (at.y - before.top) / this.#now };
    this.#scale = Math.min(Math.max(this.#now * factor, least), MOST);
    this.size();
    const after = this.#svg.getBoundingClientRect();
    room.scrollBy(after.left + point.x * this.#now - at.x, after.top + point.y * this.#now - at.y);
  }

  in() {
    this.zoom(STEP);
  }

  out() {
    this.zoom(1 / STEP);
  }

  /** As large as fits again. */
  fit() {
    this.#scale = null;
    this.size();
    this.room.scrollTo(0, 0);
  }

  /** So many pixels at the right are covered by something else: what is under them can be scrolled out. */
  cover(pixels) {
    this.covered = pixels;
    this.room.style.paddingRight = pixels ? `${pixels}px` : "";
  }

  /** Bring an element of the picture into the part that one sees. */
  reveal(element) {
    const there = element.getBoundingClientRect();
    const here = this.room.getBoundingClientRect();
    const beyond = (start, end, from, to) => (end - start > to - from ? start - from : Math.max(0, end - to) || Math.min(0, start - from));
    this.room.scrollBy(
      beyond(there.left - REVEALED, there.right + REVEALED, here.left, here.right - this.covered),
      beyond(there.top - REVEALED, there.bottom + REVEALED, here.top, here.bottom),
    );
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return; // it scrolls
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY * WHEEL), event.clientX, event.clientY);
  }

  /** Drag the picture. A finger scrolls by itself. */
  #press(event) {
    if (event.pointerType === "touch" || event.button !== 0) return;
    const { room } = this;
    const from = { x: event.clientX, y: event.clientY, left: room.scrollLeft, top: room.scrollTop };
    let dragged = false;
    const move = (moved) => {
      const by = { x: moved.clientX - from.x, y: moved.clientY - from.y };
      if (!dragged && Math.hypot(by.x, by.y) < DRAGGED) return;
      if (!dragged) {
        dragged = true;
        room.dataset.dragged = "yes";
      }
      room.scrollTo(from.left - by.x, from.top - by.y);
    };
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      if (!dragged) return;
      const still = (click) => click.stopPropagation(); // the end of a drag is no click
      room.addEventListener("click", still, { capture: true, once: true });
      setTimeout(() => {
        room.removeEventListener("click", still, { capture: true });
        delete room.dataset.dragged;
      });
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }
}
