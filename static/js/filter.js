// Which calls are shown: by route, network, container, errors only, and text. Kept for the tab.
import { splitRoute, trouble } from "./rows.js";

const KEY = "workshop-filter";
export const NOTHING = { text: "", route: "", network: "", container: "", errors: false };
const LINES_OF_TROUBLE = ["warning", "error"];

const read = () => {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY)) ?? {};
    return Object.fromEntries(Object.entries(NOTHING).map(([name, none]) => [name, typeof kept[name] === typeof none ? kept[name] : none]));
  } catch {
    return { ...NOTHING };
  }
};

const network = (story, call) => (call.network ? story.networkName(call.network) : "");

/** What is wanted of the list. `story` knows the names. */
export class Filter {
  #is = read();

  constructor(story) {
    this.story = story;
  }

  get is() {
    return this.#is;
  }

  get isOn() {
    return Object.entries(NOTHING).some(([name, none]) => this.#is[name] !== none);
  }

  change(part) {
    this.#is = { ...this.#is, ...part };
    try {
      sessionStorage.setItem(KEY, JSON.stringify(this.#is));
    } catch {
      // a page out of a file may keep nothing
    }
  }

  /** Whether an entry of the list is one of those wanted. Lines between calls are, if their text is, or their trouble. */
  wants(entry) {
    if (!this.isOn) return true;
    const { text, errors, ...about } = this.#is;
    if (!entry.call) {
      const isAbout = Object.values(about).some(Boolean);
      return !isAbout && (!errors || LINES_OF_TROUBLE.includes(entry.line.level)) && this.#has(entry, text, () => [entry.line.text]);
    }
    const { call } = entry;
    if (errors && call.state !== "failed" && call.state !== "lost") return false;
    if (about.route && splitRoute(call.route).method !== about.route) return false;
    if (about.network && network(this.story, call) !== about.network) return false;
    if (about.container && this.story.containerName(call) !== about.container) return false;
    return this.#has(entry, text, () => [
      call.number, call.route, call.host, ...this.story.about(call), call.network, call.endpoint, call.sandbox, trouble(call),
    ]);
  }

  /** What there is to choose from: the routes, networks and containers of the calls, by name. */
  choices() {
    const found = { route: new Set(), network: new Set(), container: new Set() };
    for (const call of this.story.calls.values()) {
      found.route.add(splitRoute(call.route).method);
      found.network.add(network(this.story, call));
      found.container.add(this.story.containerName(call));
    }
    const sorted = (name) => [...found[name].add(this.#is[name])].filter(Boolean).sort((one, other) => one.localeCompare(other));
    return Object.fromEntries(Object.keys(found).map((name) => [name, sorted(name)]));
  }

  /** In words: `Join, “web”`. */
  words() {
    const { text, route, network: inNetwork, container, errors } = this.#is;
    return [
      errors && "errors", route, inNetwork && `network ${inNetwork}`, container && `container ${container}`, text && `“${text}”`,
    ].filter(Boolean).join(", ");
  }

  #has(entry, text, parts) {
    if (!text) return true;
    entry.says ??= parts().filter((part) => part !== null && part !== undefined).join("\n").toLowerCase();
    return text.toLowerCase().split(/\s+/).filter(Boolean).every((word) => entry.says.includes(word));
  }
}
