// What this browser wishes to see folded, and the picture as it wishes it, live or of the past. Others are not disturbed:
// the server is asked for this browser's picture, where that is another than everybody's.
import { now } from "./dom.js";

const SETTLED = 150; // milliseconds without another size until a new picture is asked for
const SAME = 90; // points: a room that differs by less, as it does with the caption's length, folds no other way
const FOLDED = /^(fold|shut)-(.*)$/s; // the `data-id` of a node that stands for others
const HIGH = /\bbb="0,-([\d.]+),/;

export const isFolded = (dataId) => FOLDED.test(dataId);

/** The wishes of one browser. */
export class Folds {
  #latest = null; // the newest picture that was told, as everybody gets it
  #isPast = false; // whether that is one of the past
  #asking = false;
  #again = null; // when the message came that is to be asked for next
  #timer = null;
  #high = null; // how many points high the picture may be

  constructor(picture) {
    this.picture = picture;
    this.wishes = { open: new Set(), shut: new Set(), hosts: new Set() };
  }

  /** A picture came, as everybody gets it: show it as this browser wishes it. */
  show(message, received, isPast = false) {
    this.#latest = message;
    this.#isPast = isPast;
    return this.#isMine(message) ? this.picture.show(message, received) : this.#ask(received);
  }

  /** The room has another size. */
  resized() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const before = this.#high;
      if (this.#latest && this.#room() !== before) this.#refresh();
    }, SETTLED);
  }

  /** Unfold or fold a group (a bridge, or what hangs on none), or a host by its name. */
  set(kind, name, isShut) {
    if (kind === "host") this.#put(this.wishes.hosts, name, isShut);
    else {
      this.#put(this.wishes.shut, name, isShut);
      this.#put(this.wishes.open, name, !isShut);
    }
    return this.#refresh();
  }

  /** Show what the node `dataId` stands for, if it stands for a folded group or host; null if it does not. */
  unfold(dataId) {
    const [, word, name] = FOLDED.exec(dataId) ?? [];
    return word ? this.set(word === "shut" ? "host" : "group", name, false) : null;
  }

  #put(wishes, name, isIn) {
    if (isIn) wishes.add(name);
    else wishes.delete(name);
  }

  /** How many points high the picture may be, so that it does not fold now this way, now that. */
  #room() {
    const { high } = this.picture.view;
    if (this.#high === null || Math.abs(high - this.#high) > SAME) this.#high = high;
    return Math.max(this.#high, 0);
  }

  /** Whether everybody's picture is what this browser would get too. */
  #isMine({ dot }) {
    const isWished = Object.values(this.wishes).some((wishes) => wishes.size > 0);
    return !isWished && Number(HIGH.exec(dot)?.[1] ?? 0) <= this.#room();
  }

  #refresh() {
    return this.#latest ? this.show(this.#latest, now(), this.#isPast) : null;
  }

  /** Ask for this browser's picture; while one is asked for, only the last that came waits. */
  async #ask(received) {
    if (this.#asking) {
      this.#again = received;
      return;
    }
    this.#asking = true;
    const asked = this.#latest;
    const isPast = this.#isPast;
    const query = new URLSearchParams({ ...(isPast ? { seq: asked.seq } : {}), high: this.#room() });
    for (const [name, wishes] of Object.entries(this.wishes)) for (const wish of wishes) query.append(name, wish);
    // who went to another time meanwhile, does not want this one any more
    const isWanted = () => isPast === this.#isPast && (!isPast || asked === this.#latest);
    try {
      const answer = await fetch(`${isPast ? "/api/at" : "/api/picture"}?${query}`, { cache: "no-store" });
      if (!answer.ok) throw new Error(`it answered ${answer.status}`);
      const told = await answer.json();
      if (isWanted()) await this.picture.show(isPast ? told.picture : told, received);
    } catch {
      if (isWanted()) await this.picture.show(this.#latest, received); // everybody's is better than none
    } finally {
      this.#asking = false;
      const again = this.#again;
      this.#again = null;
      if (again !== null) this.#ask(again);
    }
  }
}
