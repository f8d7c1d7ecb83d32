// What a field of a call means: shown beside its key while the pointer is on it, or the focus.
import { el } from "./dom.js";

/** A text with `code` in it as nodes. */
export const prose = (text) => text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));

const tip = el("div", { class: "meaning", id: "meaning", role: "tooltip", hidden: true });
let shownAt = null;

function place(key) {
  const at = key.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = tip;
  const below = at.bottom + 6;
  tip.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
  tip.style.top = `${below + height > innerHeight - 8 ? Math.max(8, at.top - height - 6) : below}px`;
}

function show(key, { name, type, meaning, since, required }) {
  const facts = [type, required ? "always there" : "may be missing", since ? `since Docker ${since}` : "since the first Docker with plugins"];
  tip.replaceChildren(el("p", { class: "meaning-head" }, el("code", {}, name)), el("p", {}, ...prose(meaning)), el("p", { class: "note" }, facts.join(" · ")));
  (key.closest("dialog, main") ?? document.body).append(tip);
  tip.hidden = false;
  key.setAttribute("aria-describedby", "meaning");
  shownAt = key;
  place(key);
}

function hide() {
  tip.hidden = true;
  shownAt?.removeAttribute("aria-describedby");
  shownAt = null;
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || tip.hidden) return;
  hide();
  event.preventDefault(); // this press is for the meaning alone
}, { capture: true });
document.addEventListener("scroll", hide, { capture: true, passive: true });

/** A key of a JSON object. What it means, if anybody knows, is told at `known`. */
export function keyOf(text, known) {
  if (!known) return el("span", { class: "json-key" }, text);
  const key = el("span", {
    class: "json-key explained",
    tabindex: 0,
    role: "term",
    on: {
      pointerenter: () => show(key, known), pointerleave: hide, focus: () => show(key, known), blur: hide,
    },
  }, text);
  return key;
}
