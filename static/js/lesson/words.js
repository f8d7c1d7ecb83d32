// Texts of the course on the page.
import { el } from "../dom.js";

/** A text with what stands between backticks as code; all of it is text, never markup. */
export function words(text) {
  return String(text ?? "").split(/`([^`\n]+)`/).map((part, index) => (index % 2 ? el("code", {}, part) : part)).filter((part) => part !== "");
}

/** `1 check`, `3 checks`. */
export const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** A route's name without its interface: `CreateNetwork`. */
export const method = (route) => String(route ?? "").replace(/^\w+\./, "");

/** The last part of a path. */
export const basename = (path) => String(path ?? "").split("/").at(-1);

/** HTML that the server made of the course's own Markdown, as nodes. What is wider than its place can be scrolled to. */
export function prose(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const block of template.content.querySelectorAll("pre")) {
    block.tabIndex = 0;
    block.classList.add("code");
  }
  return template.content;
}

/** Put `nodes` in `place`; what had the focus has it again, by its ID. */
export function fill(place, ...nodes) {
  const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
  place.replaceChildren(...nodes.flat().filter((node) => node !== null && node !== undefined && node !== false));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

const DIFF = [["---", "head"], ["+++", "head"], ["@@", "head"], ["+", "plus"], ["-", "minus"]];

/** A unified difference as a block; lines tell what they are by their first character too. */
export function difference(text) {
  const lines = text.replace(/\n$/, "").split("\n").map((line) => {
    const kind = DIFF.find(([start]) => line.startsWith(start))?.[1] ?? "same";
    return el("span", { class: `diff-${kind}` }, `${line}\n`);
  });
  return el("pre", { class: "code diff", tabindex: "0" }, lines);
}

/** Ask a question in the page's own dialog; gives a promise of true or false. */
export function question(text, yes, no) {
  const dialog = document.getElementById("question");
  document.getElementById("question-text").textContent = text;
  document.getElementById("question-yes").textContent = yes;
  document.getElementById("question-no").textContent = no;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
