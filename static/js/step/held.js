// The held call, large above the picture: what Docker asks, how long it waits, and how it may go on.
import { clock, el, now, shorten } from "../dom.js";
import { jsonBlock } from "../json.js";
import { WHERE, planWords, prose, routeName, seconds } from "./words.js";

const BEAT = 250; // milliseconds between two looks at the clock

/** The card. `on` has `release(number, fault)` (number null: all) and `about(call)`, the names of what it is about. */
export class Held {
  #shown = null; // which call, and where it is held
  #timer = null;

  constructor(room, on) {
    this.on = on;
    this.card = el("section", { class: "held", id: "held", "aria-label": "A call is held", hidden: true });
    room.prepend(this.card);
  }

  /** Show what is held now: the one that has waited longest large, the others as a line. */
  show({ held, faults, limit }) {
    const [first, ...others] = held;
    this.card.hidden = !first;
    if (!first) {
      this.#shown = null;
      clearInterval(this.#timer);
      this.card.replaceChildren();
      return;
    }
    const key = [first.number, first.where, first.since, ...this.on.about(first)].join(" "); // names may become known later
    if (this.#shown !== key) {
      this.#shown = key;
      this.#write(first, faults, limit);
    }
    this.#queue(others);
  }

  #write(call, faults, limit) {
    const isAnswer = call.where === "answer";
    const about = this.on.about(call).map((name) => shorten(name, 40));
    this.time = el("span", { class: "held-time" });
    this.rest = el("div", { class: "held-rest" });
    const choice = el("select", { id: "held-fault", "aria-label": "Fault" }, call.faults.map((name) => (
      el("option", { value: name }, faults.find((fault) => fault.name === name)?.title ?? name)
    )));
    const go = el("button", { type: "button", class: "key-button main", id: "held-go", on: { click: () => this.on.release(call.number, null) } },
      isAnswer ? "Send the answer " : "Let it go ", el("kbd", {}, "Page Down"));
    const broken = el("button", { type: "button", class: "key-button", id: "held-break", on: { click: () => this.on.release(call.number, choice.value) } }, "Answer so");
    const plan = isAnswer ? [] : planWords(call.plan);
    this.card.replaceChildren(
      el("header", {},
        el("p", { class: "held-word" }, `Call ${call.number} is held ${WHERE[call.where]}`),
        el("h2", {}, routeName(call.route), el("span", { class: "about" }, [...about, call.host && `host ${call.host}`].filter(Boolean).join(" · "))),
        this.time),
      el("div", { class: "held-body" },
        el("div", { class: "held-asked" },
          el("h3", {}, isAnswer ? "The answer that waits" : "What Docker asks"),
          jsonBlock((isAnswer ? call.answer : call.request) ?? {})),
        el("div", { class: "held-told" },
          plan.length > 0 && el("h3", {}, "The reference driver would"),
          plan.length > 0 && el("ul", { class: "held-plan" }, plan.map((nodes) => el("li", {}, nodes))),
          el("p", { class: "held-limit" }, prose(limit.text)))),
      el("footer", {}, go, el("span", { class: "held-or" }, el("label", { for: "held-fault" }, "or, instead,"), choice, broken), this.rest),
    );
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(call, limit), BEAT);
    this.#tick(call, limit);
  }

  #tick({ since }, limit) {
    const waited = now() / 1000 - since;
    const left = limit.seconds === null ? null : limit.seconds - waited;
    const text = left === null ? seconds(waited) : `${seconds(waited)}, ${seconds(left)} left`;
    if (this.time.textContent === text) return;
    this.time.textContent = text;
    this.time.title = `held since ${clock(since)}`;
    this.time.classList.toggle("trouble", left !== null && left < 10);
  }

  #queue(others) {
    if (!others.length) {
      this.rest.replaceChildren();
      return;
    }
    const named = others.slice(0, 3).map((call) => [routeName(call.route), ...this.on.about(call).map((name) => shorten(name, 20))].join(" · "));
    const more = others.length > 3 ? `, and ${others.length - 3} more` : "";
    this.rest.replaceChildren(
      el("span", {}, `${others.length === 1 ? "Then" : `Then ${others.length}`}: ${named.join(", ")}${more}`),
      el("button", { type: "button", class: "key-button", id: "held-all", on: { click: () => this.on.release(null, null) } }, "Let all go"),
    );
  }
}
