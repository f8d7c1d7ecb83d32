// JSON as coloured text. The text is JSON still: what one copies can be pasted anywhere.
import { el } from "./dom.js";
import { keyOf } from "./meaning.js";

const LONG_ID = /^[0-9a-f]{40,}$/;
const SHOWN = 12; // digits of an ID that are shown; the rest is there for who copies it

const KINDS = { string: "string", number: "number", boolean: "word" };

function identifier(text) {
  const rest = el("span", { class: "id-rest" }, text.slice(SHOWN));
  return el("span", { class: "json-string", title: text }, `"${text.slice(0, SHOWN)}`, rest, '"');
}

function value(data, indent, explain, path) {
  if (typeof data === "string" && LONG_ID.test(data)) return [identifier(data)];
  if (data === null) return [el("span", { class: "json-word" }, "null")];
  if (typeof data !== "object") return [el("span", { class: `json-${KINDS[typeof data]}` }, JSON.stringify(data))];
  const isList = Array.isArray(data);
  const [open, close] = isList ? "[]" : "{}";
  const entries = Object.entries(data);
  if (entries.length === 0) return [open + close];
  const inner = `${indent}  `;
  const parts = entries.flatMap(([key, entry], index) => [
    inner,
    ...(isList ? [] : [keyOf(JSON.stringify(key), explain([...path, key])), ": "]),
    ...value(entry, inner, explain, isList ? path : [...path, key]),
    index < entries.length - 1 ? ",\n" : "\n",
  ]);
  return [`${open}\n`, ...parts, indent + close];
}

/** A `<pre>` with `data` as indented JSON. `explain(path)` gives what a key means, if that is known. */
export function jsonBlock(data, explain = () => null) {
  return el("pre", { class: "code json", tabindex: "0" }, ...value(data, "", explain, []));
}
