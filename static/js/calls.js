// The calls as they come: one row each, completed in place, with the lines that belong between them.
import { el } from "./dom.js";
import { Filter } from "./filter.js";
import { callRows, lineRows } from "./rows.js";
import { Virtual } from "./virtual.js";
import { Waterfall } from "./waterfall.js";

const AT_THE_END = 24; // pixels from the end of the list that still count as its end

/** The list. `on` has `choose(number)`, `open(number)` and `shown()` (other calls are shown, or more);
 *  `docker(call)` is what Docker told its user of a call. */
export class Calls {
  #all = []; // every entry, those too that the filter leaves out
  #byNumber = new Map(); // a call's number to its entry
  #wanted = 0; // calls among those shown
  #chosen = null;
  #opened = null;
  #unseen = 0;
  #digits = 2;
  #waterfall = new Waterfall();

  constructor(story, { list, scroller, label, newer, probe }, on, docker) {
    Object.assign(this, { story, list, scroller, label, newer, on });
    this.filter = new Filter(story);
    this.following = true;
    const context = {
      story, waterfall: this.#waterfall, on, docker,
      chosen: () => this.#chosen, opened: () => this.#opened, stop: () => this.#stop()?.call.number,
    };
    scroller.addEventListener("scroll", () => { // before the rows are written, and the layout would have to be made anew
      this.following = this.#atEnd();
      this.#tellNewer();
    }, { passive: true });
    this.rows = new Virtual({
      list, scroller, kinds: { call: callRows(context), line: lineRows }, unit: () => this.unit,
      resized: () => this.#settle(),
    });
    new ResizeObserver(() => { // the size of the type: of the screen, of the projector
      this.unit = probe.offsetHeight;
      this.rows.remeasure();
      this.#settle();
    }).observe(probe);
    this.unit = probe.offsetHeight;
    newer.addEventListener("click", () => this.toEnd());
  }

  /** The numbers of the calls that the filter shows, oldest first. */
  numbers() {
    return this.rows.entries.filter(({ call }) => call).map(({ call }) => call.number);
  }

  /** How many calls are shown, and of how many. */
  get counts() {
    return { shown: this.#wanted, all: this.story.calls.size };
  }

  isShown(number) {
    const entry = this.#byNumber.get(number);
    return Boolean(entry) && this.rows.entries[entry.index] === entry;
  }

  /** Everything anew, after a snapshot. */
  reset() {
    const calls = [...this.story.calls.values()];
    this.#waterfall.reset(calls);
    this.#all = [
      ...calls.map((call) => ({ kind: "call", at: call.started ?? call.finished ?? 0, call })),
      ...this.story.lines.map((line) => ({ kind: "line", at: line.at, line })),
    ].sort((one, other) => one.at - other.at);
    this.#byNumber = new Map(this.#all.filter(({ call }) => call).map((entry) => [entry.call.number, entry]));
    this.sift();
  }

  /** Show what is new, in its order: `{call}` that began or changed, `{line}`. */
  update(entries) {
    const added = [];
    let turned = false; // whether one is wanted now that was not before, or the other way round
    for (const { call, line } of entries) {
      if (call) this.#waterfall.take(call);
      const known = call && this.#byNumber.get(call.number);
      if (known) {
        known.says = null;
        turned ||= this.filter.isOn && this.isShown(call.number) !== this.filter.wants(known);
        continue;
      }
      const entry = call ? { kind: "call", call } : { kind: "line", line };
      added.push(entry);
      if (call) this.#byNumber.set(call.number, entry);
    }
    this.#all.push(...added);
    const fresh = added.filter((entry) => this.filter.wants(entry));
    if (this.#forgetOld() || turned) this.sift();
    else {
      this.rows.append(fresh);
      this.#wanted += fresh.filter(({ call }) => call).length;
      this.rows.refill();
    }
    this.#finish(fresh.length);
  }

  /** Names have become known. */
  rename() {
    for (const entry of this.#all) entry.says = null;
    if (this.filter.isOn) this.sift();
    else this.rows.refill();
  }

  /** Show those that the filter wants. */
  sift() {
    const wanted = this.filter.isOn ? this.#all.filter((entry) => this.filter.wants(entry)) : [...this.#all];
    this.#wanted = wanted.reduce((count, { call }) => count + (call ? 1 : 0), 0);
    this.rows.set(wanted);
    this.rows.refill();
    this.#finish(0);
  }

  /** Mark one call as chosen (null: none), and bring it into view if `reveal`. */
  choose(number, { reveal = true, focus = false } = {}) {
    this.#chosen = number;
    const entry = this.#entry(number);
    this.rows.pin(this.#stop());
    if (entry && reveal) this.rows.reveal(entry);
    this.rows.refill();
    if (entry && focus) this.rows.element(entry)?.firstChild.focus({ preventScroll: true });
  }

  /** Say which call is open (null: none). */
  open(number) {
    this.#opened = number;
    this.rows.refill();
  }

  /** The focus to the row that the Tab key reaches. */
  focus() {
    const stop = this.#stop();
    if (stop) this.choose(this.#chosen, { focus: stop.call.number === this.#chosen });
    this.rows.element(stop)?.firstChild.focus({ preventScroll: true });
  }

  /** Scroll to the newest and follow it from now on. */
  toEnd() {
    this.following = true;
    this.rows.toEnd();
    this.#unseen = 0;
    this.#tellNewer();
  }

  /** The list has another height: what was in view stays so. */
  #settle() {
    const entry = this.#entry(this.#chosen);
    if (this.following) this.toEnd();
    else if (entry) this.rows.reveal(entry);
  }

  /** Numbers are as wide as the longest. */
  #widen() {
    const digits = Math.max(2, String(this.story.newest?.number ?? 0).length);
    if (digits === this.#digits) return;
    this.#digits = digits;
    this.list.style.setProperty("--digits", String(digits));
    this.rows.remeasure();
  }

  #finish(added) {
    this.#widen();
    const { shown, all } = this.counts;
    const of = this.filter.isOn ? `${shown} of ${all}` : String(all);
    this.label.textContent = all ? `Calls · ${of}` : "Calls";
    this.rows.pin(this.#stop());
    if (this.following) this.toEnd();
    else {
      this.#unseen += added;
      this.#tellNewer();
      this.rows.render();
    }
    this.on.shown();
  }

  #tellNewer() {
    if (this.#atEnd()) this.#unseen = 0;
    this.newer.hidden = this.#unseen === 0;
    this.newer.textContent = `↓ ${this.#unseen} newer`;
  }

  #atEnd() {
    const { scrollTop, clientHeight } = this.scroller;
    return this.rows.total - scrollTop - clientHeight <= AT_THE_END;
  }

  /** The entry of a call that is shown. */
  #entry(number) {
    return this.isShown(number) ? this.#byNumber.get(number) : null;
  }

  /** One row at a time is in the order of the Tab key: the chosen, else the newest. */
  #stop() {
    return this.#entry(this.#chosen) ?? this.rows.entries.findLast(({ call }) => call) ?? null;
  }

  /** Let go of what the story no longer has; whether that was anything. */
  #forgetOld() {
    const lines = this.story.lines.length ? this.story.lines[0].seq : Infinity;
    const before = this.#all.length;
    if (this.#byNumber.size === this.story.calls.size && before - this.#byNumber.size === this.story.lines.length) return false;
    this.#all = this.#all.filter(({ call, line }) => (call ? this.story.calls.has(call.number) : line.seq >= lines));
    for (const number of this.#byNumber.keys()) {
      if (this.story.calls.has(number)) continue;
      this.#byNumber.delete(number);
      this.#waterfall.forget(number);
    }
    return this.#all.length !== before;
  }
}
