// Escape closes one thing at a press: of what is open, that which lies over the others.
import { bound } from "./keys.js";

const open = []; // {rank, close}, by rank
const takesEscape = (target) => Boolean(target.closest?.("input:not([type=range]), textarea, [contenteditable]"));

/** Be asked for a press of Escape. `close()` gives false where there is nothing to close; the next one is asked then. A
 *  lower `rank` is asked first: 0 what a key brought over a projector's picture, 1 the panel of step mode, 2 a wide call,
 *  3 what is told of a node, 4 a call, 5 a walk, 6 back to the newest call. What has the focus and closes by itself (a
 *  menu, a field) stops the event before. */
export function onEscape(rank, close) {
  bound.add("Escape");
  open.push({ rank, close });
  open.sort((one, other) => one.rank - other.rank);
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (takesEscape(event.target) || document.querySelector("dialog[open]")) return;
  if (open.some(({ close }) => close() !== false)) event.preventDefault();
});
