// The panel: which calls are to be held, and the ready faults. And the strip of rules under the header.
import { el } from "../dom.js";
import { prose, routeName, ruleWords } from "./words.js";

const option = (value, text) => el("option", { value }, text);

/** Give a select other options; if they are the same, it is left alone, for it may be open. */
function fill(select, options) {
  const chosen = select.value;
  const told = options.map((each) => `${each.value} ${each.textContent}`).join();
  if (select.dataset.told === told) return;
  select.dataset.told = told;
  select.replaceChildren(...options);
  select.value = [...select.options].some(({ value }) => value === chosen) ? chosen : "";
}

const field = (label, control) => el("label", { class: "step-field" }, el("span", {}, label), control);

/** The panel under the header. `on` has `add(rule)`, `remove(number)`, `closed()`; `nameOf(id)` names a network. */
export class Panel {
  #faults = "";

  constructor(on, nameOf) {
    Object.assign(this, { on, nameOf });
    this.route = el("select", { id: "step-route" });
    this.network = el("select", { id: "step-network" });
    this.host = el("select", { id: "step-host" });
    this.at = el("select", { id: "step-at" }, option("handler", "before the handler"), option("answer", "before the answer"));
    this.hostField = field("Host", this.host);
    this.list = el("ul", { class: "faults" });
    this.trouble = el("p", { class: "trouble", role: "alert", hidden: true });
    const hold = el("button", { type: "submit", class: "key-button main", id: "step-hold" }, "Hold");
    const form = el("form", { class: "step-form", on: { submit: (event) => this.#hold(event) } },
      field("Calls", this.route), field("Network", this.network), this.hostField, field("Hold", this.at), hold);
    const close = el("button", { type: "button", class: "key-button", on: { click: () => this.close() } }, "Close ", el("kbd", {}, "Esc"));
    this.element = el("section", { class: "step-panel", id: "step-panel", "aria-label": "Hold calls, or break them", hidden: true },
      el("header", {}, el("h2", {}, "Hold calls"), close), form, this.trouble,
      el("h2", {}, "Break it"),
      el("p", { class: "note" }, "Instead of what is right, these calls (of the network chosen above) get a fault: the next one, or all until it is taken away."),
      this.list);
  }

  get isOpen() {
    return !this.element.hidden;
  }

  open() {
    this.element.hidden = false;
    this.route.focus();
  }

  close() {
    this.say("");
    this.element.hidden = true;
    this.on.closed();
  }

  /** Say what was refused; nothing: all is well. */
  say(text) {
    this.trouble.textContent = text;
    this.trouble.hidden = !text;
  }

  show({ routes, networks, faults }) {
    const hosts = Object.keys(networks);
    fill(this.route, [option("", "all"), ...routes.map((route) => option(route, routeName(route)))]);
    const known = hosts.flatMap((host) => networks[host].map((id) => [id, host]));
    const unique = new Map(known);
    fill(this.network, [option("", "all"), ...[...unique.keys()].map((id) => option(id, this.nameOf(id)))]);
    fill(this.host, [option("", "all"), ...hosts.map((host) => option(host, host))]);
    this.hostField.hidden = hosts.length < 2;
    if (this.#faults === JSON.stringify(faults)) return;
    this.#faults = JSON.stringify(faults);
    this.list.replaceChildren(...faults.map((fault) => this.#fault(fault)));
  }

  #fault(fault) {
    const add = (once) => () => {
      const route = !fault.routes.length || fault.routes.includes(this.route.value) ? this.route.value : "";
      this.on.add({ fault: fault.name, once, route, network: this.network.value, host: this.host.value });
    };
    return el("li", { class: "fault-row", "data-fault": fault.name },
      el("div", {},
        el("h3", {}, fault.title, fault.routes.length > 0 && el("span", { class: "about" }, fault.routes.map(routeName).join(", "))),
        el("p", {}, prose(fault.does)),
        el("p", { class: "look-for" }, el("strong", {}, "Look for: "), prose(fault.look_for)),
        fault.says && el("p", { class: "says" }, "Docker shows: ", el("code", {}, fault.says))),
      el("div", { class: "fault-do" },
        el("button", { type: "button", class: "key-button", on: { click: add(true) } }, "Next call"),
        el("button", { type: "button", class: "key-button", on: { click: add(false) } }, "All calls")));
  }

  #hold(event) {
    event.preventDefault();
    this.on.add({ at: this.at.value, route: this.route.value, network: this.network.value, host: this.host.value });
  }
}

/** The strip under the header that says which rules there are, each with a button that takes it away. */
export class Rules {
  constructor(on, nameOf) {
    Object.assign(this, { on, nameOf });
    this.element = el("div", { class: "step-rules", id: "step-rules", role: "group", "aria-label": "Rules of step mode", hidden: true });
  }

  show({ rules, faults, aside }) {
    this.element.hidden = !rules.length;
    const titleOf = (name) => faults.find((fault) => fault.name === name)?.title ?? name;
    const chips = rules.map((rule) => {
      const words = ruleWords(rule, { nameOf: this.nameOf, titleOf });
      return el("button", {
        type: "button",
        class: rule.fault ? "rule is-fault" : "rule",
        title: "Take this rule away",
        on: { click: () => this.on.remove(rule.number) },
      }, el("span", {}, words), el("span", { "aria-hidden": "true" }, " ✕"));
    });
    this.element.replaceChildren(...chips, aside ? el("span", { class: "note" }, "Not while code is judged.") : "");
  }
}
