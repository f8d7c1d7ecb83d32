// The picture by keyboard: one node has the focus, the arrows go to the next one that way, Enter opens it.

const OPENED = "bridge port container uplink other tunnel end title more".split(" ");
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ASIDE = 2; // how much worse a point aside is than one ahead

/** Whether a node of that kind can be opened: all but frames and lines of text. */
export const isOpened = (classes) => OPENED.some((word) => classes.includes(word));

/** From `from`, the nearest of `nodes` in the direction `(dx, dy)`; null if there is none. */
export function nearest(nodes, from, [dx, dy]) {
  let best = null;
  let least = Infinity;
  for (const node of nodes) {
    const [x, y] = [node.x - from.x, node.y - from.y];
    // from a tall plate, what stands beside it is straight ahead
    const beside = Math.max(0, Math.abs(y) - from.h / 2);
    const ahead = dx ? x * dx : y * dy;
    const aside = dx ? beside : Math.abs(x);
    if (node.id === from.id || ahead <= 1 || aside > ahead * 3 + 1) continue;
    const cost = ahead + ASIDE * aside + (dx && !beside ? Math.abs(y) / 100 : 0);
    if (cost < least) [best, least] = [node, cost];
  }
  return best;
}

/** The keyboard's way through the picture. `open(element)` is called for the node that Enter is pressed on, `moved(element)`
 *  when another has the focus. */
export class Nodes {
  #stop = null; // the ID of the node that the Tab key reaches
  #focused = null; // the ID of the node with the focus

  constructor(picture, room, { open, moved }) {
    Object.assign(this, { picture, room, open, moved });
    room.addEventListener("keydown", (event) => this.#key(event));
    room.addEventListener("focusin", ({ target }) => {
      this.#focused = target.dataset?.id ?? null;
      if (this.#focused) this.#reach(this.#focused);
    });
    room.addEventListener("focusout", ({ target }) => {
      if (target.isConnected) this.#focused = null; // else it was drawn anew, and gets the focus back
    });
  }

  /** Those of the picture's nodes that can be opened. */
  get all() {
    return [...this.picture.places.nodes.values()].filter(({ classes }) => isOpened(classes));
  }

  /** A new picture is there: its nodes can be reached, and the one with the focus has it still. */
  drawn(svg) {
    for (const group of svg.querySelectorAll(".node:not([tabindex])")) {
      if (!isOpened([...group.classList])) continue;
      group.setAttribute("tabindex", "-1");
      group.setAttribute("role", "button");
      const texts = [...group.querySelectorAll("text")].map((text) => text.textContent.replaceAll("\u00a0", " "));
      group.setAttribute("aria-label", [group.classList[1], ...texts].join(", "));
    }
    const focused = this.#focused;
    const stop = this.picture.element(this.#stop) ?? svg.querySelector(".node[tabindex]");
    if (stop) this.#reach(stop.dataset.id);
    if (focused && !this.room.contains(document.activeElement)) this.picture.element(focused)?.focus({ preventScroll: true });
  }

  focus(element) {
    element.focus({ preventScroll: true });
    this.picture.view.reveal(element);
  }

  #reach(id) {
    if (this.#stop !== id) this.picture.element(this.#stop)?.setAttribute("tabindex", "-1");
    this.#stop = id;
    this.picture.element(id)?.setAttribute("tabindex", "0");
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const id = event.target.dataset?.id;
    const node = this.picture.places.nodes.get(id);
    if (!node) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.open(event.target);
    } else if (WAYS[event.key]) {
      event.preventDefault();
      const next = nearest(this.all, node, WAYS[event.key]);
      const element = next && this.picture.element(next.id);
      if (!element) return;
      this.focus(element);
      this.moved(element);
    }
  }
}
