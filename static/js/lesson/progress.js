// The progress over all exercises, in the header, and over the parts of one: a segment each, a button that opens it.
import { el } from "../dom.js";

const STATES = { passed: "passed", begun: "begun", untouched: "not begun" };

/** The segments. `open(number)` is called by them; `name(row)` is how one is called. */
export class Progress {
  #said = "";

  constructor(list, open, name = ({ number, title, name: word }) => `Exercise ${number}: ${title || word}`) {
    Object.assign(this, { list, open, name });
    list.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const buttons = this.#buttons();
      this.#focus(buttons[(buttons.indexOf(document.activeElement) + by + buttons.length) % buttons.length]);
    });
  }

  /** Show `progress` (rows of number, name, title, state, perhaps parts and done), and which number is `open`. */
  show(progress, open) {
    const said = JSON.stringify([progress, open]);
    if (said === this.#said) return;
    this.#said = said;
    // what has the focus in another list keeps it
    const focused = this.list.contains(document.activeElement) && document.activeElement.dataset.number;
    this.list.replaceChildren(...progress.map((row) => {
      const { number, state, parts, done } = row;
      const isOpen = number === open;
      const label = `${this.name(row)}, ${STATES[state] ?? state}${parts ? `, ${done} of ${parts} parts` : ""}`;
      return el("li", {}, el("button", {
        type: "button",
        class: "segment",
        "data-number": number,
        "data-state": state,
        "aria-current": isOpen && "step",
        "aria-label": label,
        title: label,
        tabindex: isOpen ? 0 : -1,
        on: { click: () => this.open(number) },
      }, el("span", { class: "bar", "aria-hidden": "true" }), el("span", { class: "digits", "aria-hidden": "true" }, number)));
    }));
    if (!this.list.querySelector('[tabindex="0"]')) this.#buttons()[0]?.setAttribute("tabindex", "0");
    if (focused) this.#focus(this.list.querySelector(`[data-number="${focused}"]`));
  }

  /** Go to the open exercise's segment; the arrow keys go on from there. */
  enter() {
    this.#focus(this.list.querySelector("[aria-current]") ?? this.#buttons()[0]);
  }

  #buttons() {
    return [...this.list.querySelectorAll(".segment")];
  }

  #focus(button) {
    if (!button) return;
    for (const each of this.#buttons()) each.tabIndex = each === button ? 0 : -1;
    button.focus();
  }
}
