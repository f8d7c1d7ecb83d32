// A clicker's two buttons, and the space bar: what waits for the presenter takes them, the most urgent first.
import { bindKeys } from "./keys.js";

const waiting = []; // {rank, forward, back}, by rank

/** Be asked for a press of the clicker. `forward()` and `back()` give false where there is nothing to do now; the next
 *  one is asked then. A lower `rank` is asked first: 1 a held call, 2 a talk's chapter, 3 a walk, 4 the session's time. */
export function onClicker(rank, { forward = () => false, back = () => false }) {
  waiting.push({ rank, forward, back });
  waiting.sort((one, other) => one.rank - other.rank);
}

const press = (way) => waiting.some((each) => each[way]() !== false);

/** Bind the keys that a clicker sends. */
export function bindClicker() {
  if (!waiting.length) return;
  const forward = () => press("forward");
  bindKeys({ " ": forward, PageDown: forward, PageUp: () => press("back") });
}
