// A walk told hop by hop: what each decided, one step after the other, by itself or by the presenter.
import { el, still } from "../dom.js";
import { Dot } from "./dot.js";

const RESTS = { least: 1500, letter: 14, most: 5000 }; // milliseconds to read what a hop decided
const WAYS = { there: "There", back: "Back" };

const row = (term, text, code = true) => text && [el("dt", {}, term), el("dd", {}, code ? el("code", {}, text) : text)];

/** Shows one walk in `room`, and where it is in `picture`. */
export class Player {
  #timer = 0;
  #at = 0;

  /** `which` is the element that chooses among walks. */
  constructor(room, picture, which) {
    this.dot = new Dot(picture);
    this.walk = null;
    this.summary = el("p", { class: "walk-summary", role: "status" });
    this.track = el("ol", { class: "walk-hops", "aria-label": "Hops" });
    this.told = el("div", { class: "walk-told", "aria-live": "polite" });
    this.play = el("button", { class: "key-button", type: "button", on: { click: () => this.toggle() } }, "Play");
    const button = (text, label, by) => el("button", { class: "key-button", type: "button", "aria-label": label, on: { click: () => this.step(by, true) } }, text);
    this.controls = el("div", { class: "walk-controls" }, button("◀", "the hop before", -1), this.play, button("▶", "the next hop", 1));
    this.capture = el("a", { class: "walk-capture", download: true }, "Save capture (pcapng)");
    this.head = el("div", { class: "walk-head" }, this.summary, this.controls, this.capture, which);
    this.body = el("div", { class: "walk-body", hidden: true }, this.head, this.track, this.told);
    room.append(this.body);
  }

  /** Whether there is a next hop. */
  get isGoing() {
    return this.walk !== null && this.#at < this.walk.hops.length - 1;
  }

  /** Take a walk; `plays`: begin at once; `saves`: the server has what was captured. */
  show(walk, { plays = false, saves = false } = {}) {
    this.pause();
    this.walk = walk;
    this.#at = 0;
    this.body.hidden = false;
    this.body.dataset.outcome = walk.outcome;
    this.summary.textContent = walk.reason ? walk.summary.replace(walk.reason.text, "").trim() : walk.summary; // why: at the end
    this.capture.hidden = !saves;
    this.capture.href = `/api/walk/${walk.number}.pcapng`;
    this.controls.hidden = walk.hops.length < 2;
    this.track.replaceChildren(...walk.hops.map((hop, number) => this.#chip(hop, number)));
    // what was seen nowhere ended where it began
    this.dot.show(walk.hops.length ? walk.hops : [{ link: walk.reason?.link, role: "" }]);
    this.#tell({ moves: false });
    if (plays && !still() && this.isGoing) this.toggle();
  }

  hide() {
    this.pause();
    this.dot.hide();
  }

  /** One hop on or back; false where there is none. */
  step(by, byHand = false) {
    if (byHand) this.pause();
    const next = this.#at + by;
    if (!this.walk?.hops[next]) return false;
    this.#at = next;
    this.#tell({ moves: by > 0 });
    return true;
  }

  toggle() {
    if (this.#timer) {
      this.pause();
      return;
    }
    if (!this.isGoing) {
      this.#at = 0;
      this.#tell({ moves: false });
    }
    this.play.textContent = "Pause";
    this.#later();
  }

  pause() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.play.textContent = "Play";
  }

  #later() {
    const letters = this.walk.hops[this.#at].decided.reduce((sum, { text }) => sum + text.length, 0);
    const rest = Math.min(RESTS.most, RESTS.least + RESTS.letter * letters);
    this.#timer = setTimeout(() => {
      if (this.step(1) && this.isGoing) this.#later();
      else this.pause();
    }, rest);
  }

  #chip(hop, number) {
    const wrong = number === this.walk.stopped;
    const name = `${hop.where} ${hop.name}`;
    const first = number === 0 || this.walk.hops[number - 1].way !== hop.way;
    return el("li", { class: first ? "first" : null, "data-way": WAYS[hop.way] },
      el("button", { type: "button", title: name, class: wrong ? "wrong" : null, on: { click: () => this.#jump(number) } },
        el("b", {}, hop.where.replace(/^(host|namespace) /, "")), " ", el("span", {}, hop.name)));
  }

  #jump(number) {
    this.pause();
    this.#at = number;
    this.#tell({ moves: false });
  }

  #tell({ moves }) {
    const { hops, stopped, reason } = this.walk;
    const hop = hops[this.#at];
    for (const [number, chip] of [...this.track.children].entries()) {
      chip.classList.toggle("passed", number < this.#at);
      chip.firstChild.setAttribute("aria-current", number === this.#at ? "step" : "false");
    }
    this.track.children[this.#at]?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    const ends = this.#at === stopped || !hop;
    this.told.replaceChildren(...[hop && this.#hop(hop), ends && reason && this.#reason(reason)].filter(Boolean));
    this.dot.go(this.#at, { wrong: !hop || this.#at === stopped, moves });
  }

  #hop(hop) {
    const direction = hop.direction === "in" ? "comes in at" : "goes out at";
    return el("div", { class: "walk-hop" },
      el("p", { class: "walk-where" }, `${this.#at + 1} / ${this.walk.hops.length} · ${WAYS[hop.way]} · ${direction} `, el("b", {}, hop.name), ` of ${hop.where}`),
      el("p", { class: "walk-packet" }, el("code", {}, hop.packet)),
      el("dl", { class: "walk-decided" }, hop.decided.flatMap(({ kind, text }) => row(kind, text, false))));
  }

  #reason(reason) {
    return el("div", { class: "walk-reason" }, el("p", {}, reason.text),
      el("dl", { class: "walk-decided" }, row("rule", reason.rule), row("missing", reason.missing)));
  }
}
