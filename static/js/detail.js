// An open call: what Docker asked, what was answered, when, what the kernel was told, what came of it.
import { clock, duration, el } from "./dom.js";
import * as parts from "./parts.js";
import { named, splitRoute } from "./rows.js";

const BOTH = 560; // pixels from which on request and answer stand side by side

const NONE = () => 0;
const ASKED = { id: "asked", name: "Asked", make: parts.asked, count: NONE };
const ANSWERED = { id: "answered", name: "Answered", make: parts.answered, count: NONE };
const TOGETHER = { id: "both", name: "Asked and answered", make: parts.both, count: NONE };
const OTHERS = [
  { id: "kernel", name: "Kernel", make: parts.kernel, count: (call) => call.commands.length },
  { id: "changed", name: "Changed", make: parts.changed, count: (call) => call.changes.length },
  { id: "output", name: "Output", make: parts.output, count: (call) => call.output.length },
];
const SAME = { asked: "both", answered: "both", both: "asked" }; // the tab that shows the same in the other width

/** When and how long, in one line. */
function timing({ started, finished, state, status, duration_ms: handler, waited_ms: waited, held_ms: held, fault, host }) {
  return [
    clock(started),
    state === "running" ? "running" : finished && `handler ${duration(handler)}`,
    held ? `held ${duration(held)}` : "",
    fault ? `fault: ${fault}` : "",
    waited >= 0.1 ? `waited ${duration(waited)} for calls on the same network` : "",
    finished && `HTTP ${status}`,
    host,
  ].filter(Boolean).join(" · ");
}

/** The panel. It keeps its tab from call to call, and whether it is wide. `context` is what the parts need: `nameOf(link)`,
 *  `placeOf(change)`, `containerOf(call)`, `docker(call)`, `canExport()`; `onClose()` is called by its button. `beside` is what the wide panel covers. */
export class Detail {
  #tab = "asked";

  constructor(panel, beside, context, onClose) {
    Object.assign(this, { panel, context, onClose, call: null, about: [] });
    this.isWide = false;
    this.curl = "";
    new ResizeObserver(() => panel.style.setProperty("--beside", `${beside.clientWidth}px`)).observe(beside);
    new ResizeObserver(() => {
      if (this.isOpen && this.#tabs.every(({ id }) => id !== this.#tab)) this.#write();
    }).observe(panel);
  }

  get isOpen() {
    return this.call !== null;
  }

  show(call, about) {
    this.call = call;
    this.about = about;
    this.panel.hidden = false;
    this.#write();
  }

  close() {
    this.call = null;
    this.widen(false);
    this.panel.hidden = true;
    this.panel.replaceChildren();
    this.panel.dataset.shown = "";
  }

  /** Over the picture, or below the list again. */
  widen(isWide) {
    this.isWide = isWide;
    this.panel.classList.toggle("wide", isWide);
    if (this.isOpen) this.#write();
  }

  /** Go `by` tabs to the right (negative: left). */
  turn(by) {
    const tabs = this.#tabs;
    const index = tabs.findIndex(({ id }) => id === this.#tab);
    this.#tab = tabs[(index + by + tabs.length) % tabs.length].id;
    const hadFocus = this.panel.contains(document.activeElement);
    this.#write();
    if (hadFocus) this.panel.querySelector('[aria-selected="true"]').focus();
  }

  get #tabs() {
    return this.panel.clientWidth >= BOTH ? [TOGETHER, ...OTHERS] : [ASKED, ANSWERED, ...OTHERS];
  }

  #header({ number, route, host }) {
    const { method } = splitRoute(route);
    const button = (attributes, ...words) => el("button", { type: "button", class: "key-button", ...attributes }, ...words);
    return el("header", {},
      el("h3", { title: route }, `${number} · ${method}`),
      el("span", { class: "about", title: [...this.about, host && `host ${host}`].filter(Boolean).join("\n") }, ...named(this.about)),
      button({ class: "key-button widen", "aria-pressed": String(this.isWide), on: { click: () => this.widen(!this.isWide) } }, this.isWide ? "Narrow " : "Wide ", el("kbd", {}, "↵")),
      button({ class: "key-button close", on: { click: this.onClose } }, "Close ", el("kbd", {}, "Esc")));
  }

  #write() {
    const { call, panel } = this;
    const tabs = this.#tabs;
    if (tabs.every(({ id }) => id !== this.#tab)) this.#tab = SAME[this.#tab] ?? "asked";
    const tab = tabs.find(({ id }) => id === this.#tab);
    const focused = panel.contains(document.activeElement) ? document.activeElement : null;
    const had = focused && (focused.id ? `#${focused.id}` : ["close", "widen"].map((name) => `.${name}`).find((name) => focused.matches(name)));
    const buttons = tabs.map(({ id, name, count }) => el("button", {
      type: "button",
      role: "tab",
      id: `tab-${id}`,
      "aria-selected": String(id === tab.id),
      "aria-controls": "tab-panel",
      tabindex: id === tab.id ? 0 : -1,
      on: {
        click: () => {
          this.#tab = id;
          this.#write();
          panel.querySelector(`#tab-${id}`).focus();
        },
      },
    }, count(call) ? `${name} · ${count(call)}` : name));
    const scrolled = panel.querySelector("#tab-panel")?.scrollTop ?? 0;
    const shown = `${call.number} ${tab.id}`;
    const isSame = panel.dataset.shown === shown;
    panel.dataset.shown = shown;
    panel.replaceChildren(
      this.#header(call),
      el("p", { class: "timing" }, timing(call)),
      el("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the call" }, buttons),
      el("div", { id: "tab-panel", class: "tab-panel", role: "tabpanel", "aria-labelledby": `tab-${tab.id}` }, this.#body(tab)),
    );
    if (isSame) panel.querySelector("#tab-panel").scrollTop = scrolled;
    if (had) panel.querySelector(had)?.focus({ preventScroll: true });
  }

  #body(tab) {
    const { call } = this;
    if (!call.whole) return [el("p", { class: "note" }, call.gone ? "Only the newest calls are kept with all that they have; of this one the journal has no more than its row." : "Asking …")];
    return tab.make(call, this.context).flat(2).filter(Boolean);
  }
}
