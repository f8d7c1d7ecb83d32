// The filter's place above the list: a text, three choices, errors only; and what is said when nothing is left.
import { el } from "./dom.js";
import { NOTHING } from "./filter.js";
import { bindKeys } from "./keys.js";

const CHOICES = [
  { name: "route", all: "Any route" },
  { name: "network", all: "Any network" },
  { name: "container", all: "Any container" },
];

/** A feature of the page (features.js). */
export function installFilter(page) {
  const { calls, on } = page;
  const { filter } = calls;
  const text = el("input", {
    type: "search", id: "filter-text", placeholder: "name, number, ID, error", autocomplete: "off", spellcheck: "false", "aria-label": "Text in the calls",
  });
  const errors = el("button", { type: "button", class: "key-button", id: "filter-errors", "aria-pressed": "false" }, "Errors");
  const selects = CHOICES.map(({ name, all }) => el("select", { id: `filter-${name}`, "aria-label": all }));
  const clear = el("button", { type: "button", class: "key-button", id: "filter-clear" }, "Clear ", el("kbd", {}, "Esc"));
  const bar = el("div", { class: "filter", id: "filter", role: "search", "aria-label": "Filter of the calls", hidden: true },
    text, errors, clear, el("div", { class: "choices" }, selects));
  const hidden = el("p", { class: "left-out", role: "status", hidden: true });
  bar.append(hidden);
  const toggle = el("button", { type: "button", class: "key-button", id: "filter-open", "aria-expanded": "false", "aria-controls": "filter" }, "Filter ", el("kbd", {}, "/"));
  const none = el("div", { class: "none", id: "none", role: "status", hidden: true });
  document.getElementById("calls-tools").append(toggle);
  document.getElementById("calls-head").after(bar);
  calls.scroller.append(none);

  const offer = () => {
    const choices = filter.choices();
    CHOICES.forEach(({ name, all }, index) => {
      const select = selects[index];
      const values = ["", ...choices[name]];
      if (values.join("\n") === [...select.options].map((option) => option.value).join("\n")) return;
      select.replaceChildren(...values.map((value) => el("option", { value }, value || all)));
      select.value = filter.is[name];
    });
  };

  const tell = () => {
    const { all } = calls.counts;
    const isOpen = filter.isOn || bar.contains(document.activeElement) || !bar.hidden;
    bar.hidden = !isOpen;
    toggle.setAttribute("aria-expanded", String(isOpen));
    clear.hidden = !filter.isOn;
    errors.setAttribute("aria-pressed", String(filter.is.errors));
    if (isOpen) offer();
    for (const [index, { name }] of CHOICES.entries()) {
      selects[index].value = filter.is[name];
      selects[index].classList.toggle("is-on", Boolean(filter.is[name]));
    }
    if (document.activeElement !== text) text.value = filter.is.text;
    const { number } = page.chosen() ?? {};
    hidden.hidden = !filter.isOn || number === undefined || calls.isShown(number);
    hidden.textContent = hidden.hidden ? "" : `Call ${number}, which is chosen, is not among them.`;
    none.hidden = !(filter.isOn && calls.rows.entries.length === 0 && all > 0);
    if (!none.hidden) {
      none.replaceChildren(el("p", {}, `None of ${all} ${all === 1 ? "call" : "calls"} is shown by this filter: ${filter.words()}.`),
        el("button", { type: "button", class: "key-button", on: { click: showAll } }, "Show all calls"));
    }
  };

  const change = (part) => {
    filter.change(part);
    calls.sift();
    tell();
  };

  const leave = () => {
    calls.focus();
    bar.hidden = !filter.isOn;
    tell();
  };

  const showAll = () => {
    change(NOTHING);
    leave();
  };

  const open = () => {
    bar.hidden = false;
    tell();
    text.focus();
    text.select();
  };

  text.addEventListener("input", () => change({ text: text.value.trim() }));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      text.value = "";
      change(NOTHING);
    } else if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    event.preventDefault(); // also that a browser empties it without a word
    leave();
  });
  errors.addEventListener("click", () => change({ errors: !filter.is.errors }));
  clear.addEventListener("click", () => showAll());
  CHOICES.forEach(({ name }, index) => selects[index].addEventListener("change", () => change({ [name]: selects[index].value })));
  toggle.addEventListener("click", () => {
    if (bar.hidden) open();
    else if (filter.isOn) text.focus();
    else {
      bar.hidden = true;
      tell();
    }
  });
  bindKeys({ "/": open });
  on("snapshot", tell);
  on("shown", tell);
  on("chosen", tell);
}
