// Time travel: the network as it was after every call of the session, forwards and backwards, and live again.
import { onClicker } from "./clicker.js";
import { clock } from "./dom.js";
import { bindKeys } from "./keys.js";
import { Slider } from "./slider.js";
import { Times } from "./times.js";

const SHORTEST = 800; // milliseconds that a moment is shown while the session is played
const LONGEST = 2500; // the same, where nothing happened for longer
const SPEEDS = [1, 4];
const RETRY = 500; // milliseconds until a failed request is tried again

async function get(path) {
  const answer = await fetch(path, { cache: "no-store" });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

class Time {
  #index = null; // the moment that one looks at; null: live
  #speed = SPEEDS[0];
  #timer = null; // of the next step while it is played
  #since = null; // the events that come while the server is asked
  #showing = false;
  #wish = 0; // counts what one wished to see, so that it is known whether that is what is shown
  #problem = "";
  #scheduled = false;

  constructor(page) {
    this.page = page;
    this.isLive = page.can("past"); // whether the session goes on
    this.times = new Times();
    this.slider = new Slider(document.getElementById("below"), document.getElementById("middle"), {
      go: (index) => this.go(index),
      step: (by) => this.step(by),
      play: () => this.play(),
      speed: () => this.#changeSpeed(),
      live: () => this.live(),
      key: (name) => this.#key(name),
    });
    this.actions = {
      "[": () => this.step(-1),
      "]": () => this.step(1),
      m: () => this.play(),
      ".": () => this.live(),
    };
    bindKeys(this.actions);
    onClicker(4, {
      forward: () => this.#index !== null && this.step(1),
      back: () => this.#index !== null && this.step(-1),
    });
    page.on("snapshot", () => this.#begin());
    page.on("event", (event) => this.#take(event));
    page.on("chosen", (number) => this.#follow(number));
  }

  /** The keys of the page, where the slider has the focus; the arrows are its own. */
  #key(name) {
    const more = { PageUp: () => this.step(-1), PageDown: () => this.step(1), " ": () => this.play() };
    const action = more[name] ?? this.actions[name.toLowerCase()];
    return action ? action() !== false : false;
  }

  async #begin() {
    const since = [];
    this.#since = since;
    let told;
    try {
      told = await get("/api/times");
    } catch (error) {
      console.warn("the session's time:", error);
      if (this.#since === since) setTimeout(() => this.#since === since && this.#begin(), RETRY);
      return;
    }
    if (this.#since !== since) return; // another snapshot came
    const call = this.#index ? this.times.moment(this.#index).call : null;
    this.times.reset(told, since);
    this.#since = null;
    const again = call === null ? this.#index : this.times.indexOf(call); // as far as that is still kept
    if (again === null && this.isLive) this.#update();
    else if (again === -1) this.live();
    else this.go(again ?? 0);
  }

  #take(event) {
    if (this.#since) this.#since.push(event);
    else if (this.times.take(event)) this.#soon();
  }

  #soon() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(() => {
      this.#scheduled = false;
      this.#update();
    }, 50);
  }

  /** A call was chosen: who looks at the past, sees what was after it. */
  #follow(number) {
    if (this.#index === null || number === null) return;
    const index = this.times.indexOf(number);
    if (index > 0 && index !== this.#index) this.go(index);
  }

  /** One call forward or back. From the last moment of a session that goes on, forward is live. False: no further. */
  step(by) {
    const { count } = this.times;
    const next = (this.#index ?? count) + by;
    if (next < 0 || next > count || (this.#index === null && by > 0)) return false;
    this.go(next);
    return true;
  }

  /** Look at the moment after the call at `index`, 0 being before the first. The last one of what goes on is live. */
  go(index) {
    if (this.isLive && index >= this.times.count) {
      this.live();
      return;
    }
    this.#index = Math.min(index, this.times.count);
    this.#wish += 1;
    const { call } = this.times.moment(this.#index);
    const isListed = this.page.story.calls.has(call);
    const said = call === null ? "Before the first call." : `Call ${call} is no longer in the list.`;
    this.page.say(isListed ? null : said);
    this.page.choose(isListed ? call : null);
    if (call === null) document.getElementById("list").scrollTop = 0;
    this.#update();
    this.#show();
  }

  /** Show what is now. */
  live() {
    if (!this.isLive) return false;
    this.#stop();
    if (this.#index === null) return true;
    this.#index = null;
    this.#wish += 1;
    this.#problem = "";
    this.page.say(null);
    this.page.showPast(null);
    this.page.choose(null);
    this.#update();
    return true;
  }

  /** Play the session on from here, from its beginning if there is nothing more; or pause. */
  play() {
    if (this.#timer) {
      this.#stop();
      this.#update();
      return true;
    }
    if (!this.times.count) return false;
    if (this.#index === null || this.#index === this.times.count) this.go(0);
    this.#next();
    this.#update();
    return true;
  }

  #next() {
    const here = this.times.moment(this.#index);
    const there = this.#index < this.times.count ? this.times.moment(this.#index + 1) : null;
    if (!there) {
      this.#stop();
      return;
    }
    const gap = here.at === null ? 0 : (there.at - here.at) * 1000;
    this.#timer = setTimeout(() => {
      this.step(1);
      if (this.#index === null) this.#stop();
      else this.#next();
      this.#update();
    }, Math.min(Math.max(gap, SHORTEST), LONGEST) / this.#speed);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #changeSpeed() {
    this.#speed = SPEEDS[(SPEEDS.indexOf(this.#speed) + 1) % SPEEDS.length];
    if (this.#timer) {
      this.#stop();
      this.#next();
    }
    this.#update();
  }

  /** Fetch and draw the moment that one looks at; where one goes on before it came, only the last. */
  async #show() {
    if (this.#showing) return;
    this.#showing = true;
    let shown = null;
    while (this.#index !== null && shown !== this.#wish) {
      const wish = this.#wish;
      try {
        const { picture } = await get(`/api/at?seq=${this.times.moment(this.#index).seq}`);
        this.#problem = "";
        if (wish === this.#wish) await this.page.showPast(picture);
      } catch (error) {
        this.#problem = error instanceof TypeError ? "This moment cannot be shown: the connection is lost." : error.message;
      }
      shown = wish;
      this.#update();
    }
    this.#showing = false;
  }

  #words() {
    const { count } = this.times;
    if (this.#index === null) return `live, ${count} ${count === 1 ? "call" : "calls"}`;
    if (this.#index === 0) return "before the first call";
    const { call, at } = this.times.moment(this.#index);
    return `after call ${call} of ${this.times.rows.at(-1)[0]}, ${clock(at).slice(0, 8)}`;
  }

  #update() {
    this.slider.update({
      rows: this.times.rows,
      index: this.#index,
      words: this.#words(),
      isLive: this.isLive,
      newer: this.times.count - (this.#index ?? this.times.count),
      playing: this.#timer !== null,
      speed: this.#speed,
      problem: this.#problem,
    });
  }
}

/** The session's time, where the server knows it. */
export function installTime(page) {
  if (page.can("past") || page.can("recording")) page.time = new Time(page).times;
}
