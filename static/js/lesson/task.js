// The task: what is to be written and where, and the hints that were asked for.
import { el } from "../dom.js";
import { fill, method, prose, words } from "./words.js";

/** The task's part of the page, and the hints'. `edit(name)` opens a file in the page. */
export class TaskView {
  #task = "";
  #hints = "";

  constructor(places, edit) {
    Object.assign(this, { places, edit });
  }

  /** Write what the server's `state` says. */
  show(state) {
    const { places } = this;
    this.title = state.title;
    places.number.textContent = `Exercise ${state.number} of ${state.progress?.length ?? "?"} · ${(state.routes ?? []).map(method).join(", ") || state.name}`;
    places.title.textContent = state.title;
    places.title.title = state.title;
    places.goal.title = state.goal ?? "";
    fill(places.goal, words(state.goal));
    const task = JSON.stringify([state.files, state.html.task]);
    if (task !== this.#task) {
      this.#task = task;
      fill(places.yours, this.#yours(state.files ?? []));
      this.html = state.html.task;
      places.task.replaceChildren(prose(this.html));
      places.task.parentNode.scrollTop = 0;
    }
    this.#showHints(state);
  }

  /** The task over the whole width: drawings need it. */
  read() {
    const { reader, readerTitle, readerBody } = this.places;
    readerTitle.textContent = this.title;
    readerBody.replaceChildren(prose(this.html));
    reader.showModal();
    readerBody.scrollTop = 0;
  }

  #yours(files) {
    const one = ({ name, path }, index) => el("li", {},
      el("button", { type: "button", class: "place", id: `yours-${index}`, on: { click: () => this.edit(name) } }, name),
      el("code", { class: "path", title: path }, path));
    return [
      el("p", {}, files.length === 1 ? "Yours to edit, here or in your own editor:" : "Yours to edit, in this order:"),
      el("ul", {}, files.map(one)),
    ];
  }

  #showHints({ html, hints_total: total }) {
    const { hints } = html;
    const said = JSON.stringify([hints, total]);
    if (said === this.#hints) return;
    this.#hints = said;
    fill(this.places.hints, hints.map((text, index) => {
      const left = total - hints.length;
      const more = index < hints.length - 1 ? "" : left > 0 ? ` · ${left} more` : " · the last";
      return el("article", { class: "hint", id: `hint-${index + 1}`, tabindex: "-1" },
        el("h3", { class: "label" }, `Hint ${index + 1} of ${total}${more}`), el("div", { class: "prose" }, prose(text)));
    }));
  }
}
