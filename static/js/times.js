// The moments of a session, one after each call: in the browser what workshop/journal/moments.py is on the server.

const KEPT = 10000;

/** The calls as the server tells them: `[call, began, done, at, failed]`, `began` and `done` as numbers of events. */
export class Times {
  #rows = []; // oldest first
  #by = new Map(); // call to its row
  #first = 1;

  /** Begin anew from what the server tells; of the events that came since, only those after its last are news. */
  reset({ first, last, calls }, since = []) {
    this.#rows = calls;
    this.#by = new Map(calls.map((row) => [row[0], row]));
    this.#first = first;
    this.last = last;
    for (const event of since) this.take(event);
  }

  /** The number of the newest event. */
  last = 0;

  get count() {
    return this.#rows.length;
  }

  get rows() {
    return this.#rows;
  }

  /** Learn from one event; says whether it told of a call. */
  take({ seq, at, kind, call, data }) {
    if (seq <= this.last) return false;
    this.last = seq;
    if (call === null || (kind !== "call.started" && kind !== "call.finished")) return false;
    let row = this.#by.get(call);
    if (!row) {
      row = [call, seq, null, at, false];
      this.#by.set(call, row);
      this.#rows.push(row);
      if (this.#rows.length > KEPT) this.#by.delete(this.#rows.shift()[0]);
    }
    if (kind === "call.finished") {
      row[2] = seq;
      row[3] = at;
      row[4] = (data.error ?? null) !== null || data.status >= 400;
    }
    return true;
  }

  /** The moment after the call at `index` (from 1), or before the first (0): `{call, seq, at, failed}`. */
  moment(index) {
    if (index === 0) return { call: null, at: null, failed: false, seq: Math.max(this.count ? this.#rows[0][1] - 1 : this.last, this.#first) };
    const [call, , done, at, failed] = this.#rows[index - 1];
    const after = index < this.count ? this.#rows[index][1] - 1 : this.last;
    return { call, at, failed, seq: Math.max(done ?? 0, after) };
  }

  /** The index of the moment after a call; -1 if there is none. */
  indexOf(call) {
    const row = this.#by.get(call);
    return row ? this.#rows.indexOf(row) + 1 : -1;
  }
}
