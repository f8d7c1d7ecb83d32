// The way of events into the page: pushed over Socket.IO, and fetched where a push was missed.
import { io } from "socket.io-client";

const RETRY = 500; // milliseconds until a failed fetch is tried again

async function getJson(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

/**
 * Keeps `story` complete. Every event is applied once and in order: pushes that are known already are passed over,
 * and a gap is filled from the journal, or by a snapshot where that is shorter or the server is another one.
 *
 * `on` has `snapshot(message)`, `event(event, change)`, `batch()` (after several events), `picture(message)` (null if
 * the server cannot make one), `lesson()` (ask for the exercise again) and `state(word)` with "live" or "reconnecting".
 */
export class Feed {
  #session = null;
  #catching = false;
  #waiting = [];

  constructor(story, on) {
    this.story = story;
    this.on = on;
    this.socket = io({ transports: ["websocket"], reconnectionDelay: 250, reconnectionDelayMax: 2000, timeout: 3000 });
    this.socket.on("connect", () => this.#catchUp());
    this.socket.on("disconnect", () => on.state("reconnecting"));
    this.socket.on("connect_error", () => on.state("reconnecting"));
    this.socket.on("events", ({ events }) => this.#take(events));
    this.socket.on("lesson", () => on.lesson());
    this.socket.on("picture", (picture) => on.picture(picture));
    // a browser that is told it has no network does not notice a dead socket for seconds
    addEventListener("offline", () => this.socket.io.engine?.close());
    addEventListener("online", () => this.socket.connect());
  }

  #take(events) {
    if (this.#catching || this.#session === null) {
      this.#waiting.push(...events);
      return;
    }
    if (!this.#apply(events)) {
      this.#waiting.push(...events);
      this.#catchUp();
    }
  }

  /** Apply what is next; false if there is a gap. */
  #apply(events) {
    for (const event of events) {
      if (event.seq <= this.story.last) continue;
      if (event.seq > this.story.last + 1) return false;
      this.on.event(event, this.story.apply(event));
    }
    this.on.batch();
    return true;
  }

  async #catchUp() {
    if (this.#catching) return;
    this.#catching = true;
    let complete = false;
    while (!complete && this.socket.connected) {
      try {
        await this.#fetchMissed();
        const waiting = this.#waiting;
        this.#waiting = [];
        complete = this.#apply(waiting);
      } catch (error) {
        console.warn("catching up:", error);
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    }
    this.#catching = false;
    this.on.state(complete && this.socket.connected ? "live" : "reconnecting");
  }

  async #fetchMissed() {
    if (this.#session !== null) {
      const missed = await getJson(`/api/events?since=${this.story.last}`);
      if (missed.session === this.#session && !missed.snapshot) {
        this.#apply(missed.events);
        return;
      }
    }
    const snapshot = await getJson("/api/snapshot");
    this.#session = snapshot.session;
    this.#waiting = this.#waiting.filter((event) => event.seq > snapshot.seq);
    this.story.reset(snapshot);
    this.on.snapshot(snapshot);
    this.on.picture(snapshot.picture);
  }
}
