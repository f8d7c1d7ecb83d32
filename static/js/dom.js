// Making elements. Whatever is text is set as text: nothing that Docker or a learner wrote becomes markup.

/**
 * An element with attributes and children. `class`, `data-*`, `aria-*` and the rest are attributes; `on` is a table of
 * event listeners; false, null and undefined attributes are left out, and so are such children.
 */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** An element of a drawing (SVG) with attributes and children. */
export function shape(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Whether motion is to be left out. */
export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Milliseconds since 1970, to a fraction of one. */
export const now = () => performance.timeOrigin + performance.now();

/** A name in at most `most` characters, its end cut off with an ellipsis. */
export const shorten = (name, most = 32) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

/** Milliseconds as a person reads them: `0.4 ms`, `12 ms`, `1.3 s`. */
export function duration(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 10 ? Math.round(ms) : ms.toFixed(1)} ms`;
}

/** The time of day of `at` (seconds since 1970), to the millisecond. */
export function clock(at) {
  if (!at) return "";
  const when = new Date(at * 1000);
  const two = (number) => String(number).padStart(2, "0");
  const millis = String(when.getMilliseconds()).padStart(3, "0");
  return `${two(when.getHours())}:${two(when.getMinutes())}:${two(when.getSeconds())}.${millis}`;
}
