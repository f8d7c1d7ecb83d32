// The page put together: one story, one feed, and what shows them.
import { keepToken } from "./ask.js";
import { Archive } from "./archive.js";
import { Calls } from "./calls.js";
import { touchedBy } from "./changes.js";
import { bindClicker } from "./clicker.js";
import { Detail } from "./detail.js";
import { el, now } from "./dom.js";
import { onEscape } from "./escape.js";
import { FEATURES } from "./features.js";
import { Feed } from "./feed.js";
import { Folds } from "./folds.js";
import { bindKeys } from "./keys.js";
import { Picture } from "./picture.js";
import * as protocol from "./protocol.js";
import { sentence } from "./sentence.js";
import { Story } from "./story.js";

const KEPT_TIMINGS = 2000;
const $ = (id) => document.getElementById(id);

/** What an exercise's page (lesson/main.js) puts in its own place: told of each new verdict, each beginning anew. */
export const lesson = { verdict() {}, begin() {}, changed() {}, connection() {} };

export const story = new Story();
const timings = [];
const listeners = { snapshot: [], event: [], drawn: [], chosen: [], opened: [], moved: [], state: [], shown: [] };
const dirty = { entries: new Map(), names: false, verdict: false, seen: [] }; // what is new since the last frame
let facts = {};
let chosen = null; // the number of the chosen call; null: the newest
let scheduled = false; // whether what is new will be shown
let live = null; // the newest picture that the server sent
let isLive = true; // whether it is the one that is shown
let said = null; // what the caption says instead of what the marked call did

/** In a frame: what runs once the browser has painted that frame. */
function afterThisFrame(task) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = task;
  port2.postMessage(null);
}

/** Note when what was changed in this frame was painted. */
function record(entries) {
  afterThisFrame(() => {
    const drawn = now();
    timings.push(...entries.map((entry) => ({ ...entry, drawn })));
    if (timings.length > KEPT_TIMINGS) timings.splice(0, timings.length - KEPT_TIMINGS);
  });
}

/** The same for what was changed between frames: the next frame paints it. */
const recordNext = (entry) => requestAnimationFrame(() => record([entry]));

const picture = new Picture($("picture"), {
  choose(linkId) {
    const made = picture.madeBy(linkId);
    const number = story.calls.has(made) ? made : [...story.calls.values()].findLast((call) => touchedBy(call).has(linkId))?.number;
    if (number !== undefined) choose(number);
  },
  drawn(drawn, times) {
    if (!$("banner").dataset.lost) banner("");
    tellCaption();
    recordNext({ kind: "picture", seq: drawn.seq, ...times });
    tell("drawn", drawn);
  },
  open: (dataId) => tell("opened", dataId),
  moved: (dataId) => tell("moved", dataId),
  resized: () => folds.resized(),
  failed: (text) => banner(`${text} The last picture is kept.`),
});
const folds = new Folds(picture);

const tell = (name, news) => listeners[name].forEach((listener) => listener(news));

/** Whether there is a server that writes files: an exported session has none. */
const canExport = () => facts.session !== "file";

/** What Docker showed its user of a call: see protocol.js. Its version is empty if it is a Docker that did not say. */
const shownByDocker = (call) => protocol.shownByDocker(call, {
  container: story.containerName(call) || "…", network: story.networkName(call.network),
}, /\d+\.\d+/.exec(facts.engine ?? "")?.[0] ?? "");

const calls = new Calls(
  story,
  { list: $("calls"), scroller: $("list"), label: $("calls-label"), newer: $("newer"), probe: $("probe") },
  { choose: (number) => choose(number), open: (number) => open(number), shown: () => tell("shown", calls) },
  (call) => shownByDocker(call)?.text ?? "",
);

const detail = new Detail($("detail"), $("middle"), {
  nameOf: (id) => picture.linkName(id), placeOf: containerOf, containerOf: (call) => story.containerName(call),
  docker: shownByDocker, canExport,
}, () => close());

/** A call came that only its row was known of. */
const archive = new Archive(story, (number) => {
  if (marked()?.number === number) tellCaption();
  if (detail.call?.number === number) showDetail(number);
});

const marked = () => archive.get(chosen) ?? story.newest;
const showDetail = (number) => detail.show(archive.get(number), story.about(story.calls.get(number)));

function containerOf(change) {
  const id = change.id ?? change.value?.id;
  return change.value?.container?.name ?? picture.links[id]?.container ?? null;
}

function showLive(message) {
  live = message;
  if (!isLive) return null;
  return message ? folds.show(message, now()) : picture.cannot();
}

function tellCaption() {
  if (said !== null) {
    picture.mark([], null);
    $("caption").replaceChildren(said);
    return;
  }
  const call = marked();
  picture.mark(call ? touchedBy(call) : [], call?.number ?? null);
  if (!call) {
    $("caption").replaceChildren("Nothing has happened yet.");
    return;
  }
  // a container that is gone has no place in the picture, and its name is still known
  const joined = call.route.endsWith(".Join") ? story.containerName(call) : "";
  const placeOf = (change) => containerOf(change) ?? ((change.op === "add" && joined) || null);
  const context = { about: story.about(call), nameOf: (id) => picture.linkName(id), containerOf: placeOf };
  $("caption").replaceChildren(...sentence(call, context).filter((part) => part !== ""));
}

function tellEmpty() {
  const isEmpty = story.calls.size === 0 && story.lines.length === 0;
  $("list").classList.toggle("is-empty", isEmpty);
  if (isEmpty) {
    $("calls").replaceChildren(
      el("li", { class: "empty" }, facts.lesson
        ? el("p", {}, "No calls yet. Save your file, or run a command under the picture.")
        : [el("p", {}, "No calls yet. In a second terminal:"), el("pre", { class: "code" }, facts.try ?? "")]),
    );
  } else $("calls").querySelector(".empty")?.remove();
}

function choose(number, how) {
  chosen = number;
  calls.choose(number, how);
  tellCaption();
  picture.reveal();
  if (number !== null && detail.isOpen) open(number);
  tell("chosen", number);
}

function open(number) {
  if (chosen !== number) choose(number);
  showDetail(number);
  calls.open(number);
  calls.choose(number, {});
}

function close() {
  detail.close();
  calls.open(null);
  calls.choose(chosen, { focus: true });
}

/** To the call that is `by` rows below the chosen one, among those shown. */
function step(by) {
  const numbers = calls.numbers();
  if (!numbers.length) return;
  const index = numbers.indexOf(chosen);
  const from = index < 0 && Number.isFinite(by) ? numbers.length - 1 - by : index; // with none chosen, to the newest
  const next = Math.min(Math.max(from + by, 0), numbers.length - 1);
  choose(numbers[next], { focus: true });
}

function banner(text, isLost = false) {
  $("banner").textContent = text;
  $("banner").hidden = !text;
  $("banner").dataset.lost = isLost ? "yes" : "";
}

function flush() {
  scheduled = false;
  if (dirty.verdict) {
    dirty.verdict = false;
    lesson.verdict(story.lesson);
    record(dirty.seen.filter(({ kind }) => kind === "verdict"));
    dirty.seen = dirty.seen.filter(({ kind }) => kind !== "verdict");
    soon(); // the calls that led to it may come a frame later
    return;
  }
  const { entries, names, seen } = dirty;
  dirty.entries = new Map();
  dirty.names = false;
  dirty.seen = [];
  tellEmpty();
  if (names) calls.rename();
  tellCaption();
  calls.update([...entries.values()].filter(({ call }) => !call || story.calls.has(call.number)));
  if (detail.isOpen && (names || entries.has(detail.call.number)) && story.calls.has(detail.call.number)) showDetail(detail.call.number);
  record(seen);
}

function soon() {
  if (scheduled) return;
  scheduled = true;
  // a tab that nobody sees has no frames, but a title
  if (document.hidden) setTimeout(flush);
  else requestAnimationFrame(flush);
}

const feed = new Feed(story, {
  snapshot(message) {
    facts = message.facts;
    const openNumber = detail.isOpen ? detail.call.number : null;
    if (chosen !== null && !story.calls.has(chosen)) chosen = null;
    picture.restart();
    picture.isStill = story.lesson.judging;
    calls.reset();
    calls.choose(chosen);
    tellEmpty();
    if (openNumber !== null && story.calls.has(openNumber)) open(openNumber);
    else if (openNumber !== null) close();
    dirty.entries.clear(); // all of it is in the snapshot
    tellCaption();
    lesson.begin(story.lesson);
    tell("snapshot", message);
    recordNext({ kind: "snapshot", seq: message.seq, received: now() });
  },
  event(event, { call, line, names }) {
    if (call && !dirty.entries.has(call.number)) dirty.entries.set(call.number, { call });
    if (call) archive.forget(call.number);
    if (line) dirty.entries.set(`line ${line.seq}`, { line });
    dirty.names ||= names;
    dirty.verdict ||= event.kind === "verdict";
    picture.isStill = story.lesson.judging; // what comes and goes then would be in motion all the time
    tell("event", event);
    dirty.seen.push({ kind: event.kind, seq: event.seq, call: event.call, at: event.at * 1000, received: now() });
  },
  batch: soon,
  lesson: () => lesson.changed(),
  picture: showLive,
  state(word) {
    $("connection").dataset.state = word;
    $("connection").textContent = word === "live" && page.can("recording") ? "recorded" : word;
    const lost = "The connection to the plugin is lost. What you see is the last that was told; it goes on by itself once the plugin answers.";
    if (word === "live") banner("");
    else banner(lost, true);
    lesson.connection(word);
    tell("state", word);
  },
});

$("theme").addEventListener("click", () => globalThis.workshopTheme.toggle());
$("help").addEventListener("click", () => $("sheet").showModal());

bindKeys({
  j: () => step(1),
  k: () => step(-1),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Home: () => step(-Infinity),
  End() {
    choose(calls.numbers().at(-1) ?? null, { focus: true });
    calls.toEnd();
  },
  Enter() {
    const call = marked();
    if (!call) return false;
    if (detail.call?.number === call.number) detail.widen(!detail.isWide);
    else open(call.number);
    return true;
  },
  ArrowLeft: () => detail.isOpen && detail.turn(-1),
  ArrowRight: () => detail.isOpen && detail.turn(1),
  t: () => globalThis.workshopTheme.toggle(),
  "?": () => $("sheet").showModal(),
});
onEscape(2, () => detail.isWide && detail.widen(false));
onEscape(4, () => detail.isOpen && close());
onEscape(6, () => {
  choose(null);
  calls.toEnd();
});

/** What a feature (features.js) has of the page. `on(name, listener)` tells it of each `snapshot` (the server's
 *  message), `event` (of the journal), `drawn` picture, `chosen` call, `opened` node of the picture, node that the focus
 *  `moved` to (both by `data-id`), `state` of the connection, when other calls are `shown`; `can(name)` asks for a part.
 *  `showPast(picture)` shows that one instead of those that come, until it is called with null; `isPast()` whether
 *  one looks at such a one; `say(text)` has the caption say something else, until null. */
const page = {
  story, feed, picture, folds, calls, detail, choose, open, close, banner, marked,
  facts: () => facts,
  chosen: () => story.calls.get(chosen),
  canExport,
  say(text) {
    said = text;
    tellCaption();
  },
  showPast(message) {
    isLive = message === null;
    picture.restart();
    return isLive ? showLive(live) : folds.show(message, now(), true);
  },
  isPast: () => !isLive,
  can: (name) => document.body.dataset.can.split(" ").includes(name),
  on: (name, listener) => listeners[name].push(listener),
};
for (const install of FEATURES) install(page);
bindClicker();
protocol.load().then(() => {
  calls.rows.refill();
  tellCaption();
  if (detail.isOpen) showDetail(detail.call.number);
}, (error) => console.warn("the protocol's table:", error));

keepToken();

/** What benchmarks and tests read: `timings` are `{kind, seq, received, drawn}` in milliseconds since 1970, of pictures
 *  that were drawn anew also `made` (by Graphviz) and `placed` (in the page). */
globalThis.workshop = { timings, story, feed, page };
