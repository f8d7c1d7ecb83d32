// The parts of an exercise with several files to mend: a segment for each, and what the one worked on is about.
import { Progress } from "./progress.js";

/** Whether an exercise has parts. */
export const hasParts = ({ files }) => (files ?? []).length > 1;

/** The segments and the title below. `choose(name)` is called with a file's name. */
export class Parts {
  #files = [];

  constructor(places, choose) {
    this.places = places;
    this.segments = new Progress(places.list, (number) => choose(this.#files[number - 1].name), ({ name, title }) => `${name}: ${title}`);
  }

  /** Show the files of the server's `state`; nothing, if there is but one. */
  show(state) {
    const { panel, title } = this.places;
    panel.hidden = !hasParts(state);
    if (panel.hidden) return;
    this.#files = state.files;
    const rows = state.files.map((file, index) => ({ ...file, number: index + 1, state: file.passed ? "passed" : "untouched" }));
    const now = rows.find(({ name }) => name === state.file);
    this.segments.show(rows, now?.number);
    title.textContent = `${state.file} · ${now?.title ?? ""}`;
    title.title = now?.path ?? "";
  }
}
