// Turns DOT into SVG text, the newest first: while one is drawn, only the last that came waits.

const PATIENCE = 15000; // milliseconds until a worker that does not start is given up
const TRIES = 3; // a change of the machine's network may break off the loading of its files
const PAUSE = 400; // milliseconds between two tries

/** `draw(dot)` gives a promise of SVG text, or of null where a newer one came before it was begun. */
export class Painter {
  #busy = false;
  #next = null;

  constructor() {
    this.ready = this.#start();
  }

  /** Fulfilled when Graphviz is ready; rejected with the reason if it cannot be loaded. */
  ready = null;

  async #start() {
    const began = performance.now();
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#begin();
        return;
      } catch (error) {
        this.worker.terminate();
        if (tries === TRIES || performance.now() - began > PATIENCE / 2) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }

  #begin() {
    this.worker = new Worker(new URL("./graphviz-worker.js", import.meta.url), { type: "module" });
    return new Promise((resolve, reject) => {
      this.worker.addEventListener("error", (event) => reject(new Error(event.message || "its file cannot be loaded")));
      this.worker.addEventListener("message", ({ data }) => {
        if (data.ready) resolve();
        if (data.failed) reject(new Error(data.failed));
      });
      setTimeout(() => reject(new Error("it did not start in time")), PATIENCE);
    });
  }

  async draw(dot) {
    if (this.#busy) {
      this.#next?.resolve(null);
      return new Promise((resolve, reject) => {
        this.#next = { dot, resolve, reject };
      });
    }
    this.#busy = true;
    try {
      await this.ready;
      return await this.#ask(dot);
    } finally {
      this.#busy = false;
      const next = this.#next;
      this.#next = null;
      if (next) this.draw(next.dot).then(next.resolve, next.reject);
    }
  }

  #ask(dot) {
    return new Promise((resolve, reject) => {
      this.worker.addEventListener(
        "message",
        ({ data }) => (data.error === undefined ? resolve(data.svg) : reject(new Error(data.error))),
        { once: true },
      );
      this.worker.postMessage({ number: 0, dot });
    });
  }
}
