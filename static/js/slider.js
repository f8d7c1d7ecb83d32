// The session's time below the picture: a slider with a mark for each call, buttons, and which moment one looks at.
import { el, shape } from "./dom.js";

const GAP = 3; // pixels between two marks at least: closer ones would be one bar
const THUMB = 16; // pixels, as in time.css

const key = (name) => el("kbd", {}, name);

/** What is shown of the time. `on` has `go(index)`, `step(by)`, `play()`, `speed()`, `live()` and `key(name)`. */
export class Slider {
  #marked = ""; // for which marks the path was made

  constructor(place, middle, on) {
    const button = (action, attributes, ...children) =>
      el("button", { type: "button", class: "key-button", ...attributes, on: { click: action } }, ...children);
    this.range = el("input", {
      type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": "Which moment of the session",
      on: {
        input: () => on.go(Number(this.range.value)),
        keydown: (event) => on.key(event.key) && event.preventDefault(),
        pointerup: () => this.range.blur(), // else the page's keys would be the slider's
      },
    });
    this.marks = shape("svg", { class: "time-marks", "aria-hidden": "true", preserveAspectRatio: "none" });
    this.calls = shape("path", { class: "mark" });
    this.errors = shape("path", { class: "mark error" });
    this.marks.append(this.calls, this.errors);
    this.where = el("span", { class: "time-where" });
    this.playing = button(() => on.play(), { class: "key-button time-play" });
    this.speed = button(() => on.speed(), { class: "key-button time-speed" });
    this.now = button(() => on.live(), { class: "key-button time-live" }, "Live ", key("."));
    this.back = button(() => on.step(-1), { "aria-label": "One call back" }, "‹ ", key("["));
    this.forth = button(() => on.step(1), { "aria-label": "One call forward" }, "› ", key("]"));
    this.bar = el(
      "div",
      { class: "time-bar", role: "group", "aria-label": "The session's time", hidden: true },
      this.back, this.playing, this.forth, el("div", { class: "time-line" }, this.marks, this.range), this.speed, this.now, this.where,
    );
    place.append(this.bar);
    this.said = el("span", { class: "past-said" });
    this.newer = el("span", { class: "past-newer" });
    this.band = el(
      "p",
      { class: "past", role: "status", hidden: true },
      this.said, this.newer, button(() => on.live(), { class: "key-button" }, "Live ", key(".")),
    );
    middle.prepend(this.band);
    new ResizeObserver(() => this.#mark()).observe(this.marks);
    this.middle = middle;
    this.rows = [];
  }

  /** Show it all: `rows` of the calls, `index` (null: live), `moment` in words, `isLive` session, `newer`, `playing`. */
  update({ rows, index, words, isLive, newer, playing, speed, problem }) {
    this.rows = rows;
    const isPast = index !== null;
    this.bar.hidden = rows.length === 0 && !isPast;
    this.range.max = rows.length;
    this.range.value = index ?? rows.length;
    this.range.setAttribute("aria-valuetext", words);
    this.where.textContent = words;
    this.back.disabled = (index ?? rows.length) === 0;
    this.forth.disabled = isLive ? !isPast : index === rows.length;
    this.playing.replaceChildren(playing ? "Pause " : "Play ", key("M"));
    this.playing.setAttribute("aria-pressed", String(playing));
    this.speed.textContent = `${speed}×`;
    this.speed.title = speed === 1 ? "Play four times as fast" : "Play as it was";
    this.now.hidden = !isLive;
    this.now.disabled = !isPast;
    this.band.hidden = !(isPast && isLive) && !problem;
    this.said.textContent = problem || `The past: ${words}.`;
    this.newer.textContent = isPast && isLive ? `Live goes on: ${newer} newer ${newer === 1 ? "call" : "calls"}.` : "";
    this.band.lastChild.hidden = !isLive;
    this.middle.classList.toggle("is-past", isPast && isLive);
    this.#mark();
  }

  /** A mark for each call, as far as there is room; for every error one. */
  #mark() {
    const { rows, marks } = this;
    const width = marks.clientWidth;
    const wrong = rows.reduce((sum, row) => sum + Number(row[4]), 0);
    const state = `${rows.length} ${wrong} ${width} ${rows[0]?.[0]}`;
    if (state === this.#marked || width === 0) return;
    this.#marked = state;
    const place = (index) => (THUMB / 2 + ((width - THUMB) * (index + 1)) / rows.length).toFixed(1);
    const every = Math.max(1, Math.ceil((rows.length * GAP) / width));
    const path = (wanted, top) => rows.map((row, index) => (wanted(row, index) ? `M${place(index)} ${top}V8` : "")).join("");
    marks.setAttribute("viewBox", `0 0 ${width} 8`);
    this.calls.setAttribute("d", path((row, index) => !row[4] && index % every === 0, 3));
    this.errors.setAttribute("d", path((row) => row[4], 0));
  }
}
