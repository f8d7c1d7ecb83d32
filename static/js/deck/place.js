// Where the presenter is, as everybody sees it: who has the token leads, the others follow as long as they like.
import { ask, mayLead } from "./server.js";

/** Keeps this page and the presenter's place together. `go(slide, step)` shows a place, `here()` gives this page's. */
export class Place {
  #session = null;
  #number = -1;
  #moving = false; // whether a move of ours is on its way
  #told = ""; // the place that was told or heard last

  constructor({ go, here, told }) {
    Object.assign(this, { go, here, told, together: true });
    this.presenter = null;
  }

  /** The presenter has gone somewhere. An older word never undoes a newer one. */
  hear(place) {
    if (!place || (place.session === this.#session && place.number <= this.#number)) return;
    const isFirst = this.#session === null;
    this.#session = place.session;
    this.#number = place.number;
    this.presenter = place;
    this.told();
    if (isFirst && place.number === 0) return; // nobody has moved yet: stay where the address led
    if (this.together && !this.#moving) this.show();
  }

  /** Go where the presenter is. */
  show() {
    if (!this.presenter) return;
    const { slide, step } = this.presenter;
    this.#told = `${slide} ${step}`;
    this.go(slide, step);
  }

  /** This page has gone somewhere: whoever leads takes the others along. */
  async moved() {
    if (!mayLead() || !this.together || this.#moving) return;
    this.#moving = true;
    try {
      for (let place = this.here(); this.#told !== `${place.slide} ${place.step}`; place = this.here()) {
        this.#told = `${place.slide} ${place.step}`;
        this.hear(await ask("/place", place));
      }
    } catch (error) {
      console.warn("leading:", error);
      this.#told = "";
    }
    this.#moving = false;
  }

  /** Together with the presenter from now on, or not. */
  set(together) {
    this.together = together;
    if (together && mayLead()) this.moved();
    else if (together) this.show();
    this.told();
  }
}
