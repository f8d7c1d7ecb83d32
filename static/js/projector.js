// Projector mode: large type, strong contrast, nothing beside the picture. What it looks like is css/projector.css's matter.
import { el } from "./dom.js";
import { onEscape } from "./escape.js";
import { bindKeys } from "./keys.js";

const KEY = "workshop-projector";
const TEXT = { smallest: 18, largest: 28 }; // pixels of the picture's usual text
const ROOM = 400; // pixels of height that an open call has at least
const root = document.documentElement;

/** Kept for this tab, and not for all: the same browser may show the page on one's own screen too. */
function kept(value) {
  try {
    if (value !== undefined) sessionStorage.setItem(KEY, value);
    return sessionStorage.getItem(KEY);
  } catch {
    return null; // a browser without storage: it lasts for this page only
  }
}

/** A feature of the page (features.js). */
export function installProjector(page) {
  const button = el("button", { type: "button", class: "key-button", id: "projector" }, "Projector ", el("kbd", {}, "P"));
  const columns = document.getElementById("columns");
  const stage = document.getElementById("stage");
  const right = document.getElementById("right");
  const isOn = () => root.dataset.projector === "yes";

  function put(on) {
    if (on) root.dataset.projector = "yes";
    else delete root.dataset.projector;
    button.setAttribute("aria-pressed", String(on));
    columns.classList.remove("left-over");
    if (on && right.contains(document.activeElement)) document.activeElement.blur(); // what has the focus would stay in sight
    page.picture.view.legible(on ? TEXT : undefined);
  }

  function toggle() {
    put(!isOn());
    kept(isOn() ? "yes" : "no");
  }

  /** An exercise's column comes over the picture. */
  const showLeft = () => isOn() && !columns.classList.contains("left-over") && (columns.classList.add("left-over"), true);

  /** What was brought over the picture by a key goes. */
  function uncover() {
    const hasLeft = columns.classList.contains("left-over");
    const hasCalls = !page.detail.isOpen && right.contains(document.activeElement);
    if (hasLeft) columns.classList.remove("left-over");
    else if (hasCalls) document.activeElement.blur();
    return hasLeft || hasCalls;
  }

  // what covers the picture leaves the caption free, where that is room enough
  new ResizeObserver(() => {
    const { bottom, height } = stage.getBoundingClientRect();
    const under = height < ROOM ? 0 : columns.getBoundingClientRect().bottom - bottom;
    columns.style.setProperty("--under-stage", `${Math.max(0, Math.round(under))}px`);
  }).observe(stage);
  button.addEventListener("click", toggle);
  document.getElementById("tools").append(button);
  bindKeys({ p: toggle });
  if (document.getElementById("lesson")) {
    bindKeys({
      v: showLeft,
      h() {
        showLeft();
        return false; // the hint itself is the exercise's page's matter
      },
    });
  }
  onEscape(0, () => isOn() && uncover());
  put(kept() === "yes");
}
