// Calls with all that they have: of those that the story knows by their summaries, asked of the server when wanted.

const KEPT = 50;

/** What was asked for of late. `onNews(number)` is told when a call came, or that it cannot be had any more. */
export class Archive {
  #known = new Map(); // number to the call, the one that was asked for last at the end
  #asked = new Set();

  constructor(story, onNews) {
    Object.assign(this, { story, onNews });
  }

  /** The call, whole if that is known already; else it is asked for, and what is known is given. Undefined: no such. */
  get(number) {
    const call = this.story.calls.get(number);
    if (!call || call.whole) return call;
    const known = this.#known.get(number);
    if (!known) this.#ask(number);
    return known ?? call;
  }

  /** Something was told of a call: what is known of it is old. */
  forget(number) {
    this.#known.delete(number);
  }

  async #ask(number) {
    if (this.#asked.has(number)) return;
    this.#asked.add(number);
    const summary = this.story.calls.get(number);
    let found = { ...summary, gone: true }; // shown as it is known
    try {
      const response = await fetch(`/api/calls/${number}`);
      if (response.ok) found = { ...summary, ...await response.json(), whole: true };
      else if (response.status !== 404) throw new Error(`HTTP ${response.status}`);
    } catch (error) {
      this.#asked.delete(number); // the connection is lost: it is asked for again when it is shown again
      console.warn(`call ${number}:`, error);
      return;
    }
    this.#asked.delete(number);
    this.#known.set(number, found);
    if (this.#known.size > KEPT) this.#known.delete(this.#known.keys().next().value);
    this.onNews(number);
  }
}
