// The calls as a file: those that are shown now, in the format that one chooses.
import { el } from "./dom.js";
import { bindKeys } from "./keys.js";

const FORMATS = [
  { form: "har", file: "calls.har", name: "HAR 1.2", what: "for the network tools of browsers, and HTTP debuggers" },
  { form: "jsonl", file: "calls.jsonl", name: "JSON lines", what: "a call on each line, with all that is known of it" },
  { form: "curl", file: "calls.curl.sh", name: "curl", what: "commands that make the calls again" },
  { form: "sh", file: "calls.sh", name: "Script", what: "what the kernel was told, to be run again" },
];

/** Numbers as ranges: `1-40,42`. */
export function ranges(numbers) {
  const found = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

/** A feature of the page (features.js). */
export function installCallsExport({ calls, canExport, on }) {
  const title = el("h2", { id: "calls-export-title" });
  const list = el("ul", { class: "formats" });
  const sheet = el("dialog", { class: "sheet", id: "calls-export", "aria-labelledby": "calls-export-title" }, title, list,
    el("form", { method: "dialog" }, el("button", { class: "key-button" }, "Close ", el("kbd", {}, "Esc"))));
  const button = el("button", { type: "button", class: "key-button", id: "calls-export-open" }, "Export ", el("kbd", {}, "X"));
  document.getElementById("calls-tools").append(button);
  document.body.append(sheet);

  const open = () => {
    if (!canExport()) return false;
    const numbers = calls.numbers().sort((one, other) => one - other);
    const { all } = calls.counts;
    const many = numbers.length === 1 ? "call" : "calls";
    title.textContent = numbers.length === all ? `Export ${all} ${many}` : `Export the ${numbers.length} of ${all} calls that are shown`;
    list.replaceChildren(...(numbers.length ? FORMATS.map(({ form, file, name, what }) => el("li", {},
      el("a", { class: "key-button", href: `/api/export/${form}?calls=${ranges(numbers)}`, download: file, on: { click: () => sheet.close() } }, name),
      el("span", { class: "note" }, what))) : [el("li", {}, el("span", { class: "note" }, "No call is shown."))]));
    sheet.showModal();
    return true;
  };

  button.addEventListener("click", open);
  bindKeys({ x: open });
  on("snapshot", () => {
    button.hidden = !canExport();
  });
}
