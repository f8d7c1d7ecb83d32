// The keys that work anywhere on the page. `closest` is undefined on the document itself, hence `?.`.

const isTyping = (target) => Boolean(target.closest?.("input, textarea, select, [contenteditable]"));
const scrolls = (target) => Boolean(target.closest?.(".code, .picture, .about-body"));
const isControl = (target) => Boolean(target.closest?.("button:not(.call), a"));

/** The keys that are bound: the sheet has a row for each. */
export const bound = new Set();

/** Bind `actions` (a table of key to function) to the page. A function that gives false lets the key through. */
export function bindKeys(actions) {
  for (const key of Object.keys(actions)) bound.add(key);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if ((key === "Enter" || key === " ") && isControl(event.target)) return; // the button's own
    if (key.startsWith("Arrow") && scrolls(event.target)) return; // the arrows move what has the focus
    const action = actions[key];
    if (action && action() !== false) event.preventDefault();
  });
}
