// The packet walk: a panel under the picture. What came of a walk comes by the journal, so that every browser has it.
import { askAt } from "../ask.js";
import { onClicker } from "../clicker.js";
import { el } from "../dom.js";
import { onEscape } from "../escape.js";
import { bindKeys } from "../keys.js";
import { Form } from "./form.js";
import { Player } from "./player.js";

const SOON = 300; // milliseconds after a change of the network until the ends are asked for again

/** Install the walk on the page, if this session can walk, or was recorded by one that could. */
export function installWalk(page) {
  const walks = page.can("walk");
  if (!walks && !page.can("recording")) return;
  let due = 0;
  const form = new Form(go);
  const room = el("section", { class: "walk-panel", "aria-label": "Packet walk", hidden: true });
  const button = el("button", { class: "key-button", type: "button", "aria-expanded": "false", hidden: !walks, on: { click: () => toggle() } }, "Walk ", el("kbd", {}, "W"));
  const close = el("button", { class: "key-button walk-close", type: "button", on: { click: () => toggle(false) } }, "Close ", el("kbd", {}, "Esc"));
  const which = el("select", { id: "walk-which", "aria-label": "The last walks", hidden: true, on: { change: () => show(Number(which.value), walks) } });
  if (walks) room.append(form.element);
  room.append(form.note);
  const player = new Player(room, page.picture, which);
  (walks ? form.element : player.head).append(close);
  document.getElementById("picture-tools").append(button);
  document.getElementById("below").append(room);

  async function ends() {
    if (!walks) return;
    try {
      form.show((await askAt("/api/walk")).ends);
    } catch (error) {
      if (!form.ends.length) form.say(error.message); // else those that were there last are as good
    }
  }

  async function go(asked) {
    form.say("");
    form.busy(true);
    player.pause();
    try {
      await askAt("/api/walk", asked); // what came of it comes by the journal, as to everybody
    } catch (error) {
      form.say(error.message);
    } finally {
      form.busy(false);
    }
  }

  /** Show one of the last walks, the last if none is named. */
  function show(index = page.story.walks.length - 1, plays = false) {
    const known = page.story.walks;
    if (!known[index]) return;
    which.replaceChildren(...known.map(({ summary }, number) => el("option", { value: number }, summary)));
    which.value = String(index);
    which.hidden = known.length < 2;
    player.show(known[index], { plays, saves: walks && index === known.length - 1 });
  }

  function toggle(opens = room.hidden) {
    if (button.hidden) return false;
    const hadFocus = room.contains(document.activeElement);
    room.hidden = !opens;
    button.setAttribute("aria-expanded", String(opens));
    document.getElementById("columns").classList.toggle("walks", opens);
    if (opens) {
      form.say("");
      ends();
      show();
      (walks ? form.from : close).focus({ preventScroll: true });
    } else {
      player.hide();
      if (hadFocus) button.focus({ preventScroll: true });
    }
    return true;
  }

  page.picture.room.addEventListener("click", (event) => {
    const group = room.hidden ? null : event.target.closest("[data-id]");
    if (group && form.pick(group)) event.stopPropagation(); // it is no click on what the call made
  }, true);
  room.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    toggle(false);
  });
  page.on("snapshot", () => {
    if (!walks) button.hidden = page.story.walks.length === 0;
  });
  page.on("event", ({ kind }) => {
    if (kind === "walk" && !room.hidden) show(undefined, true);
    if ((kind === "docker" || kind === "topology") && !room.hidden) {
      clearTimeout(due);
      due = setTimeout(ends, SOON);
    }
  });
  page.on("drawn", () => {
    if (!room.hidden) player.dot.again();
  });
  const isShown = () => !room.hidden && player.walk !== null;
  onEscape(5, () => !room.hidden && toggle(false));
  onClicker(3, { forward: () => isShown() && player.step(1, true), back: () => isShown() && player.step(-1, true) });
  bindKeys({ w: () => toggle() });
}
