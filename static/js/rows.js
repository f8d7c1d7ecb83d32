// The rows of the list: a call in one line, and the lines between the calls. Made once, written again and again.
import { duration, el, shorten } from "./dom.js";

const STATES = {
  running: { sign: "◌", word: "running" },
  done: { sign: "✓", word: "answered" },
  failed: { sign: "✕", word: "error" },
  lost: { sign: "–", word: "never answered" },
};
const NAMES = 3; // names in a row at most
const NAME = 24; // characters of a name in a row; all of it is under the pointer

/** The method without its interface, and the interface where it is another than NetworkDriver. */
export function splitRoute(route) {
  const [, left, right] = /^(\w+)\.(\w+)$/.exec(route) ?? [null, "", route || "unknown"];
  return { method: right, interfaceName: left === "NetworkDriver" ? "" : left };
}

/** What is said of a call that went wrong, else an empty string. */
export function trouble(call) {
  if (call.state === "lost") return "never answered: the plugin ended";
  if (call.state !== "failed") return "";
  return call.error ? `Err: ${call.error}` : `HTTP ${call.status}`;
}

/** Write a text into an element that has nothing else; the text that is there is kept if it can be. */
const put = (node, text) => {
  const { firstChild } = node;
  if (!firstChild) node.append(text);
  else if (firstChild.data !== text) firstChild.data = text;
};

const attribute = (node, name, value) => {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
};

const place = (item, { position, count }) => {
  attribute(item, "aria-posinset", String(position));
  attribute(item, "aria-setsize", String(count));
};

const lines = (count) => `${count} ${count === 1 ? "line" : "lines"}`;

/** Names, each for itself whatever direction it is written in. */
export const named = (names) => names.flatMap((name, index) => [index > 0 && el("span", { class: "dot" }, " · "), el("bdi", {}, name)]).filter(Boolean);

function tellBar(bar) {
  if (!bar) return "";
  const begins = `Began ${duration(bar.at * 1000)} into calls ${bar.first} to ${bar.last}, which took ${duration(bar.took * 1000)} together.`;
  return bar.first === bar.last ? "" : `${begins} The bar shows when and how long; its pale part is waiting.`;
}

/** Rows of calls. `context` has `story`, `waterfall`, `chosen()`, `opened()`, `stop()` (numbers) and `on`. */
export function callRows({ story, waterfall, chosen, opened, stop, on, docker }) {
  const titleOf = (call) => (call ? [
    call.route, story.hosts.size > 1 && call.host && `host ${call.host}`, ...story.about(call), call.fault && `fault: ${call.fault}`,
    trouble(call), docker(call),
    call.printed && `printed ${lines(call.printed)}`, tellBar(waterfall.bar(call)),
  ].filter(Boolean).join("\n") : "");

  return {
    fixed: true,
    make() {
      const number = () => Number(button.dataset.call);
      const tellAll = () => {
        button.title = titleOf(story.calls.get(number()));
      };
      const button = el("button", {
        type: "button",
        class: "call",
        "aria-controls": "detail",
        on: {
          click: () => on.choose(number()), dblclick: () => on.open(number()),
          pointerenter: tellAll, focus: tellAll, // no earlier: most rows are only passed by
        },
      },
      el("span", { class: "number" }),
      el("span", { class: "sign", "aria-hidden": "true" }),
      el("span", { class: "method" }),
      el("span", { class: "about" }, el("span", { class: "host" }),
        Array.from({ length: NAMES }, () => [el("bdi"), el("span", { class: "dot" })]).flat(), el("span", { class: "trouble" })),
      el("span", { class: "printed", "aria-hidden": "true" }),
      el("span", { class: "time" }),
      el("span", { class: "bar", "aria-hidden": "true" }, el("i", { class: "waited" }), el("i", { class: "handled" })),
      el("span", { class: "unseen state" }));
      return el("li", { class: "row" }, button);
    },
    fill(item, { call }, where) {
      const button = item.firstChild;
      const [number, sign, method, about, print, time, bar, state] = button.children;
      const { method: name, interfaceName } = splitRoute(call.route);
      const { sign: mark, word } = STATES[call.state];
      const wrong = trouble(call);
      const host = story.hosts.size > 1 ? call.host ?? "" : "";
      const subjects = [interfaceName, ...story.about(call)].filter(Boolean);
      place(item, where);
      if (button.dataset.call !== String(call.number)) button.removeAttribute("title");
      attribute(button, "data-call", String(call.number));
      attribute(button, "data-state", call.state);
      attribute(button, "data-held", (call.state === "running" && call.held) || "");
      attribute(button, "aria-expanded", String(call.number === opened()));
      button.tabIndex = call.number === stop() ? 0 : -1;
      if (call.number === chosen()) attribute(button, "aria-current", "true");
      else button.removeAttribute("aria-current");
      put(number, String(call.number));
      put(sign, mark);
      put(method, name);
      put(time, call.state === "running" ? (call.held ? "held" : word) : duration(call.duration_ms));
      put(state, `, ${word}${call.printed ? `, printed ${lines(call.printed)}` : ""}`);
      put(print, call.printed ? `≡${call.printed}` : "");
      const parts = about.children; // host, three names with what parts them, trouble
      put(parts[0], host);
      for (let index = 0; index < NAMES; index += 1) {
        put(parts[1 + 2 * index], shorten(subjects[index] ?? "", NAME));
        put(parts[2 + 2 * index], index + 1 < subjects.length ? " · " : "");
      }
      put(parts[1 + 2 * NAMES], [call.fault && ` fault: ${call.fault}`, wrong && ` ${wrong}`].filter(Boolean).join(" ·"));
      const drawn = waterfall.bar(call);
      bar.hidden = !drawn;
      if (drawn) {
        const [waited, handled] = bar.children;
        bar.style.setProperty("--begin", `${(drawn.begin * 100).toFixed(1)}%`);
        waited.style.width = `${(drawn.waited * 100).toFixed(1)}%`;
        handled.style.width = `${(drawn.handled * 100).toFixed(1)}%`;
      }
    },
  };
}

/** Rows of the lines between the calls. */
export const lineRows = {
  fixed: false,
  make: () => el("li", {}, el("span", {})),
  fill(item, { line }, where) {
    place(item, where);
    item.className = `row line ${line.level}`;
    item.dataset.seq = line.seq;
    item.title = line.text;
    put(item.firstChild, String(line.text));
  },
};
