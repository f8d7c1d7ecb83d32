// Finding a name, an address or a MAC in the picture: Enter goes from hit to hit, and unfolds what hides one.
import { el } from "./dom.js";
import { bindKeys } from "./keys.js";
import { spaceOf } from "./places.js";

const plain = (text) => String(text ?? "").toLocaleLowerCase();

/** What is found: `{id, said}` of each link that has `wanted` in its name, addresses, MAC, container or host, one for each
 *  container, in the picture's order. */
export function hits(links, wanted) {
  const word = plain(wanted.trim());
  if (!word) return [];
  const found = new Map();
  for (const [id, link] of Object.entries(links)) {
    const said = [link.container, link.name, ...(link.addresses ?? []), link.mac, link.network_name, link.host].find((text) => plain(text).includes(word));
    const place = link.container ? spaceOf(id) : id;
    if (said && !found.has(place)) found.set(place, { id, said });
  }
  return [...found.values()];
}

/** Put the search above the picture. */
export function installSearch(page) {
  const { picture } = page;
  const input = el("input", { class: "find", type: "search", placeholder: "name, address, MAC", "aria-label": "Find in the picture", maxlength: 100 });
  const told = el("span", { class: "found", role: "status" });
  const button = el("button", { class: "key-button", type: "button", on: { click: () => open() } }, "Find ", el("kbd", {}, "G"));
  const box = el("span", { class: "finder", hidden: true }, input, told);
  document.getElementById("picture-tools").append(button, box);
  let found = [];
  let at = -1;

  const open = () => {
    box.hidden = false;
    button.hidden = true;
    input.focus();
    input.select();
  };
  const close = () => {
    const hadFocus = box.contains(document.activeElement);
    const there = picture.groupOf(found[at]?.id ?? "");
    box.hidden = true;
    button.hidden = false;
    found = [];
    at = -1;
    mark();
    if (hadFocus) (there ?? button).focus({ preventScroll: true }); // whoever found something goes on from there
  };
  const mark = () => {
    for (const group of picture.svg?.querySelectorAll(".hit") ?? []) group.classList.remove("hit");
    if (at >= 0) picture.groupOf(found[at].id)?.classList.add("hit");
    const word = input.value.trim();
    told.textContent = !word ? "" : found.length ? `${Math.max(at, 0) + 1} of ${found.length}` : "nothing";
  };
  const show = async () => {
    if (at < 0) return mark();
    const group = picture.groupOf(found[at].id);
    await page.folds.unfold(group?.dataset.id ?? "");
    mark();
    const there = picture.groupOf(found[at]?.id ?? "");
    if (there) picture.view.reveal(there);
    return undefined;
  };
  const look = () => {
    found = hits(picture.links, input.value);
    at = found.length ? 0 : -1;
    show();
  };
  const turn = (by) => {
    if (!found.length) return look();
    at = (at + by + found.length) % found.length;
    return show();
  };
  input.addEventListener("input", look);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") turn(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  page.on("drawn", () => {
    if (box.hidden || at < 0) return;
    const { id } = found[at];
    found = hits(picture.links, input.value);
    at = found.length ? Math.max(found.findIndex((one) => one.id === id), 0) : -1;
    mark();
  });
  bindKeys({ g: open });
}
