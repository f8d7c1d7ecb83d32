// What the reference driver would make of a held call, in grey dashes over the picture. What has no place there is not drawn.
import { shape } from "../dom.js";

const BRIDGE = { w: 156, h: 84 };
const PORT = { w: 136, h: 34 };
const INSIDE = { w: 260, h: 74 };
const GAP = 40;
const NEXT = 100; // from one plug of a bridge down to the next, unless there are two to tell
const EDGE = 12; // pixels of room around what would be outside of the picture
const LINE = 18; // from one line of text to the next

/** A dashed box around a place, with lines of text in it. */
function box({ x, y, w, h }, lines, kind = "") {
  const top = y - ((lines.length - 1) * LINE) / 2 + 5;
  return shape("g", { class: `ghost ${kind}` },
    shape("rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 7 }),
    ...lines.map((line, index) => {
      const text = shape("text", { x: x - w / 2 + 12, y: top + index * LINE });
      text.textContent = line;
      return text;
    }));
}

const line = (from, to) => shape("path", { class: "ghost", d: `M${from.x + from.w / 2},${from.y} L${to.x - to.w / 2},${to.y}` });
const beside = (place, size, gap = GAP) => ({ x: place.x + place.w / 2 + gap + size.w / 2, y: place.y, ...size });
const around = ({ x, y, w, h }, by = 9) => ({ x, y, w: w + 2 * by, h: h + 2 * by });

/** Draws the parts of a plan over one picture. */
class Sketch {
  constructor(picture, call) {
    Object.assign(this, { picture, call });
    this.nodes = [...picture.places.nodes.values()];
  }

  /** The place of a link of the call's host by its name, or null; `home`: on the host itself, not in a container. */
  place(name, home = true) {
    const found = Object.entries(this.picture.links).find(([, link]) => (
      link.name === name && link.host === this.call.host && (!home || !link.container)
    ));
    return found ? this.picture.centreOf(found[0]) : null;
  }

  /** The place of the call's endpoint in its container, or null. */
  contained() {
    const found = Object.entries(this.picture.links).find(([, link]) => link.endpoint && link.endpoint === this.call.endpoint && link.container);
    return found ? this.picture.centreOf(found[0]) : null;
  }

  host() {
    return this.nodes.find(({ id }) => id === `host-${this.call.host}`) ?? null;
  }

  isIn(node, place) {
    return Math.abs(node.x - place.x) < place.w / 2 && Math.abs(node.y - place.y) < place.h / 2;
  }

  /** Where the next bridge would be: under the last one, or beside what the host has. */
  freeForBridge() {
    const host = this.host();
    if (!host) return null;
    const last = this.nodes.filter((node) => node.classes.includes("bridge") && this.isIn(node, host)).sort((one, other) => other.y - one.y)[0];
    if (last) return { ...BRIDGE, x: last.x, y: last.y + last.h / 2 + 30 + BRIDGE.h / 2 };
    return beside(host, BRIDGE);
  }

  /** Where the next plug of a bridge would be: under the last one, or beside it. */
  freeForPort(bridge) {
    const near = this.nodes.filter((node) => node.classes.includes("port") && Math.abs(node.y - bridge.y) <= bridge.h / 2 && node.x > bridge.x);
    const first = near.sort((one, other) => one.x - other.x)[0];
    const [last, before] = near.filter((node) => first && Math.abs(node.x - first.x) < 5).sort((one, other) => other.y - one.y);
    return last ? { ...PORT, x: last.x, y: last.y + (before ? last.y - before.y : NEXT) } : beside(bridge, PORT);
  }

  inside({ prefix, addresses = [], gateways = [] }) {
    const shown = [`${prefix}… in the container`, addresses.join(" "), gateways.length ? `gateway ${gateways.join(" ")}` : ""];
    return shown.filter(Boolean);
  }

  draw(part) {
    const make = this[`${part.op}_${part.what}`];
    return make ? make.call(this, part) : [];
  }

  add_bridge({ name, addresses }) {
    const place = this.freeForBridge();
    return place ? [box(place, [name, ...addresses.slice(0, 2)])] : [];
  }

  add_pair(part) {
    const bridge = part.on ? this.place(part.on) : this.host();
    if (!bridge) return [];
    const plug = part.on ? this.freeForPort(bridge) : beside(bridge, PORT);
    const far = beside(plug, INSIDE, 2 * GAP);
    const lines = part.on ? [line(bridge, plug), line(plug, far)] : [line(plug, far)];
    return [...lines, box(plug, [part.name]), box(far, [part.peer, ...this.inside(part).slice(1)])];
  }

  add_link(part) {
    const parent = this.place(part.on);
    if (!parent) return [];
    const far = beside(parent, INSIDE, 2 * GAP);
    return [line(parent, far), box(far, [part.name, ...this.inside(part).slice(1)])];
  }

  move_link(part) {
    const end = this.place(part.name);
    if (!end) return [];
    const far = beside(end, INSIDE, 2 * GAP);
    return [line(end, far), box(far, this.inside(part))];
  }

  back_link() {
    const there = this.contained();
    return there ? [box(around(there), [], "goes")] : [];
  }

  gone({ name }) {
    const place = this.place(name);
    return place ? [box(around(place), [], "goes")] : [];
  }

  remove_bridge(part) { return this.gone(part); }

  remove_tunnel(part) { return this.gone(part); }

  remove_dummy(part) { return this.gone(part); }

  remove_pair(part) { return this.gone(part); }

  remove_link(part) { return this.gone(part); }
}

/** Let what is drawn over a picture be seen, also where it is outside of it; gives a function that undoes that. */
export function makeRoom({ svg, view }, made) {
  if (!svg?.contains(made)) return () => {};
  const [drawn, whole] = [made.getBoundingClientRect(), svg.getBoundingClientRect()];
  const beyond = { marginRight: drawn.right - whole.right, marginBottom: drawn.bottom - whole.bottom };
  for (const [side, pixels] of Object.entries(beyond)) svg.style[side] = pixels > 0 ? `${pixels + EDGE}px` : "";
  view.reveal(made);
  return () => Object.assign(svg.style, { marginRight: "", marginBottom: "" });
}

/** What the reference driver would do with a held call, as an element to be drawn over the picture; null if nothing. */
export function sketch(picture, call) {
  const by = new Sketch(picture, call);
  const parts = call.plan.flatMap((part) => by.draw(part));
  return parts.length ? shape("g", { class: "ghosts" }, ...parts) : null;
}
