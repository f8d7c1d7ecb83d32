// A talk that is given in the lab: its chapters under the picture, and the presses that take it on.
import { asker } from "./ask.js";
import { onClicker } from "./clicker.js";
import { el } from "./dom.js";

const ask = asker("/api/talk");
const SETTLED = 2000; // milliseconds until a picture has what a call did
const MARKS = { running: "…", done: "✓", failed: "✗", "left out": "–" };
const BEFORE = "Press Next, the space bar, or a clicker's button. Each chapter runs its commands in the lab; the terminal shows them too.";
const AFTER = "What it made is removed, and the lab is yours. In a second terminal:";

const short = (line) => (/^[0-9a-f]{64}$/.test(line) ? `${line.slice(0, 12)}…` : line); // an ID, as Docker shortens it

/** One thing that a chapter does: how it is written, and what was said. */
const stepRow = ({ text, typed, state, lines }) =>
  el("li", { class: "talk-step", "data-state": state },
    el("span", { class: "talk-mark", role: "img", "aria-label": state }, MARKS[state] ?? ""),
    el(typed ? "code" : "span", { class: "talk-command" }, text),
    lines.length > 0 && el("pre", { class: "talk-output" }, lines.map(short).join("\n")));

/** Show the talk of this session, if there is one. */
export function installTalk(page) {
  if (!page.can("talk")) return;
  let talk = { version: -1, chapters: [] };
  let wanted = null; // the call to be shown, until the page knows it
  let shownAt = -Infinity; // when it was

  const number = el("span", { class: "talk-number" });
  const title = el("h2", { class: "talk-title" });
  const sentence = el("p", { class: "talk-sentence" });
  const why = el("p", { class: "talk-why" });
  const refused = el("p", { class: "talk-why trouble", role: "alert", hidden: true });
  const yours = el("pre", { class: "code talk-yours" });
  const steps = el("ol", { class: "talk-steps", tabindex: "0", "aria-label": "What this chapter does" });
  const chapters = el("ol", { class: "talk-chapters", "aria-label": "Chapters" });
  const next = el("button", { class: "key-button main talk-next", type: "button", on: { click: () => press() } });
  const said = el("div", { class: "talk-said", role: "status" }, el("div", { class: "talk-head" }, number, title), sentence, why, refused, yours);
  document.getElementById("below").append(
    el("section", { class: "talk", "aria-label": "Talk" }, said, steps, el("div", { class: "talk-foot" }, chapters, next)),
  );

  /** Say why nothing came of it, until the talk goes on. */
  function refuse(error) {
    refused.textContent = error.message;
    refused.hidden = false;
  }

  async function press(chapter = null) {
    try {
      await ask("/press", { after: talk.number, chapter });
    } catch (error) {
      refuse(error);
    }
  }

  const isWaiting = () => talk.state === "waiting";

  function chapterButton({ name, title: what, state }, index) {
    const isNow = index + 1 === talk.number && talk.state !== "over";
    const mark = { class: "talk-chapter", type: "button", "data-state": state, title: what, disabled: talk.state === "running" };
    const told = { "aria-label": `Chapter ${index + 1}, ${what}, ${state}`, "aria-current": isNow ? "step" : null };
    return el("li", {}, el("button", { ...mark, ...told, on: { click: () => press(name) } }, String(index + 1)));
  }

  function showCall() {
    if (wanted === null || !page.story.calls.has(wanted)) return;
    if (talk.opens) page.open(wanted);
    else page.choose(wanted);
    wanted = null;
    shownAt = performance.now();
  }

  function takeCall(before) {
    if (talk.state === "running" && before.state !== "running") {
      if (before.opens) page.close();
      page.choose(null);
    }
    wanted = talk.call !== before.call ? talk.call : wanted;
    showCall();
  }

  function show(state) {
    if (state.version <= talk.version) return;
    const before = talk;
    talk = state;
    refused.hidden = true;
    const isOver = talk.state === "over";
    const now = talk.number > 0 && !isOver;
    number.textContent = now ? `${talk.number} of ${talk.chapters.length}` : `${talk.chapters.length} chapters`;
    title.textContent = isOver ? "The talk is over" : now ? talk.chapter : talk.title;
    sentence.textContent = isOver ? AFTER : now ? talk.sentence : BEFORE;
    why.textContent = talk.why;
    why.hidden = !talk.why || isOver;
    yours.textContent = page.facts().try ?? "";
    yours.hidden = !isOver;
    steps.replaceChildren(...(isOver ? [] : talk.steps.map(stepRow)));
    steps.hidden = !steps.children.length;
    if (steps.lastElementChild) steps.scrollTop = steps.lastElementChild.offsetTop - steps.offsetTop;
    chapters.replaceChildren(...talk.chapters.map(chapterButton));
    const running = talk.state === "running" ? "Running …" : null;
    next.replaceChildren(running ?? `Next: ${talk.next || "the end"}`, el("kbd", {}, "Space"));
    next.disabled = !isWaiting();
    next.hidden = isOver;
    takeCall(before);
  }

  const refresh = () => ask("").then(show, refuse);
  page.feed.socket.on("talk", show);
  page.on("event", showCall);
  page.on("drawn", () => performance.now() - shownAt < SETTLED && page.picture.reveal()); // it may come after the call
  page.on("snapshot", () => {
    showCall();
    refresh();
  });
  page.feed.socket.on("connect", refresh);
  onClicker(2, {
    forward() {
      if (talk.state === "over" || talk.version < 0) return false;
      if (isWaiting()) press();
      return true;
    },
    back() {
      if (talk.state === "over" || talk.number < 2) return false;
      if (isWaiting()) press(talk.chapters[talk.number - 2].name);
      return true;
    },
  });
}
