// The live parts of slides: the lab's picture, its last calls, and the commands that are run in it.
import { el, duration, shorten } from "../dom.js";
import { Story } from "../story.js";
import { Feed } from "../feed.js";
import { ask, mayLead } from "./server.js";

const SHOWN = 7; // calls
const noLab = document.body.dataset.noLab;

function row(call, about) {
  const [, method = call.route] = call.route.split(".");
  const wrong = call.state === "failed";
  const outcome = call.state === "running" ? "running" : wrong ? "failed" : duration(call.duration_ms);
  return el("li", { class: wrong ? "failed" : call.state },
    el("span", { class: "number" }, String(call.number)),
    el("span", { class: "method" }, method),
    el("span", { class: "about" }, about.map((name) => shorten(name, 24)).join(" · ")),
    el("span", { class: "outcome" }, outcome));
}

function tellCalls(story) {
  const newest = [...story.calls.values()].slice(-SHOWN);
  for (const room of document.querySelectorAll('[data-live="calls"]')) {
    room.replaceChildren(newest.length
      ? el("ol", {}, newest.map((call) => row(call, story.about(call))))
      : el("p", { class: "placeholder" }, "No calls yet. Run a command of a slide, or one in a terminal."));
  }
}

/** Where the lab's parts are, say that there is none. */
function tellNoLab() {
  for (const room of document.querySelectorAll("[data-live]")) {
    room.replaceChildren(el("p", { class: "placeholder" }, `This part is live, and there is no lab here. ${noLab}`));
  }
}

const ranInto = (button) => button.closest(".command");

function showOutput(line, output, code) {
  for (const button of document.querySelectorAll(".run")) {
    if (button.dataset.command !== line) continue;
    const command = ranInto(button);
    command.querySelector(".ran")?.remove();
    command.append(el("pre", { class: code === 0 ? "ran" : "ran failed", tabindex: "0" }, output.trimEnd() || "(nothing printed)"));
  }
}

async function run(button) {
  const line = button.dataset.command;
  button.disabled = true;
  button.textContent = "Running";
  try {
    await ask("/run", { line }); // what it printed comes to every browser
  } catch (error) {
    showOutput(line, error.message, 1);
  }
  button.disabled = false;
  button.textContent = "Run";
}

/** Show what lives. `on` has `place(message)` where the presenter went, and `state(word)` of the connection. */
export function live(pictures, on) {
  const story = new Story();
  if (noLab) tellNoLab();
  if (mayLead() && !noLab) {
    for (const button of document.querySelectorAll(".run")) {
      button.hidden = false;
      button.addEventListener("click", () => run(button));
    }
  }
  const shown = () => noLab || tellCalls(story);
  const feed = new Feed(story, {
    snapshot: shown,
    event() {},
    batch: shown,
    lesson() {},
    picture: (message) => message && !noLab && pictures.live(message.dot),
    state: on.state,
  });
  feed.socket.on("slide", on.place);
  feed.socket.on("slide-ran", ({ line, output, code }) => showOutput(line, output, code));
  feed.socket.on("connect", async () => on.place(await ask("/place").catch(() => null)));
  return story;
}
