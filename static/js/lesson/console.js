// The command line under the picture: what one would type next as buttons, a line that takes `docker …`, the answers.
import { el } from "../dom.js";
import { Refused, ask } from "./api.js";

const KEPT = { history: 100, answers: 50 };
const HISTORY = "workshop-history";
const DIGITS = 9; // commands that have a key
const LABEL = 28; // characters of a command on its button

/** A command as its button says it: without `docker`, words in its middle left out where it is long. */
function label(line) {
  const text = line.replace(/^docker /, "");
  if (text.length <= LABEL) return text;
  return `${text.slice(0, 16).replace(/\s+\S*$/, "")} … ${text.slice(-12).replace(/^\S*\s+/, "")}`;
}

/** The command line. */
export class Console {
  #history = [];
  #place = null; // where in the history one is; null: at the line that is being written
  #written = "";
  #line = Promise.resolve(); // commands run one after the other
  #tries = "";

  constructor(places) {
    this.places = places;
    try {
      this.#history = JSON.parse(sessionStorage.getItem(HISTORY)) ?? [];
    } catch {
      this.#history = [];
    }
    places.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const line = places.input.value.trim();
      if (!line) return;
      places.input.value = "";
      this.run(line);
    });
    places.input.addEventListener("keydown", (event) => this.#key(event));
    places.output.addEventListener("keydown", ({ key }) => key === "Escape" && this.hide());
    places.hide.addEventListener("click", () => this.hide());
  }

  /** The commands that the exercise proposes. */
  propose(commands) {
    const said = JSON.stringify(commands);
    if (said === this.#tries) return;
    this.#tries = said;
    this.places.tries.hidden = commands.length === 0;
    this.places.tries.replaceChildren(...commands.map((line, index) => el("button", {
      type: "button",
      class: "key-button try",
      title: line,
      "aria-label": line,
      on: { click: () => this.run(line) },
    }, el("code", {}, label(line)), index < DIGITS ? el("kbd", {}, index + 1) : null)));
  }

  /** Run the proposed command with this number; false if there is none. */
  runProposed(number) {
    const button = this.places.tries.children[number - 1];
    button?.click();
    return Boolean(button);
  }

  focus() {
    this.places.input.focus();
  }

  hide() {
    this.places.output.hidden = true;
    this.places.hide.hidden = true;
    this.places.input.blur();
  }

  /** Run a line in the lab, after those before it, and show what Docker answers. */
  run(line) {
    this.#remember(line);
    const { output } = this.places;
    const answer = el("pre", { class: "answer" }, el("span", { class: "running" }, "running …"));
    const entry = el("div", { class: "entry" }, el("p", { class: "typed" }, el("span", { "aria-hidden": "true" }, "$ "), line), answer);
    output.prepend(entry);
    output.scrollTop = 0;
    while (output.children.length > KEPT.answers) output.lastChild.remove();
    output.hidden = false;
    this.places.hide.hidden = false;
    this.#line = this.#line.then(() => this.#ask(line, entry, answer));
    return this.#line;
  }

  async #ask(line, entry, answer) {
    try {
      const { code, output } = await ask("/command", { line });
      const text = String(output ?? "").replace(/\n$/, "");
      entry.dataset.state = code === 0 ? "done" : "failed";
      answer.replaceChildren(text || (code === 0 ? el("span", { class: "running" }, "done, and nothing to say") : ""));
      if (code !== 0) answer.append(el("span", { class: "code-of" }, `${text ? "\n" : ""}exit code ${code}`));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      entry.dataset.state = "failed";
      answer.replaceChildren(error.message);
    }
  }

  #remember(line) {
    this.#place = null;
    if (this.#history.at(-1) === line) return;
    this.#history = [...this.#history, line].slice(-KEPT.history);
    try {
      sessionStorage.setItem(HISTORY, JSON.stringify(this.#history));
    } catch {
      // it is remembered for as long as the page is open
    }
  }

  #key(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      if (this.places.input.value) this.places.input.value = "";
      else this.hide();
      this.#place = null;
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      this.#turn(event.key === "ArrowUp" ? -1 : 1);
    }
  }

  #turn(by) {
    const { input } = this.places;
    if (this.#place === null) {
      if (by > 0 || !this.#history.length) return;
      this.#written = input.value;
    }
    const place = (this.#place ?? this.#history.length) + by;
    this.#place = place >= this.#history.length ? null : Math.max(0, place);
    input.value = this.#place === null ? this.#written : this.#history[this.#place];
    input.setSelectionRange(input.value.length, input.value.length);
  }
}
