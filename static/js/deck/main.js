// The deck in an attendee's browser or on the projector: reveal.js shows it, the presenter's place moves it.
import Reveal from "reveal.js";
import { live } from "./live.js";
import { Pictures } from "./pictures.js";
import { Place } from "./place.js";
import { keepToken, mayLead } from "./server.js";

const $ = (id) => document.getElementById(id);

keepToken();

// A phone that is held upright gets slides that are upright, too: slides.css has them one under the other there.
const upright = matchMedia("(max-width: 700px) and (orientation: portrait)").matches;
document.body.classList.toggle("upright", upright);

const deck = new Reveal(document.querySelector(".reveal"), {
  width: upright ? 860 : 1920,
  height: upright ? 1740 : 1080,
  margin: 0,
  minScale: 0.1,
  maxScale: 3,
  center: false,
  hash: true,
  history: false,
  controls: false,
  progress: true,
  overview: true,
  transition: matchMedia("(prefers-reduced-motion: reduce)").matches ? "none" : "fade",
  transitionSpeed: "fast",
  backgroundTransition: "none",
  scrollActivationWidth: null, // a phone shows one slide, as all others do
  keyboardCondition: () => !document.querySelector("dialog[open]"),
  help: false, // there is a sheet of our own
  keyboard: {
    191: () => $("sheet").showModal(), // ?
    76: () => place.set(!place.together), // L
    84: () => globalThis.workshopTheme.toggle(), // T
  },
});

const all = () => deck.getSlides();
const stepOf = (slide) => slide.querySelectorAll(".fragment.visible").length;

const place = new Place({
  here() {
    const slide = deck.getCurrentSlide();
    return { slide: slide.id, step: stepOf(slide) };
  },
  go(id, step) {
    const slide = document.getElementById(id);
    if (!slide) return;
    const { h, v } = deck.getIndices(slide);
    deck.slide(h, v, step - 1);
  },
  told: tellFollow,
});

function tellFollow() {
  const leads = mayLead();
  $("follow").firstChild.textContent = leads ? "Lead " : "Follow ";
  $("follow").setAttribute("aria-pressed", String(place.together));
  const there = place.presenter && document.getElementById(place.presenter.slide);
  const number = there ? all().indexOf(there) + 1 : 0;
  const isElsewhere = !place.together && number > 0;
  $("where").textContent = isElsewhere ? `The presenter is at slide ${number}.` : "";
}

function tellCount() {
  const slide = deck.getCurrentSlide();
  $("count").textContent = `${all().indexOf(slide) + 1} of ${all().length}`;
}

const pictures = new Pictures();
await deck.initialize();
for (const what of ["slidechanged", "fragmentshown", "fragmenthidden"]) {
  deck.on(what, () => {
    tellCount();
    place.moved();
  });
}
$("help").addEventListener("click", () => $("sheet").showModal());
$("follow").addEventListener("click", () => place.set(!place.together));
tellCount();
tellFollow();
live(pictures, {
  place: (message) => place.hear(message),
  state(word) {
    $("connection").dataset.state = word;
    $("connection").textContent = word;
  },
});
const drawn = pictures.recorded();
globalThis.workshop = { deck, place, drawn };
await drawn;
