// The presenter's view: this slide, the next one, the notes, the time, and how far the exercises are.
import { el } from "../dom.js";
import { bindKeys } from "../keys.js";
import { live } from "./live.js";
import { Pictures } from "./pictures.js";
import { Place } from "./place.js";
import { ask, keepToken, mayLead } from "./server.js";

const $ = (id) => document.getElementById(id);
const ASK = 5000; // milliseconds between two looks at the exercises

keepToken();

const slides = [...document.querySelectorAll("#store section")];
const notes = new Map([...document.querySelectorAll("#store .note")].map((note) => [note.dataset.of, note]));
let at = { index: 0, step: 0 };
let began = null;

const steps = (slide) => Number(slide.dataset.steps);

function put(frame, slide) {
  frame.replaceChildren(slide ?? el("p", { class: "placeholder" }, "This was the last one."));
  scale(frame);
}

function scale(frame) {
  const slide = frame.querySelector("section");
  if (slide) slide.style.transform = `scale(${frame.clientWidth / 1920})`;
}

function show() {
  const slide = slides[at.index];
  [...slide.querySelectorAll(".fragment")].forEach((step, index) => step.classList.toggle("visible", index < at.step));
  const later = slides[at.index + 1];
  for (const step of later?.querySelectorAll(".fragment") ?? []) step.classList.add("visible");
  put($("now"), slide);
  put($("later"), later);
  $("notes").replaceChildren(...(notes.get(slide.id)?.cloneNode(true).childNodes ?? []));
  if (!$("notes").textContent.trim()) $("notes").replaceChildren(el("p", { class: "placeholder" }, "No notes for this slide."));
  $("count").textContent = `${at.index + 1} of ${slides.length}${steps(slide) ? ` · step ${at.step} of ${steps(slide)}` : ""}`;
}

const place = new Place({
  here: () => ({ slide: slides[at.index].id, step: at.step }),
  go(id, step) {
    const index = slides.findIndex((slide) => slide.id === id);
    if (index < 0) return;
    at = { index, step: Math.min(step, steps(slides[index])) };
    show();
  },
  told() {},
});

function move(to) {
  at = to;
  began ??= Date.now();
  show();
  place.moved();
}

function forward() {
  if (at.step < steps(slides[at.index])) move({ ...at, step: at.step + 1 });
  else if (at.index < slides.length - 1) move({ index: at.index + 1, step: 0 });
}

function back() {
  if (at.step > 0) move({ ...at, step: at.step - 1 });
  else if (at.index > 0) move({ index: at.index - 1, step: steps(slides[at.index - 1]) });
}

const two = (number) => String(number).padStart(2, "0");

function tick() {
  const now = new Date();
  $("clock").textContent = `${two(now.getHours())}:${two(now.getMinutes())}`;
  const seconds = began === null ? 0 : Math.floor((Date.now() - began) / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  $("spent").textContent = `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

const SIGNS = { passed: "✓", begun: "·", untouched: " " };

async function tellStanding() {
  try {
    const { exercises = [], at: current = null, why = "" } = await ask("/standing");
    const passed = exercises.filter(({ state }) => state === "passed").length;
    $("standing").replaceChildren(
      el("p", {}, exercises.length ? `${passed} of ${exercises.length} passed` : why || "Nothing is known of them."),
      el("ol", {}, exercises.map(({ number, title, state, attempts }) => el("li", { class: number === current ? `${state} current` : state },
        el("span", { class: "sign" }, SIGNS[state] ?? " "), `${number} ${title}`, el("span", { class: "tries" }, attempts ? `${attempts} ×` : "")))),
    );
  } catch (error) {
    $("standing").replaceChildren(el("p", { class: "placeholder" }, error.message));
  }
}

function tellRights() {
  $("banner").hidden = mayLead();
  $("banner").textContent = "This browser has not the session's token, so it shows and does not lead. Open the address that the command printed.";
}

const pictures = new Pictures();
const drawn = pictures.recorded();
new ResizeObserver(() => [$("now"), $("later")].forEach(scale)).observe($("now"));
$("forward").addEventListener("click", forward);
$("back").addEventListener("click", back);
$("spent").addEventListener("click", () => {
  began = Date.now();
  tick();
});
$("theme").addEventListener("click", () => globalThis.workshopTheme.toggle());
bindKeys({
  ArrowRight: forward, ArrowDown: forward, PageDown: forward, " ": forward, n: forward,
  ArrowLeft: back, ArrowUp: back, PageUp: back, p: back,
  Home: () => move({ index: 0, step: 0 }),
  End: () => move({ index: slides.length - 1, step: 0 }),
  t: () => globalThis.workshopTheme.toggle(),
});
tellRights();
show();
tick();
setInterval(tick, 1000);
tellStanding();
setInterval(tellStanding, ASK);
live(pictures, {
  place: (message) => place.hear(message),
  state(word) {
    $("connection").dataset.state = word;
    $("connection").textContent = word;
  },
});
globalThis.workshop = { place, drawn };
