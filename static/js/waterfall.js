// Where in time a call was, among those that came with it: what a row's bar shows.

const PAUSE = 1; // seconds without a call, after which a new group begins
const MOST = 24; // calls in one group: in more, a bar would be no more than a dot
const SHORTEST = 0.001; // seconds that a group takes at least

/** Groups of calls that came one soon after the other, mostly what one command of Docker's made it ask. */
export class Waterfall {
  #groups = new Map(); // a call's number to its group
  #last = null;

  reset(calls) {
    this.#groups.clear();
    this.#last = null;
    for (const call of calls) this.take(call);
  }

  /** A call began or changed. */
  take(call) {
    if (call.started === null) return;
    const until = Math.max(call.started, call.finished ?? 0);
    let group = this.#groups.get(call.number);
    if (!group) {
      group = this.#last;
      if (!group || group.count >= MOST || call.started - group.to > PAUSE) {
        group = { first: call.number, from: call.started, to: until, count: 0 };
        this.#last = group;
      }
      group.count += 1;
      group.last = call.number;
      this.#groups.set(call.number, group);
    }
    group.from = Math.min(group.from, call.started);
    group.to = Math.max(group.to, until);
  }

  forget(number) {
    this.#groups.delete(number);
  }

  /** Of a call's bar: where it begins, how much of it was waiting, how much the handler's (shares of the group's time);
   *  the group's first and last call, when the call began and how long the group took (seconds). Null: not known. */
  bar(call) {
    const group = this.#groups.get(call.number);
    if (!group) return null;
    const took = Math.max(group.to - group.from, SHORTEST);
    const begin = (call.started - group.from) / took;
    const isOver = call.finished !== null;
    const whole = isOver ? (call.finished - call.started) / took : Math.max(0, 1 - begin);
    const sum = (call.waited_ms ?? 0) + (call.duration_ms ?? 0);
    const waited = isOver && sum > 0 ? whole * ((call.waited_ms ?? 0) / sum) : 0;
    return { begin, waited, handled: whole - waited, first: group.first, last: group.last, at: call.started - group.from, took };
  }
}
