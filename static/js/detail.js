// An open call: what Docker asked, what was answered, when, what the kernel was told, what came of it.
import { tell } from "./changes.js";
import { splitRoute, trouble } from "./calls.js";
import { clock, duration, el } from "./dom.js";
import { jsonBlock } from "./json.js";

const BY = { handler: "while the handler ran", docker: "by Docker, with the answer" };

const note = (text) => el("p", { class: "note" }, text);

function asked({ request, raw }) {
  if (raw) return [note("The body was no JSON object:"), el("pre", { class: "code", tabindex: "0" }, raw)];
  return request && Object.keys(request).length ? jsonBlock(request) : note("Docker sends no body with this call.");
}

function answered(call) {
  if (call.state === "running") return note("Not yet: the handler is still at work.");
  if (call.state === "lost") return note("Never: the plugin ended before it answered.");
  const wrong = trouble(call);
  return [wrong && el("p", { class: "trouble" }, wrong), jsonBlock(call.answer ?? {})];
}

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

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy by hand";
  }
}

function kernel({ commands }) {
  if (!commands.length) return note("The kernel was told nothing.");
  const text = commands.map(({ command }) => command).join("\n");
  const button = el("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", () => copy(text, button));
  const lines = commands.flatMap(({ command, error, duration_ms: ms }) => [
    el("span", { class: "command", title: ms === null ? "" : duration(ms) }, command),
    "\n",
    error && el("span", { class: "trouble" }, `# failed: ${error}\n`),
  ]);
  return [button, el("pre", { class: "code", tabindex: "0" }, lines)];
}

function changed({ changes }, nameOf) {
  if (!changes.length) return note("Nothing changed in the network.");
  const told = changes.map((change) => tell(change, nameOf));
  return Object.entries(BY).concat([["", "around this call"]]).map(([by, words]) => {
    const here = told.filter((change) => (change.by ?? "") === by);
    if (!here.length) return null;
    return [el("h4", {}, words), el("ul", { class: "changes" }, here.map((change) => el(
      "li",
      { class: change.op },
      el("span", { class: "sign", "aria-hidden": "true" }, change.sign),
      el("span", {}, `${change.word} ${change.what} `, el("code", {}, change.name), change.text && ` ${change.text}`,
        change.where && el("span", { class: "where" }, ` ${change.where}`)),
    )))];
  }).flat();
}

function output({ output: lines, streams }) {
  if (!lines.length) return note("The handler printed nothing.");
  const isWrong = (index) => streams[index] === "traceback" || streams[index] === "stderr";
  return el("pre", { class: "code", tabindex: "0" }, lines.map((line, index) => el(
    "span",
    { class: isWrong(index) && "trouble", "data-stream": streams[index] },
    `${line.replace(/\n$/, "")}\n`,
  )));
}

const TABS = [
  { id: "asked", name: "Asked", make: asked, count: () => 0 },
  { id: "answered", name: "Answered", make: answered, count: () => 0 },
  { id: "kernel", name: "Kernel", make: kernel, count: (call) => call.commands.length },
  { id: "changed", name: "Changed", make: changed, count: (call) => call.changes.length },
  { id: "output", name: "Output", make: output, count: (call) => call.output.length },
];

/** The panel. It keeps its tab from call to call. `onClose()` is called by its button. */
export class Detail {
  #tab = "asked";

  constructor(panel, nameOf, onClose) {
    Object.assign(this, { panel, nameOf, onClose, call: null, about: [] });
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
    this.panel.hidden = true;
    this.panel.replaceChildren();
  }

  /** Go `by` tabs to the right (negative: left). */
  turn(by) {
    const index = TABS.findIndex(({ id }) => id === this.#tab);
    this.#tab = TABS[(index + by + TABS.length) % TABS.length].id;
    const hadFocus = this.panel.contains(document.activeElement);
    this.#write();
    if (hadFocus) this.panel.querySelector('[aria-selected="true"]').focus();
  }

  #write() {
    const { call } = this;
    const { method } = splitRoute(call.route);
    const tab = TABS.find(({ id }) => id === this.#tab);
    const close = el("button", { type: "button", class: "key-button", on: { click: this.onClose } }, "Close ", el("kbd", {}, "Esc"));
    const tabs = TABS.map(({ id, name, count }) => el("button", {
      type: "button",
      role: "tab",
      id: `tab-${id}`,
      "aria-selected": String(id === this.#tab),
      "aria-controls": "tab-panel",
      tabindex: id === this.#tab ? 0 : -1,
      on: {
        click: () => {
          this.#tab = id;
          this.#write();
          this.panel.querySelector(`#tab-${id}`).focus();
        },
      },
    }, count(call) ? `${name} · ${count(call)}` : name));
    const scrolled = this.panel.querySelector("#tab-panel")?.scrollTop ?? 0;
    const isSame = this.panel.dataset.shown === `${call.number} ${tab.id}`;
    this.panel.dataset.shown = `${call.number} ${tab.id}`;
    this.panel.replaceChildren(
      el("header", {}, el("h3", { title: call.route }, `${call.number} · ${method}`), el("span", { class: "about" }, this.about.join(" · ")), close),
      el("p", { class: "timing" }, timing(call)),
      el("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the call" }, tabs),
      el("div", { id: "tab-panel", class: "tab-panel", role: "tabpanel", "aria-labelledby": `tab-${tab.id}` },
        ...[tab.make(call, this.nameOf)].flat(2).filter(Boolean)),
    );
    if (isSame) this.panel.querySelector("#tab-panel").scrollTop = scrolled;
  }
}

