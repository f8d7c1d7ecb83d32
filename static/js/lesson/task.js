// The task: what is to be written and where, and the hints that were asked for.
import { el } from "../dom.js";
import { hasParts } from "./parts.js";
import { fill, method, prose, words } from "./words.js";

const ABOVE = 12; // pixels left above a heading that is scrolled to

const mended = (files) => `${files.filter(({ passed }) => passed).length} of ${files.length} mended`;

/** The task's part of the page, and the hints'. `edit(name)` opens a file in the page. */
export class TaskView {
  #task = "";
  #hints = "";
  #wanted = null; // the part whose heading is to be scrolled to

  constructor(places, edit) {
    Object.assign(this, { places, edit });
  }

  /** Write what the server's `state` says. */
  show(state) {
    const { places } = this;
    this.title = state.title;
    const about = hasParts(state) ? mended(state.files) : (state.routes ?? []).map(method).join(", ") || state.name;
    places.number.textContent = `Exercise ${state.number} of ${state.progress?.length ?? "?"} · ${about}`;
    places.title.textContent = state.title;
    places.title.title = state.title;
    places.goal.title = state.goal ?? "";
    fill(places.goal, words(state.goal));
    const files = (state.files ?? []).filter(({ name }) => !hasParts(state) || name === state.file);
    fill(places.yours, this.#yours(files));
    if (state.html.task !== this.#task) {
      this.#task = state.html.task;
      this.html = state.html.task;
      places.task.replaceChildren(prose(this.html));
      places.task.parentNode.scrollTop = 0;
    }
    this.#showHints(state);
  }

  /** Scroll to what the task says of a file, if it has a heading of its own: now, or when it is seen again. */
  goTo(name) {
    this.#wanted = String(name ?? "").replace(/\.py$/, "");
    if (this.places.task.offsetParent) this.arrive();
  }

  /** The task is seen again. */
  arrive() {
    const { task } = this.places;
    const isIt = ({ textContent }) => this.#wanted && textContent.startsWith(this.#wanted);
    const heading = [...task.querySelectorAll("h2, h3, h4, h5, h6")].find(isIt);
    // scrollIntoView would scroll the page as well
    if (heading) task.parentNode.scrollTop += heading.getBoundingClientRect().top - task.parentNode.getBoundingClientRect().top - ABOVE;
    this.#wanted = null;
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
      el("p", {}, "Yours to edit, here or in your own editor:"),
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
