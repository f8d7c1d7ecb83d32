// The verdict: where one stands in a line, the first finding as a card, the others folded, the checks by variant.
import { duration, el } from "../dom.js";
import { basename, count, fill, method, words } from "./words.js";

const SIGNS = { passed: "✓", failed: "✕", "not reached": "·", "not judged": "–" };
const WORST = ["failed", "not reached", "not judged"]; // of a variant, what is shown for all of it
const ALL_OPEN = 12; // checks that are shown without folding

/** Whether nothing is known of the code, since the machine is at fault. */
const isProblem = ({ verdict, problem }) => (verdict ? Boolean(verdict.problem) && !verdict.findings?.length : Boolean(problem));

/** Where one stands: what kind of standing, a sign, words. */
export function standing({ verdict, judging, attempt, problem }) {
  if (judging) return { kind: "judging", sign: "◌", text: attempt ? `Judging attempt ${attempt} …` : "Judging …" };
  if (isProblem({ verdict, problem })) return { kind: "problem", sign: "!", text: "This machine cannot judge it" };
  if (!verdict) return { kind: "none", sign: "·", text: "Not judged yet" };
  const done = `${verdict.checks_passed} of ${count(verdict.checks_total, "check")}`;
  const more = [verdict.attempt && `attempt ${verdict.attempt}`, duration(verdict.duration_ms), verdict.engine && `engine ${verdict.engine}`]
    .filter(Boolean).join(" · ");
  return verdict.passed
    ? { kind: "passed", sign: "✓", text: `Passed · ${done}`, more }
    : { kind: "failed", sign: "✕", text: `Not passed · ${done}`, more };
}

const row = (term, ...what) => [el("dt", {}, term), el("dd", {}, ...what)];

/** A text of the judge's; one of several lines is a drawing, such as a caret under a word, and keeps its columns. */
const told = (term, text) => {
  if (!text) return [];
  return String(text).trimEnd().includes("\n") ? row(term, el("pre", { class: "drawing", tabindex: "0" }, text)) : row(term, words(text));
};

/** A link that is missing (in ghost) or left over, as a small drawing with its words. */
function drawn(link, kind, word) {
  const name = link.name || "no name";
  const more = [link.kind, link.master && `on ${link.master}`, link.host && `host ${link.host}`].filter(Boolean).join(" · ");
  return el("li", { class: `piece ${kind}` }, el("span", { class: "piece-word" }, word), el("code", {}, name), more && el("span", { class: "piece-more" }, more));
}

function pieces({ missing = [], left_over: left = [] }) {
  if (!missing.length && !left.length) return null;
  return el(
    "ul",
    { class: "pieces", "aria-label": "How the network differs" },
    missing.map((link) => drawn(link, "ghost", "missing")),
    left.map((link) => drawn(link, "left", "left over")),
  );
}

/** A slide by its name; where this session has the slides, it leads there. */
function slide(name) {
  const can = document.body.dataset.can?.split(" ").includes("slides");
  const href = `/slides#/${encodeURIComponent(name)}`;
  return can ? el("a", { href, target: "workshop-slides" }, name) : el("q", {}, name);
}

/** Where to look: the line, the slide, the hint. */
function where(finding, key, on) {
  const parts = [];
  if (finding.file) {
    const place = finding.line ? `${basename(finding.file)} line ${finding.line}` : basename(finding.file);
    parts.push(el("button", { type: "button", class: "place", id: `${key}-place`, title: `Open ${finding.file} in the editor`, on: { click: () => on.goTo(finding) } }, place));
  }
  if (finding.slide) parts.push(el("span", {}, "slide ", slide(finding.slide)));
  if (finding.hint) parts.push(el("span", {}, `hint ${finding.hint}`));
  return parts.length ? row("where", el("span", { class: "places" }, parts)) : [];
}

/** Everything about a finding but its headline. */
function facts(finding, key, on) {
  const during = [finding.variant, method(finding.route)].filter(Boolean);
  return [
    el(
      "dl",
      {},
      told("expected", finding.expected),
      told("seen", finding.seen),
      told("why", finding.why),
      finding.docker && row("Docker said", el("q", { class: "docker-said" }, finding.docker)),
      during.length > 0 && row("when", during.join(" · ")),
      where(finding, key, on),
    ),
    pieces(finding),
  ];
}

function findingCard(finding, on) {
  return el("article", { class: "card", "data-kind": "finding", "aria-labelledby": "card-title" },
    el("h3", { id: "card-title" }, words(finding.title)), facts(finding, "card", on));
}

/** What comes after this: the next of the exercise's files, once all of those have passed the next exercise, or nothing. */
function following({ files, next_file: file, progress, next }) {
  const part = files?.find(({ name }) => name === file);
  if (part) return `${part.name} · ${part.title}`;
  const row = progress?.find(({ number }) => number === next);
  return row ? `${row.number} · ${row.title || row.name}` : null;
}

/** How many checks are well, of a verdict that passed: all, but for those that this machine cannot judge. */
function areWell({ checks_passed: passed, checks_total: total }) {
  return passed === total ? `All ${count(total, "check")} are well.` : `${passed} of ${count(total, "check")} are well, the others were not judged here.`;
}

function passedCard(verdict, lesson, on) {
  const next = following(lesson);
  const button = next && el("button", { type: "button", class: "key-button main", id: "do-next", on: { click: on.next } },
    `Next: ${next} `, el("kbd", {}, "N"));
  return el("article", { class: "card", "data-kind": "passed", "aria-labelledby": "card-title" },
    el("h3", { id: "card-title" }, lesson.next_file ? "This one is mended" : "Passed"),
    el("p", {}, areWell(verdict)),
    button ?? el("p", {}, "This was the last exercise."));
}

function problemCard(problem, on) {
  return el("article", { class: "card", "data-kind": "problem", "aria-labelledby": "problem-title" },
    el("h3", { id: "problem-title" }, "Not your code: this machine"),
    el("p", {}, words(problem)),
    el("button", { type: "button", class: "key-button", id: "card-run", on: { click: on.run } }, "Judge again ", el("kbd", {}, "R")));
}

/** What the learner should know of this judgement. */
const noteCard = (notes) => el("article", { class: "card", "data-kind": "note" }, notes.map((note) => el("p", {}, words(note))));

const plainCard = (text) => el("article", { class: "card", "data-kind": "waiting" }, el("p", {}, text));

/** The verdict's part of the page. `on` has `goTo(finding)`, `next()` and `run()`. */
export class VerdictView {
  #shown = "";
  #folded = new Map(); // by exercise and variant: whether the learner has opened it

  constructor(places, on) {
    Object.assign(this, { places, on });
  }

  /** Write it all; `lesson` is the server's state with the newest verdict in it. Says whether the verdict is another. */
  show(lesson) {
    const { verdict, problem, slides = [] } = lesson;
    this.#stand(standing(lesson));
    const shown = JSON.stringify([verdict, problem, lesson.number, following(lesson)]);
    if (shown === this.#shown) return false;
    this.#shown = shown;
    const known = (finding) => ({ ...finding, slide: slides.includes(finding.slide) ? finding.slide : null });
    const [first, ...others] = (verdict?.findings ?? []).map(known);
    fill(this.places.card, this.#cards(lesson, first));
    fill(this.places.others, others.length ? this.#others(others) : null);
    fill(this.places.checks, verdict?.checks?.length ? this.#checks(verdict, lesson.number, first) : null);
    return true;
  }

  #stand({ kind, sign, text, more }) {
    const { standing: place } = this.places;
    if (place.textContent === [sign, text, more].filter(Boolean).join(" ") && place.dataset.kind === kind) return;
    place.dataset.kind = kind;
    place.replaceChildren(el("span", { class: "sign", "aria-hidden": "true" }, sign), ` ${text}`, more ? el("span", { class: "more" }, ` ${more}`) : "");
  }

  #cards(lesson, first) {
    const { verdict } = lesson;
    const problem = verdict ? verdict.problem : lesson.problem;
    const notes = verdict?.notes?.length ? [noteCard(verdict.notes)] : [];
    const cards = [first && findingCard(first, this.on), problem && problemCard(problem, this.on)].filter(Boolean);
    if (cards.length) return [...cards, ...notes];
    if (!verdict) return [plainCard("Save the file, here or in your own editor, and it is judged.")];
    return [verdict.passed ? passedCard(verdict, lesson, this.on) : plainCard("Not every check has passed: see below."), ...notes];
  }

  #others(others) {
    return el("details", { class: "others" },
      el("summary", { id: "others-word" }, `${count(others.length, "more finding")}, often a consequence`),
      others.map((finding, index) => el("details", { class: "card other", "data-kind": "finding" },
        el("summary", { id: `other-${index}` }, words(finding.title), finding.variant && el("span", { class: "soft" }, ` ${finding.variant}`)), facts(finding, `other-${index}`, this.on))));
  }

  #checks(verdict, exercise, first) {
    const groups = new Map();
    for (const check of verdict.checks) groups.set(check.variant, [...(groups.get(check.variant) ?? []), check]);
    const heading = el("h3", { class: "label", id: "checks-label" }, `Checks · ${verdict.checks_passed} of ${verdict.checks_total}`);
    const openFirst = first?.variant ?? [...groups.keys()].find((variant) => groups.get(variant).some(({ state }) => state === "failed"));
    return [heading, ...[...groups].map(([variant, checks], index) => {
      const key = `${exercise} ${variant}`;
      const isOpen = this.#folded.get(key) ?? (verdict.checks.length <= ALL_OPEN || variant === openFirst);
      const group = el("details", { class: "variant", open: isOpen }, this.#summary(variant, checks, index), el("ul", {}, checks.map(checkRow)));
      group.addEventListener("toggle", () => group.open !== isOpen && this.#folded.set(key, group.open));
      return group;
    })];
  }

  #summary(variant, checks, index) {
    const passed = checks.filter(({ state }) => state === "passed").length;
    const state = WORST.find((each) => checks.some((check) => check.state === each)) ?? "passed";
    return el("summary", { id: `variant-${index}`, "data-state": state },
      el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[state]),
      el("span", { class: "variant-name" }, variant || "the file and every call"),
      el("span", { class: "tally" }, `${passed} of ${checks.length}`, el("span", { class: "unseen" }, ` passed`)));
  }
}

function checkRow({ title, state }) {
  return el("li", { class: "check", "data-state": state },
    el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[state] ?? "?"),
    el("span", {}, words(title), el("span", { class: "unseen" }, `, ${state}`)));
}
