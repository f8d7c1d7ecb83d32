// Step mode and break-it mode: calls are held, shown large, and let go by a key, a click or the clicker.
import { askAt } from "../ask.js";
import { onClicker } from "../clicker.js";
import { el } from "../dom.js";
import { onEscape } from "../escape.js";
import { bindKeys } from "../keys.js";
import { makeRoom, sketch } from "./ghost.js";
import { Held } from "./held.js";
import { Panel, Rules } from "./panel.js";

const PAUSE = 200; // milliseconds
const NOTHING = { rules: [], held: [], faults: [], routes: [], networks: {}, limit: { seconds: null, text: "" }, aside: false };

export function installStep(page) {
  if (!page.can("step")) return;
  let state = NOTHING;
  let unsketch = () => {};
  let sketched = ""; // what is over the picture now
  let asking = 0; // numbers what was asked: an older answer never replaces a newer one
  let taken = 0;
  let chosen = null; // the held call that was shown last
  let mine = null; // the call that was chosen here, as long as nobody has chosen another

  const nameOf = (id) => page.story.networkName(id);
  const button = el("button", { type: "button", class: "key-button", id: "step-button", "aria-expanded": "false", "aria-controls": "step-panel",
    on: { click: () => toggle() } }, "Hold ", el("kbd", {}, "B"));
  const panel = new Panel({ add: (rule) => change("/rules", rule), closed: () => tellButton(true) }, nameOf);
  const rules = new Rules({ remove: (number) => change(`/rules/${number}`, undefined, "DELETE") }, nameOf);
  const held = new Held(document.getElementById("middle"), {
    release: (number, fault) => release(number, fault),
    about: (call) => page.story.about({ ...call, sandbox: call.request?.SandboxKey ?? null }),
  });
  document.getElementById("tools").append(button);
  document.querySelector(".top").after(rules.element, panel.element);

  function tellButton(focus = false) {
    button.setAttribute("aria-expanded", String(panel.isOpen));
    if (focus) button.focus();
  }

  function toggle() {
    if (panel.isOpen) panel.close();
    else {
      panel.open();
      tellButton();
      refresh(); // networks may have come and gone
    }
  }

  function drawGhost() {
    const [first] = state.held;
    const made = first && first.where === "handler" && !page.isPast() ? sketch(page.picture, first) : null;
    if ((made?.outerHTML ?? "") === sketched) return;
    unsketch();
    sketched = made?.outerHTML ?? "";
    unsketch = () => {};
    if (!made) return;
    const remove = page.picture.overlay(made);
    const restore = makeRoom(page.picture, made);
    unsketch = () => {
      remove();
      restore();
    };
  }

  function show(number, news) {
    if (number < taken) return;
    taken = number;
    state = news;
    panel.show(state);
    rules.show(state);
    held.show(state);
    drawGhost();
    const [first] = state.held;
    if (first && first.number !== chosen) {
      if (page.story.calls.has(first.number)) {
        mine = first.number;
        page.choose(first.number);
      }
      requestAnimationFrame(() => held.card.scrollIntoView({ block: "nearest" })); // on a phone, the list is in view then
    }
    chosen = first?.number ?? null;
    if (!first && mine !== null) page.choose(null); // the newest again
  }

  async function ask(path, body, method) {
    asking += 1;
    const number = asking;
    show(number, await askAt(`/api/step${path}`, body, method));
  }

  async function change(path, body, method) {
    try {
      await ask(path, body, method);
      panel.say("");
    } catch (error) {
      if (panel.isOpen) panel.say(error.message);
      else page.banner(error.message);
    }
  }

  const release = (number, fault) => change("/release", { ...(number === null ? {} : { call: number }), fault });
  const refresh = () => ask("").catch((error) => console.warn("step mode:", error));

  let waiting = null;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(refresh, PAUSE);
  };

  page.feed.socket.on("step", refresh);
  page.feed.socket.on("connect", refresh);
  page.on("snapshot", refresh);
  page.on("drawn", drawGhost);
  page.on("chosen", (number) => {
    if (number !== mine) mine = null;
  });
  page.on("event", ({ kind, data }) => {
    if (kind === "docker" && data.networks && panel.isOpen) soon(); // names have become known
  });

  onClicker(1, {
    forward() {
      const [first] = state.held;
      if (!first) return false;
      release(first.number, null);
      return true;
    },
  });
  bindKeys({ b: toggle });
  onEscape(1, () => panel.isOpen && panel.close());
}
