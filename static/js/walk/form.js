// From where to where: chosen from lists, or by clicking on two boxes of the picture.
import { el } from "../dom.js";
import { spaceOf, linkIdOf } from "../places.js";

const ROLES = [["container", "Containers"], ["host", "Hosts"], ["outside", "Outside"]];

/** The form; `go({from, to, tcp})` is asked for a walk. */
export class Form {
  ends = [];
  #hadFocus = false;
  #picked = []; // which of the two were picked in the picture

  constructor(go) {
    this.from = el("select", { id: "walk-from", required: true });
    this.to = el("select", { id: "walk-to", required: true, on: { change: () => this.#ports() } });
    this.kind = el("select", { id: "walk-kind", on: { change: () => this.#ports() } }, el("option", { value: "ping" }, "ping"), el("option", { value: "tcp" }, "TCP"));
    this.port = el("input", { id: "walk-port", type: "number", min: 1, max: 65535, placeholder: "port", list: "walk-ports" });
    this.known = el("datalist", { id: "walk-ports" });
    this.send = el("button", { class: "key-button", type: "submit" }, "Walk");
    this.note = el("p", { class: "walk-note trouble", role: "alert", hidden: true });
    const field = (text, control) => el("label", {}, el("span", {}, text), control);
    this.portField = field("port", this.port);
    this.element = el("form", { class: "walk-form", on: { submit: (event) => this.#submit(event, go) } },
      field("from", this.from), field("to", this.to), field("kind", this.kind), this.portField, this.known, this.send,
      el("span", { class: "walk-hint" }, "or click two boxes"));
    this.#ports();
  }

  /** The ends there are now. What was chosen stays chosen. */
  show(ends) {
    this.ends = ends;
    const containers = ends.filter(({ role }) => role === "container").map(({ name }) => name);
    this.#fill(this.from, this.from.value || containers[0] || "host");
    this.#fill(this.to, this.to.value || containers[1] || containers[0] || "host");
    this.#ports();
    this.#picked = [];
  }

  /** A click on the picture: the first is from where, the second to where. False if it was on nothing of use. */
  pick(group) {
    const id = spaceOf(linkIdOf(group.dataset.id));
    const word = group.dataset.id.split("-")[0];
    const end = this.ends.find((one) => (word === "host" || word === "title" ? one.role === "host" && one.host === linkIdOf(group.dataset.id) : one.role === "container" && one.space === id));
    if (!end) return false;
    const next = this.#picked.length % 2 ? this.to : this.from;
    this.#picked.push(end.name);
    next.value = end.name;
    this.#ports();
    return true;
  }

  say(text) {
    this.note.textContent = text;
    this.note.hidden = !text;
  }

  busy(isBusy) {
    if (isBusy) this.#hadFocus = document.activeElement === this.send; // what is disabled loses it
    this.send.disabled = isBusy;
    this.send.textContent = isBusy ? "Walking …" : "Walk";
    if (!isBusy && this.#hadFocus && document.activeElement === document.body) this.send.focus({ preventScroll: true });
  }

  #fill(select, value) {
    const groups = ROLES.map(([role, label]) => [label, this.ends.filter((end) => end.role === role)]);
    select.replaceChildren(...groups.filter(([, ends]) => ends.length).map(([label, ends]) =>
      el("optgroup", { label }, ends.map(({ name }) => el("option", { value: name }, name)))));
    const names = this.ends.map(({ name }) => name);
    select.value = names.includes(value) ? value : names[0] ?? "";
  }

  #ports() {
    this.portField.hidden = this.kind.value !== "tcp";
    this.port.required = this.kind.value === "tcp";
    const ports = this.ends.find(({ name }) => name === this.to.value)?.ports ?? [];
    this.known.replaceChildren(...ports.map((port) => el("option", { value: port })));
    if (ports.length && !this.port.value) this.port.value = ports[0];
  }

  #submit(event, go) {
    event.preventDefault();
    go({ from: this.from.value, to: this.to.value, tcp: this.kind.value === "tcp" ? Number(this.port.value) : null });
  }
}
