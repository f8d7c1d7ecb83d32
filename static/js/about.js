// All that is known of one node of the picture, in a panel over the picture's right edge; its counters run on.
import { about } from "./about-text.js";
import { askAt } from "./ask.js";
import { el, shape } from "./dom.js";
import { onEscape } from "./escape.js";
import { isFolded } from "./folds.js";
import { linkIdOf } from "./places.js";

const COUNTED = 1000; // milliseconds between two looks at the counters
const ANEW = 5000; // until all of it is asked for anew, though the picture did not change
const SOON = 150; // after a change of the picture
const AROUND = 5; // points between a node and the frame around it

/** Put the panel beside the picture. */
export function installAbout(page) {
  const { picture, folds } = page;
  const close = el("button", { class: "key-button", type: "button", on: { click: () => shut() } }, "Close ", el("kbd", {}, "Esc"));
  const title = el("h2", {});
  const body = el("div", { class: "about-body", tabindex: 0, role: "group", "aria-label": "What is known" });
  const said = el("p", { class: "about-state", role: "status" });
  const panel = el("section", { class: "about-panel", "aria-label": "All that is known of it", hidden: true },
    el("header", {}, title, close), said, body);
  document.getElementById("stage").append(panel);

  let open = null; // {dataId, id} of what is shown
  let asked = 0; // counts questions: an answer to an older one is not shown
  let known = ""; // what the body shows, without what changes all the time
  let counting = null;
  let due = null;
  let removeFrame = () => {};

  const frame = () => {
    removeFrame();
    const node = open && picture.places.nodes.get(open.dataId);
    if (!node || node.classes.includes("host")) return;
    const place = { x: node.x - node.w / 2 - AROUND, y: node.y - node.h / 2 - AROUND, width: node.w + 2 * AROUND, height: node.h + 2 * AROUND, rx: 10 };
    removeFrame = picture.overlay(shape("rect", { ...place, class: "opened" }));
  };

  const idOf = (dataId) => {
    const host = /^(?:host|title|more)-(.*)$/s.exec(dataId);
    return host ? picture.roots[host[1]] : linkIdOf(dataId);
  };

  const show = (dataId) => {
    const id = idOf(dataId);
    if (!id) return;
    open = { dataId, id };
    known = "";
    const wasOpen = !panel.hidden;
    panel.hidden = false;
    const isBeside = getComputedStyle(panel).position === "absolute";
    picture.view.cover(isBeside ? panel.offsetWidth : 0);
    const element = picture.element(dataId);
    if (element) picture.view.reveal(element);
    if (!wasOpen) title.textContent = "";
    body.scrollTop = 0;
    frame();
    refresh();
    clearInterval(counting);
    counting = setInterval(count, COUNTED);
  };

  const shut = () => {
    if (!open) return;
    const element = picture.element(open.dataId);
    if (panel.contains(document.activeElement)) element?.focus({ preventScroll: true });
    open = null;
    asked += 1;
    clearInterval(counting);
    clearTimeout(due);
    removeFrame();
    panel.hidden = true;
    picture.view.cover(0);
  };

  const refresh = async () => {
    clearTimeout(due);
    const number = (asked += 1);
    const mine = open;
    try {
      const told = await askAt(`/api/about?id=${encodeURIComponent(mine.id)}`);
      if (number !== asked) return;
      said.textContent = page.isPast() ? "This is how it is now, not how it was then." : "";
      panel.dataset.state = "";
      fill(told);
    } catch (error) {
      if (number !== asked) return;
      title.textContent ||= picture.element(mine.dataId)?.querySelector("text")?.textContent ?? "";
      said.textContent = error.message;
      panel.dataset.state = "stale";
    }
    due = setTimeout(refresh, ANEW);
  };

  const fill = (told) => {
    const { at: _at, ...rest } = told;
    const steady = JSON.stringify({ ...rest, links: told.links.map((link) => ({ ...link, counters: null })) });
    if (steady !== known) {
      known = steady;
      const { scrollTop } = body;
      const made = about(told, { call: (number) => page.choose(number), node: (id) => goTo(id), folding: buttons(told) });
      title.textContent = made.title;
      body.replaceChildren(...made.parts);
      body.scrollTop = scrollTop;
    }
    for (const link of told.links) counters(link.id, link.counters);
  };

  const count = async () => {
    if (!open || document.hidden) return;
    const number = asked;
    try {
      const { links } = await askAt(`/api/about/counters?id=${encodeURIComponent(open.id)}`);
      if (number === asked) for (const [id, each] of Object.entries(links)) counters(id, each);
    } catch {
      // what is gone is said when all is asked for anew
    }
  };

  const counters = (id, told) => {
    for (const cell of body.querySelectorAll("[data-counter]")) {
      if (cell.dataset.link !== id) continue;
      const [way, what] = cell.dataset.counter.split(" ");
      const text = told[way][what].toLocaleString("en");
      cell.classList.toggle("moving", cell.textContent !== "" && cell.textContent !== text);
      if (cell.textContent !== text) cell.textContent = text;
    }
  };

  const goTo = (id) => {
    const group = picture.groupOf(id);
    if (!group) return;
    group.focus({ preventScroll: true });
    show(group.dataset.id);
  };

  /** The buttons that fold or unfold what is shown. */
  const buttons = (told) => {
    const button = (text, kind, name, isShut) =>
      el("button", { class: "key-button", type: "button", on: { click: () => { folds.set(kind, name, isShut); known = ""; } } }, text);
    const made = [];
    if (told.what === "host") {
      made.push(button("Fold this host", "host", told.host, true));
      if (folds.wishes.open.has(told.id)) made.push(button("Fold what is on no bridge", "group", told.id, true));
    } else if (told.links[0]?.kind === "bridge") {
      const isShut = folds.wishes.shut.has(told.id);
      const hasFold = picture.places.nodes.has(`fold-${told.id}`);
      if (hasFold) made.push(button("Show all its containers", "group", told.id, false));
      const ports = [...picture.places.edges.values()].filter(({ ends }) => ends[0] === `bridge-${told.id}`).length;
      if (!isShut && ports - hasFold > 1) made.push(button("Fold its containers", "group", told.id, true));
    }
    return made;
  };

  page.on("opened", (dataId) => {
    if (!folds.unfold(dataId) && page.can("about")) show(dataId);
  });
  page.on("moved", (dataId) => {
    if (open && !isFolded(dataId)) show(dataId);
  });
  page.on("drawn", () => {
    if (!open) return;
    frame();
    clearTimeout(due);
    due = setTimeout(refresh, SOON);
  });
  onEscape(3, () => open !== null && shut());
}
