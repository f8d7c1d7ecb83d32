// A long list of which only what is in view is in the page: entries by their heights, elements used again and again.

const BEYOND = 240; // pixels above and below the view that are there already
const REST = 120; // milliseconds without scrolling, after which the elements stand in the order of the entries again

/**
 * `list` is the element with the rows, `scroller` what scrolls it. `kinds` is a table: of each kind of entry `make()`
 * gives an element, `fill(element, entry, {position, count})` writes an entry into it; a `fixed` kind's entries are all
 * as high as `unit()` says, the others are measured. Entries are objects with a `kind`; `top`, `height` and `index`
 * are the list's own.
 */
export class Virtual {
  #entries = [];
  #shown = new Map(); // entry to its element
  #spare = {}; // by kind: elements that nothing is written in now
  #pinned = null; // the entry that stays in the page though it is out of view: the one that the Tab key reaches
  #height = 0; // of what is seen
  #rest = null;
  #lowest = 0; // the least that was measured, which most entries will be

  constructor({ list, scroller, kinds, unit, resized }) {
    Object.assign(this, { list, scroller, kinds, unit });
    for (const kind of Object.keys(kinds)) this.#spare[kind] = [];
    scroller.addEventListener("scroll", () => {
      clearTimeout(this.#rest);
      this.#rest = setTimeout(() => this.#order(), REST);
      this.#show(); // to move elements too would take too long while it is scrolled
    }, { passive: true });
    new ResizeObserver(() => {
      this.remeasure();
      resized();
    }).observe(scroller);
  }

  get entries() {
    return this.#entries;
  }

  get total() {
    const last = this.#entries.at(-1);
    return last ? last.top + last.height : 0;
  }

  /** Other entries. What is in view stays in view if it is among them. */
  set(entries) {
    const anchor = this.#anchor();
    this.#entries = entries;
    this.#place(0);
    for (const [entry] of this.#shown) if (this.#entries[entry.index] !== entry) this.#drop(entry);
    if (this.#entries[this.#pinned?.index] !== this.#pinned) this.#pinned = null;
    this.#keep(anchor);
    this.render();
  }

  /** More entries at the end. */
  append(entries) {
    const from = this.#entries.length;
    this.#entries.push(...entries);
    this.#place(from);
  }

  /** What the rows say may have changed: write those in the page again. */
  refill() {
    for (const [entry, element] of this.#shown) this.#fill(entry, element);
  }

  /** Sizes have changed: of the type, of the list. */
  remeasure() {
    const anchor = this.#anchor();
    this.#height = this.scroller.clientHeight;
    this.#lowest = 0;
    for (const entry of this.#entries) entry.height = 0;
    this.#place(0);
    this.#keep(anchor);
    this.render();
  }

  /** The element of an entry, if it is in the page. */
  element(entry) {
    return this.#shown.get(entry) ?? null;
  }

  /** Keep this entry (or none) in the page, wherever it is. */
  pin(entry) {
    this.#pinned = entry;
    this.render();
  }

  /** Bring an entry into view, no further than needed. */
  reveal(entry) {
    const { scrollTop } = this.scroller;
    if (entry.top < scrollTop) this.scroller.scrollTop = entry.top;
    else if (entry.top + entry.height > scrollTop + this.#height) this.scroller.scrollTop = entry.top + entry.height - this.#height;
    this.render();
  }

  toEnd() {
    this.scroller.scrollTop = this.total;
    this.render();
    this.scroller.scrollTop = this.total; // rows may be higher than they were taken for
  }

  /** Show what is in view now. */
  render() {
    this.#show();
    this.#order();
  }

  /** The elements in the order of their entries, for who goes through the page by its elements. The one that has the focus
   *  is not moved, or it would lose it. */
  #order() {
    const entries = [...this.#shown.keys()].sort((one, other) => one.index - other.index);
    const elements = entries.map((entry) => this.#shown.get(entry));
    if (elements.every((element, index) => element === this.list.children[index])) return;
    const stays = elements.findIndex((element) => element.contains(document.activeElement));
    for (const [index, element] of elements.entries()) {
      if (index !== stays) this.list.insertBefore(element, index < stays ? elements[stays] : null);
    }
  }

  #show() {
    const { scrollTop } = this.scroller;
    const from = this.#at(scrollTop - BEYOND);
    const until = this.#at(scrollTop + this.#height + BEYOND);
    const wanted = this.#entries.slice(from, until + 1);
    for (const entry of new Set([this.#pinned, this.#focused()])) {
      if (entry && (entry.index < from || entry.index > until)) wanted.push(entry);
    }
    const fresh = new Set(wanted);
    for (const [entry] of this.#shown) if (!fresh.has(entry)) this.#drop(entry);
    const unmeasured = [];
    for (const entry of wanted) {
      let element = this.#shown.get(entry);
      if (!element) {
        element = this.#spare[entry.kind].pop() ?? this.kinds[entry.kind].make();
        this.#shown.set(entry, element);
        this.#fill(entry, element);
        this.#move(entry, element);
        if (!element.isConnected) this.list.append(element);
      }
      if (!entry.measured) unmeasured.push([entry, element]);
    }
    for (const spare of Object.values(this.#spare)) for (const element of spare) element.remove();
    if (unmeasured.length) this.#measure(unmeasured);
  }

  /** The entry that has the focus: its element is not to become another's. */
  #focused() {
    const item = this.list.contains(document.activeElement) && document.activeElement.closest("li");
    return item ? [...this.#shown.keys()].find((entry) => this.#shown.get(entry) === item && this.#entries[entry.index] === entry) : null;
  }

  #measure(unmeasured) {
    const anchor = this.#anchor();
    let first = Infinity;
    for (const [entry, element] of unmeasured) {
      const height = element.offsetHeight;
      entry.measured = true;
      this.#lowest = Math.min(this.#lowest || height, height);
      if (height === entry.height) continue;
      entry.height = height;
      first = Math.min(first, entry.index);
    }
    if (first === Infinity) return;
    this.#place(first);
    this.#keep(anchor);
  }

  #place(from) {
    const unit = this.unit();
    let top = from > 0 ? this.#entries[from - 1].top + this.#entries[from - 1].height : 0;
    for (let index = from; index < this.#entries.length; index += 1) {
      const entry = this.#entries[index];
      if (!entry.height) {
        entry.measured = Boolean(this.kinds[entry.kind].fixed);
        entry.height = entry.measured ? unit : this.#lowest || unit;
      }
      entry.index = index;
      entry.top = top;
      top += entry.height;
    }
    this.list.style.height = `${top}px`;
    for (const [entry, element] of this.#shown) if (entry.index >= from) this.#move(entry, element);
  }

  #move(entry, element) {
    element.style.transform = `translateY(${entry.top}px)`;
  }

  #fill(entry, element) {
    this.kinds[entry.kind].fill(element, entry, { position: entry.index + 1, count: this.#entries.length });
  }

  #drop(entry) {
    this.#spare[entry.kind].push(this.#shown.get(entry));
    this.#shown.delete(entry);
  }

  /** The first entry in view, and how far above its top the view begins. */
  #anchor() {
    const entry = this.#entries[this.#at(this.scroller.scrollTop)];
    return entry ? { entry, above: this.scroller.scrollTop - entry.top } : null;
  }

  #keep(anchor) {
    if (!anchor || this.#entries[anchor.entry.index] !== anchor.entry) return;
    const top = anchor.entry.top + anchor.above;
    if (Math.abs(top - this.scroller.scrollTop) >= 1) this.scroller.scrollTop = top;
  }

  /** The index of the entry at a height, the nearest if there is none. */
  #at(height) {
    let low = 0;
    let high = this.#entries.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#entries[middle].top <= height) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
