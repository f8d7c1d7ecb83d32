// Above the picture: larger, smaller, as it fits; how fresh it is, and what it cannot show.
import { el } from "./dom.js";
import { bindKeys } from "./keys.js";

const LATE = 1000; // milliseconds that a change may wait for its picture before that is said
const LOOK = 1000; // between two looks

const room = document.getElementById("picture-tools");
const time = (at) => new Date(at * 1000).toLocaleTimeString("en-GB");

/** The buttons that zoom. */
export function installZoom({ picture }) {
  const { view } = picture;
  const button = (text, label, key, act) =>
    el("button", { class: "key-button", type: "button", "aria-label": label, title: label, on: { click: act } }, text, el("kbd", {}, key));
  room.append(
    el("span", { class: "zoom", role: "group", "aria-label": "Size of the picture" },
      button("Smaller", "Smaller picture", "-", () => view.out()),
      button("Larger", "Larger picture", "+", () => view.in()),
      button("Fit", "As large as fits", "0", () => view.fit())),
  );
  bindKeys({ "+": () => view.in(), "=": () => view.in(), "-": () => view.out(), 0: () => view.fit() });
}

/** How fresh the picture is, and what it cannot show. */
export function installFreshness(page) {
  const fresh = el("span", { class: "fresh", role: "status" });
  const list = el("ul", {});
  const count = el("summary", {});
  const unseen = el("details", { class: "unseen-places", hidden: true }, count, list);
  room.append(unseen, fresh);
  const waiting = []; // of what has been heard and not drawn yet: {seq, at}
  let shown = null; // the picture that is drawn
  let isLive = false;

  const tell = () => {
    if (!shown) return;
    const oldest = waiting.find(({ seq }) => seq > shown.seq);
    const late = oldest && !page.isPast() ? Date.now() - oldest.heard : 0;
    let state = late > LATE ? `${Math.round(late / 1000)} s behind` : "live";
    if (!isLive) state = "not connected";
    if (page.can("recording")) state = "recorded";
    else if (page.isPast()) state = "the past";
    fresh.dataset.state = late > LATE || !isLive ? "late" : "";
    const text = shown.at ? `as of ${time(shown.at)}, ${state}` : state;
    if (fresh.textContent !== text) fresh.textContent = text;
  };
  page.on("event", ({ seq, kind }) => {
    if (kind === "topology") waiting.push({ seq, heard: Date.now() });
  });
  page.on("drawn", (picture) => {
    shown = picture;
    if (!page.isPast()) waiting.splice(0, waiting.findIndex(({ seq }) => seq > picture.seq) >>> 0);
    const whys = picture.unseen ?? [];
    unseen.hidden = whys.length === 0;
    count.textContent = `${whys.length} not seen`;
    list.replaceChildren(...whys.map((why) => el("li", {}, why)));
    tell();
  });
  page.on("snapshot", () => waiting.splice(0));
  page.on("state", (word) => {
    isLive = word === "live";
    tell();
  });
  setInterval(tell, LOOK);
}
