// The solution, on demand: how it differs from the learner's own, and the whole of it.
import { el } from "../dom.js";
import { Refused, ask } from "./api.js";
import { hasParts } from "./parts.js";
import { difference, fill, question } from "./words.js";

/** Show the solution; before the exercise is passed it asks whether that is meant. Throws `Refused`. */
export async function showSolution(lesson, { dialog, body }) {
  let anyway = false;
  if (!lesson.verdict?.passed) {
    const what = hasParts(lesson) ? `mended ${lesson.file}` : "passed this exercise";
    anyway = await question(`You have not ${what} yet. A hint may be enough.`, "Show the solution", "Not yet");
    if (!anyway) return;
  }
  const { text, diff } = await solution(anyway);
  fill(
    body,
    el("h3", { class: "label" }, "What it changes in yours"),
    diff ? difference(diff) : el("p", {}, "Nothing: yours is the same."),
    el("h3", { class: "label" }, "All of it"),
    el("pre", { class: "code", tabindex: "0" }, text),
  );
  dialog.showModal();
  body.scrollTop = 0;
}

/** It may have been passed before: only the server knows, and then asks for no more. */
async function solution(anyway) {
  try {
    return await ask("/solution", { anyway });
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 409 || anyway) throw error;
    return ask("/solution", { anyway: true });
  }
}
