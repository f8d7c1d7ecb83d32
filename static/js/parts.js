// The parts of an open call: request, answer, what the kernel was told, what changed, what was printed.
import { tell } from "./changes.js";
import { duration, el } from "./dom.js";
import { steps } from "./handover.js";
import { jsonBlock } from "./json.js";
import { prose } from "./meaning.js";
import { explain } from "./protocol.js";
import { trouble } from "./rows.js";

const BY = {
  handler: "What the plugin made, while its handler ran",
  docker: "What Docker did with the answer",
  "": "Around this call",
};

const note = (text) => el("p", { class: "note" }, ...prose(text));
const text = (said) => el("pre", { class: "code", tabindex: "0" }, said);

/** Put a text into the clipboard, and say on the button whether it went; where it did not, show it after the button. */
export async function copy(said, button) {
  const word = button.textContent;
  try {
    await navigator.clipboard.writeText(said);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Copy it by hand";
    button.closest("header, .commands, .copies")?.after(text(said));
  }
  setTimeout(() => {
    button.textContent = word;
  }, 2000);
}

async function copyCurl(button, number) {
  try {
    const told = await (await fetch(`/api/calls/${number}/curl`)).json();
    if (!told.curl) throw new Error(told.error);
    await copy(told.curl, button);
  } catch (error) {
    button.textContent = "It cannot be had now";
    button.title = String(error.message);
  }
}

export function asked({ number, request, raw, route }) {
  const curl = el("p", { class: "copies" }, el("button", {
    type: "button", class: "copy", title: "The command that makes this call again", on: { click: (event) => copyCurl(event.currentTarget, number) },
  }, "Copy as curl"));
  if (raw) return [note("The body was no JSON object:"), text(raw), curl];
  if (!request || !Object.keys(request).length) return [note("Docker sends no body with this call."), curl];
  return [jsonBlock(request, (path) => explain(route, "request", path)), curl];
}

export function answered(call, { docker }) {
  if (call.state === "running") return [note("Not yet: the handler is still at work.")];
  if (call.state === "lost") return [note("Never: the plugin ended before it answered.")];
  const wrong = trouble(call);
  const told = wrong && docker(call);
  return [
    wrong && el("p", { class: "trouble" }, wrong),
    told && (told.text
      ? el("div", { class: "shown" }, el("p", { class: "note" }, "Docker shows its user:"), text(told.text), told.note && note(told.note))
      : note(`Docker shows its user nothing of it. ${told.note}`)),
    jsonBlock(call.answer ?? {}, (path) => explain(call.route, "answer", path)),
  ];
}

export function kernel({ commands, number, host: own }, { canExport }) {
  if (!commands.length) return [note("The kernel was told nothing.")];
  const all = commands.map(({ command }) => command).join("\n");
  const copies = el("p", { class: "copies" },
    el("button", { type: "button", class: "copy", on: { click: (event) => copy(all, event.currentTarget) } }, "Copy all"),
    canExport() && el("a", { class: "copy", href: `/api/export/sh?calls=${number}`, download: `call-${number}.sh` }, "Script ↓"));
  const rows = commands.map(({ command, error, duration_ms: ms, host }) => el("li", {},
    el("code", { class: error ? "command trouble" : "command" }, command),
    el("span", { class: "time" }, [host && host !== own ? host : "", duration(ms)].filter(Boolean).join(" · ")),
    el("button", { type: "button", class: "copy", "aria-label": `Copy ${command}`, on: { click: (event) => copy(command, event.currentTarget) } }, "Copy"),
    error && el("span", { class: "trouble" }, `failed: ${error}`)));
  return [copies, el("ol", { class: "commands" }, rows)];
}

/** Whose doing a change was. Namespaces are Docker's, also if one came while the handler ran. */
const doer = ({ by, what }) => (what === "namespace" && by === "handler" ? "" : by ?? "");

export function changed(call, { nameOf, placeOf, containerOf }) {
  const { changes } = call;
  if (!changes.length) return [note("Nothing changed in the network.")];
  return Object.entries(BY).map(([by, words]) => {
    const here = changes.filter((change) => doer(change) === by);
    if (!here.length) return null;
    const list = el("ul", { class: "changes" }, here.map((change) => tell(change, nameOf)).map((change) => el(
      "li",
      { class: change.op },
      el("span", { class: "sign", "aria-hidden": "true" }, change.sign),
      el("span", {}, `${change.word} ${change.what} `, el("code", {}, change.name), change.text && ` ${change.text}`,
        change.where && el("span", { class: "where" }, ` ${change.where}`)),
    )));
    if (by !== "docker") return el("section", { class: "made" }, el("h4", {}, words), list);
    const did = steps(here, placeOf, call.route.endsWith(".Join") ? containerOf(call) || "its container" : null);
    return el("section", { class: "handed-over" }, el("h4", {}, words),
      did.length > 0 && el("ol", { class: "steps" }, did.map((nodes) => el("li", {}, ...nodes))),
      did.length ? el("details", {}, el("summary", {}, here.length === 1 ? "the change" : `the ${here.length} changes`), list) : list);
  });
}

export function output({ output: lines, streams }) {
  if (!lines.length) return [note("The handler printed nothing.")];
  const isWrong = (index) => streams[index] === "traceback" || streams[index] === "stderr";
  return [el("pre", { class: "code", tabindex: "0" }, lines.map((line, index) => el(
    "span",
    { class: isWrong(index) && "trouble", "data-stream": streams[index] },
    `${line.replace(/\n$/, "")}\n`,
  )))];
}

/** Request and answer, side by side. */
export function both(call, context) {
  const half = (name, nodes) => el("section", { "aria-label": name }, el("h4", {}, name), nodes.filter(Boolean));
  return [el("div", { class: "both" }, half("Asked", asked(call)), half("Answered", answered(call, context)))];
}
