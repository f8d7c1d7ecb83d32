// The calls as they come: one row each, completed in place, with the lines that belong between them.
import { duration, el, shorten } from "./dom.js";

const AT_THE_END = 24; // pixels from the end of the list that still count as its end

const STATES = {
  running: { sign: "◌", word: "running" },
  done: { sign: "✓", word: "answered" },
  failed: { sign: "✕", word: "error" },
  lost: { sign: "–", word: "never answered" },
};

/** The method without its interface, and the interface where it is another than NetworkDriver. */
export function splitRoute(route) {
  const [, left, right] = /^(\w+)\.(\w+)$/.exec(route) ?? [null, "", route || "unknown"];
  return { method: right, interfaceName: left === "NetworkDriver" ? "" : left };
}

/** What the row says under the method where the call went wrong, else an empty string. */
export function trouble(call) {
  if (call.state === "lost") return "never answered: the plugin ended";
  if (call.state !== "failed") return "";
  return call.error ? `Err: ${call.error}` : `HTTP ${call.status}`;
}

/** The list. `on` has `choose(number)` and `open(number)`. */
export class Calls {
  #rows = new Map();
  #said = new WeakMap(); // by row: what it says
  #lines = new Set();
  #chosen = null;
  #unseen = 0;
  #last = null; // the newest row's button
  #stop = null; // the one button that the Tab key reaches

  constructor(story, { list, scroller, label, newer }, on) {
    Object.assign(this, { story, list, scroller, label, newer, on });
    newer.addEventListener("click", () => this.toEnd());
    scroller.addEventListener("scroll", () => this.#tellNewer());
    new ResizeObserver(() => this.#settle()).observe(scroller);
    this.following = true;
    scroller.addEventListener("scroll", () => {
      this.following = this.#atEnd();
    });
  }

  /** Everything anew, after a snapshot. */
  reset() {
    this.#rows.clear();
    this.#lines.clear();
    this.#last = null;
    const entries = [
      ...[...this.story.calls.values()].map((call) => ({ at: call.started ?? call.finished ?? 0, call })),
      ...this.story.lines.map((line) => ({ at: line.at, line })),
    ].sort((one, other) => one.at - other.at);
    this.list.replaceChildren(...entries.map(({ call, line }) => (call ? this.#newRow(call) : this.#newLine(line))));
    this.#finish(0);
  }

  /** Show what is new, in its order: `{call}` that began or changed, `{line}`. */
  update(entries) {
    const added = [];
    for (const { call, line } of entries) {
      if (line) added.push(this.#newLine(line));
      else if (this.#rows.has(call.number)) this.#fill(this.#rows.get(call.number), call);
      else added.push(this.#newRow(call));
    }
    this.list.append(...added);
    this.#forgetOld();
    this.#finish(added.length);
  }

  /** Names have become known: write every row again. */
  rename() {
    this.#forgetOld();
    for (const [number, row] of this.#rows) this.#fill(row, this.story.calls.get(number));
  }

  /** Mark one call as chosen (null: none), and bring it into view if `reveal`. */
  choose(number, { reveal = true, focus = false } = {}) {
    this.#button(this.#chosen)?.removeAttribute("aria-current");
    this.#chosen = number;
    const button = this.#button(number);
    this.#roam();
    if (!button) return;
    button.setAttribute("aria-current", "true");
    if (reveal) button.scrollIntoView({ block: "nearest" });
    if (focus) button.focus({ preventScroll: true });
  }

  /** Say which call is open (null: none). */
  open(number) {
    for (const [each, row] of this.#rows) row.firstChild.setAttribute("aria-expanded", String(each === number));
  }

  /** Scroll to the newest and follow it from now on. */
  toEnd() {
    this.following = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#unseen = 0;
    this.#tellNewer();
  }

  /** The list has another height: what was in view stays so. */
  #settle() {
    if (this.following) this.toEnd();
    else this.#button(this.#chosen)?.scrollIntoView({ block: "nearest" });
  }

  #finish(added) {
    const count = this.story.calls.size;
    this.label.textContent = count ? `Calls · ${count}` : "Calls";
    this.#roam();
    if (this.following) this.toEnd(); // last, since it makes the browser lay out the list
    else {
      this.#unseen += added;
      this.#tellNewer();
    }
  }

  #tellNewer() {
    if (this.#atEnd()) this.#unseen = 0;
    this.newer.hidden = this.#unseen === 0;
    this.newer.textContent = `↓ ${this.#unseen} newer`;
  }

  #atEnd() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight <= AT_THE_END;
  }

  /** One row at a time is in the order of the Tab key: the chosen, else the newest. */
  #roam() {
    const current = this.#button(this.#chosen) ?? this.#last;
    if (this.#stop && this.#stop !== current) this.#stop.tabIndex = -1;
    this.#stop = current;
    if (current) current.tabIndex = 0;
  }

  #button(number) {
    return this.#rows.get(number)?.firstChild ?? null;
  }

  #forgetOld() {
    for (const [number, row] of this.#rows) {
      if (this.story.calls.has(number)) continue;
      row.remove();
      this.#rows.delete(number);
    }
    const kept = new Set(this.story.lines.map((line) => line.seq));
    for (const item of this.#lines) {
      if (kept.has(Number(item.dataset.seq))) continue;
      item.remove();
      this.#lines.delete(item);
    }
  }

  #newLine(line) {
    const item = el("li", { class: `line ${line.level}`, "data-seq": line.seq, title: line.text }, el("span", {}, String(line.text)));
    this.#lines.add(item);
    return item;
  }

  #newRow(call) {
    const button = el("button", {
      type: "button",
      class: "call",
      "data-call": call.number,
      "aria-expanded": "false",
      "aria-controls": "detail",
      on: { click: () => this.on.choose(call.number), dblclick: () => this.on.open(call.number) },
    });
    button.tabIndex = -1;
    this.#last = button;
    const row = el("li", {}, button);
    this.#rows.set(call.number, row);
    this.#fill(row, call);
    return row;
  }

  /** Write a row; one that says so already is left alone. */
  #fill(row, call) {
    const button = row.firstChild;
    const { method, interfaceName } = splitRoute(call.route);
    const { sign, word } = STATES[call.state];
    const wrong = trouble(call);
    const about = this.story.about(call);
    const lines = call.output.length;
    const printed = lines ? `${lines} ${lines === 1 ? "line" : "lines"}` : "";
    const said = JSON.stringify([call.route, call.state, call.duration_ms, wrong, about, printed, call.held, call.fault]);
    if (this.#said.get(row) === said) return;
    this.#said.set(row, said);
    button.dataset.state = call.state;
    button.dataset.held = (call.state === "running" && call.held) || "";
    button.title = [call.route, ...about, wrong, printed && `printed ${printed}`].filter(Boolean).join("\n");
    button.replaceChildren(
      el("span", { class: "number" }, call.number),
      el("span", { class: "sign", "aria-hidden": "true" }, sign),
      el(
        "span",
        { class: "what" },
        el("span", { class: "method" }, method, printed && el("span", { class: "printed" }, el("span", { class: "unseen" }, ", printed"), ` ${printed}`)),
        call.fault && el("span", { class: "fault" }, `fault: ${call.fault}`),
        el("span", { class: "about" }, [interfaceName, ...about].filter(Boolean).map((name) => shorten(name, 20)).join(" · ")),
        wrong && el("span", { class: "trouble" }, wrong),
      ),
      el("span", { class: "time" }, call.state === "running" ? (call.held ? "held" : word) : duration(call.duration_ms)),
      el("span", { class: "unseen" }, `, ${word}`),
    );
  }
}
