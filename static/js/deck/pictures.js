// The pictures of networks on the slides: their DOT comes from the server, Graphviz draws it here.
import { el } from "../dom.js";
import { Painter } from "../painter.js";
import { Drawing } from "../svg.js";
import { ask } from "./server.js";

const LARGEST = 2.1; // times its own size: two boxes are not blown up

/** Put the drawing into its room, as large as the room allows. */
function hang(room, drawing) {
  const { svg } = drawing;
  const { width, height } = svg.viewBox.baseVal;
  svg.removeAttribute("width");
  svg.removeAttribute("height");
  svg.style.maxWidth = `${Math.round(width * LARGEST)}px`;
  svg.style.maxHeight = `${Math.round(height * LARGEST)}px`;
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", room.dataset.picture ? `Picture of the network: ${room.dataset.picture}` : "The network as it is now");
  if (svg.parentNode !== room) room.replaceChildren(svg);
}

/** Draws one picture after the other. */
export class Pictures {
  #painter = new Painter();
  #live = new Map(); // room to drawing
  #queue = Promise.resolve();

  /** Draw all that are on the page; fulfilled when they are. */
  async recorded(root = document) {
    for (const room of root.querySelectorAll("[data-picture]")) {
      try {
        const { dot } = await ask(`/picture/${room.dataset.picture}`);
        await this.#draw(room, dot, new Drawing());
      } catch (error) {
        room.replaceChildren(el("p", { class: "placeholder" }, `The picture cannot be drawn: ${error.message}`));
      }
    }
  }

  /** The lab's network has changed: draw it wherever it is shown. */
  async live(dot) {
    for (const room of document.querySelectorAll('[data-live="picture"]')) {
      if (!this.#live.has(room)) this.#live.set(room, new Drawing());
      await this.#draw(room, dot, this.#live.get(room));
    }
  }

  /** One at a time: the painter drops what waits when something newer comes. */
  #draw(room, dot, drawing) {
    const drawn = this.#queue.then(async () => {
      const text = await this.#painter.draw(dot);
      if (text === null) return;
      drawing.take(text);
      hang(room, drawing);
    });
    this.#queue = drawn.catch(() => {});
    return drawn;
  }
}
