// An exercise's page: the dashboard, and beside it the task, the verdict, an editor and a command line.
import { bindKeys } from "../keys.js";
import { lesson as hooks, story } from "../main.js";
import { Refused, ask } from "./api.js";
import { Console } from "./console.js";
import { Editor } from "./editor.js";
import { Parts } from "./parts.js";
import { Progress } from "./progress.js";
import { showSolution } from "./solution.js";
import { TaskView } from "./task.js";
import { VerdictView, standing } from "./verdict.js";

const $ = (id) => document.getElementById(id);
const PANELS = ["task", "verdict"];
const REFUSED = 8000; // milliseconds that a refusal stays

let state = null; // what the server said last
let seen = null; // the exercise and attempt whose verdict was there when the page came, or was shown
let asking = null; // what asks for the state, while it does
let isStale = false; // whether the state may have changed since it was asked for
let reading = null; // the file that one has gone to from this page: what is reported of it is read before its verdict
let silence = null;

const progress = new Progress($("progress"), (number) => act(() => ask("/open", { number })));
const parts = new Parts({ panel: $("parts"), list: $("parts-list"), title: $("parts-title") }, choose);
const task = new TaskView(
  {
    number: $("lesson-number"), title: $("lesson-title"), goal: $("goal"), yours: $("yours"), task: $("task"), hints: $("hints"),
    reader: $("reader"), readerTitle: $("reader-title"), readerBody: $("reader-body"),
  },
  (name) => editor.open(name),
);
const verdict = new VerdictView(
  { standing: $("standing"), card: $("card"), others: $("others"), checks: $("checks") },
  { goTo: (finding) => editor.open(finding.file, finding.line), next, run },
);
const line = new Console({
  form: $("command-form"), input: $("command"), output: $("output"), tries: $("tries"), hide: $("command-hide"),
});
const editor = new Editor({
  panel: $("editor"), room: $("editor-room"), files: $("editor-files"), state: $("editor-state"), save: $("editor-save"),
  over: $("editor-over"), close: $("editor-close"), conflict: $("conflict"), word: $("conflict-word"),
  theirs: $("conflict-theirs"), mine: $("conflict-mine"), show: $("conflict-show"),
}, {
  opened: (isOpen) => $("middle").classList.toggle("editing", isOpen),
  unsaved(isSo) {
    $("edit-word").textContent = isSo ? "Editor ●" : "Editor";
    $("do-edit").title = isSo ? "The editor has text that is not saved" : "";
  },
  refused,
});

/** Say why something was not done. */
function refused(text) {
  clearTimeout(silence);
  $("refusal").textContent = text;
  $("refusal").hidden = !text;
  if (text) silence = setTimeout(() => refused(""), REFUSED);
}

/** Do what may be refused, and say so if it is. */
async function act(task) {
  refused("");
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    refused(error.message);
    return null;
  }
}

/** The server's state with what the events have told since. */
function current() {
  const { exercise, judging, attempt, verdict: newest } = story.lesson;
  const isSame = exercise === state.number;
  const isAbout = isSame && newest && (!newest.part || `${newest.part}.py` === state.file); // of several files, one
  return {
    ...state,
    verdict: (isAbout && newest) || state.verdict,
    judging: isSame ? judging : false,
    attempt: isSame ? attempt : 0,
  };
}

function choosePanel(name) {
  $("do-read").hidden = name !== "task";
  const comes = $("left-task").hidden && name === "task";
  for (const each of PANELS) {
    const isIt = each === name;
    $(`left-${each}`).hidden = !isIt;
    $(`left-tab-${each}`).setAttribute("aria-selected", String(isIt));
    $(`left-tab-${each}`).tabIndex = isIt ? 0 : -1;
  }
  if (comes) task.arrive();
}

const turnPanel = () => choosePanel($("left-task").hidden ? "task" : "verdict");

/** Write all of the page's left column. */
function show() {
  if (!state) return;
  const lesson = current();
  const isOther = seen?.number !== lesson.number;
  const isOtherPart = !isOther && seen.file !== lesson.file;
  task.show(lesson);
  $("driver").textContent = `driver ${lesson.driver}`;
  if (/^\d/.test(lesson.engine)) $("engine").textContent = `practice engine ${lesson.engine}`;
  progress.show(lesson.progress ?? [], lesson.number);
  parts.show(lesson);
  line.propose(lesson.try ?? []);
  if (verdict.show(lesson)) $("left-verdict").scrollTop = 0;
  editor.setFiles(lesson.files ?? [], lesson.file);
  editor.setFindings(lesson.verdict?.findings ?? []);
  showHint(lesson);
  const stand = standing(lesson);
  document.title = `${stand.sign} ${lesson.number} · ${lesson.title}`;
  const [finding] = lesson.verdict?.findings ?? [];
  $("headline").dataset.kind = stand.kind;
  $("headline").textContent = `${stand.sign} ${stand.text}${finding && stand.kind === "failed" ? `: ${finding.title}` : ""}`;
  const attempt = lesson.verdict?.attempt ?? null;
  const isNew = attempt !== seen?.attempt && attempt > 1;
  // who has read the task and saves wants to know what came of it; who comes for the first time reads the task
  if (isOtherPart) task.goTo(lesson.file);
  if (isOther) choosePanel(attempt > 1 ? "verdict" : "task");
  else if (reading !== lesson.file) isNew && choosePanel("verdict");
  else if (isOtherPart) choosePanel("task");
  if (reading === lesson.file && attempt !== null) reading = null;
  seen = { number: lesson.number, file: lesson.file, attempt };
}

function showHint({ html, hints_total: total }) {
  const left = (total ?? 0) - html.hints.length;
  $("hint-word").textContent = left > 0 ? `Hint ${html.hints.length + 1} of ${total}` : total ? `All ${total} hints shown` : "No hints";
}

/** Ask the server for the state as it is now, and show it; several wishes at once are one or two requests. */
function refresh() {
  isStale = true;
  asking ??= askState().finally(() => {
    asking = null;
    show();
  });
  return asking;
}

async function askState() {
  while (isStale) {
    isStale = false;
    try {
      state = await ask("");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (!state) $("goal").textContent = error.message;
    }
  }
}

/** What is asked for before the page knows the exercise waits until it does. */
const known = async () => state ?? (await refresh(), state);

async function hint() {
  await known();
  const shown = state?.html.hints.length ?? 0;
  if (!state?.hints_total) return;
  if (shown < state.hints_total && !(await act(() => ask("/hint", {})))) return;
  await refresh();
  choosePanel("verdict");
  const newest = $("hints").lastElementChild;
  newest?.scrollIntoView({ block: "nearest" });
  newest?.focus({ preventScroll: true });
}

async function edit() {
  await known(); // who comes and types at once
  await editor.open();
}

const read = async () => (await known()) && task.read();

function run() {
  return act(() => ask("/run", {}));
}

/** Go to another of the exercise's files. */
async function choose(name) {
  reading = name;
  if ((await act(() => ask("/choose", { name }))) === null) reading = null;
}

function next() {
  const lesson = state && current();
  if (!lesson?.verdict?.passed || !(lesson.next_file || lesson.next)) return false;
  if (lesson.next_file) choose(lesson.next_file);
  else act(() => ask("/open", { number: lesson.next }));
  return true;
}

Object.assign(hooks, {
  verdict({ exercise, judging, verdict: newest }) {
    if (!state) return;
    if (exercise === state.number) show();
    if (exercise !== state.number || newest) refresh(); // what else may have changed: progress, next, another exercise
    if (judging || newest) editor.check();
  },
  begin() {
    refresh();
    editor.check();
  },
  changed: refresh,
  connection: (word) => word === "live" && refused(""),
});

addEventListener("focus", () => state && refresh()); // a hint may have been asked for in the terminal meanwhile

$("do-hint").addEventListener("click", hint);
$("do-edit").addEventListener("click", edit);
$("do-read").addEventListener("click", read);
$("do-run").addEventListener("click", run);
$("do-solution").addEventListener("click", () => solution());
$("left-tab-task").addEventListener("click", () => choosePanel("task"));
$("left-tab-verdict").addEventListener("click", () => choosePanel("verdict"));
$("left-tabs").addEventListener("keydown", (event) => {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  event.preventDefault();
  turnPanel();
  $("left-tabs").querySelector('[aria-selected="true"]').focus();
});

const solution = async () =>
  (await known()) && act(() => showSolution(current(), { dialog: $("solution"), body: $("solution-body") }));

bindKeys({
  v: turnPanel,
  f: () => void read(),
  h: () => void hint(),
  e: () => void edit(),
  r: () => void run(),
  s: () => void solution(),
  n: next,
  l: () => progress.enter(),
  c: () => line.focus(),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => [String(number), () => line.runProposed(number)])),
});

if (/Mac/.test(navigator.platform)) for (const each of document.querySelectorAll(".mod")) each.textContent = "⌘";
