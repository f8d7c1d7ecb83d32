// The picture as a file: SVG with its colours written into it, PNG of that, the DOT it was drawn from, the graph as JSON.
import { el, shape } from "./dom.js";

const PROPERTIES = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size", "font-weight", "font-style",
];
const COLOURS = ["fill", "stroke"];
const KEPT = 2; // pixels of a PNG for each point
const LARGEST = 16000; // pixels of a side: browsers make no larger canvas

/** A colour as every program reads it: `#005f99` for `rgb(0, 95, 153)`. */
function hex(colour) {
  const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour)?.slice(1);
  return parts ? `#${parts.map((part) => Number(part).toString(16).padStart(2, "0")).join("")}` : colour;
}

/** A copy of the picture's SVG that needs no style sheet: what the page's style gives it is written into it. */
export function standalone(svg, ground) {
  const { width, height } = svg.viewBox.baseVal;
  const copy = svg.cloneNode(true);
  const before = [...svg.querySelectorAll("*")];
  const after = [...copy.querySelectorAll("*")];
  before.forEach((element, index) => {
    const style = getComputedStyle(element);
    const made = after[index];
    for (const name of made.getAttributeNames()) {
      if (name === "style" || name === "tabindex" || name === "role" || name.startsWith("aria-")) made.removeAttribute(name);
    }
    if (made.dataset.id) {
      made.setAttribute("id", made.dataset.id);
      delete made.dataset.id;
    }
    if (["title", "g", "svg"].includes(element.localName)) return;
    for (const property of PROPERTIES) {
      const isText = element.localName === "text" || element.localName === "tspan";
      const value = style.getPropertyValue(property);
      const wanted = property.startsWith("font") === isText || property === "fill";
      if (wanted) made.setAttribute(property, COLOURS.includes(property) ? hex(value) : value);
    }
  });
  for (const layer of [...copy.children]) if (!layer.classList.contains("graph")) layer.remove(); // what is drawn over it
  for (const name of ["style", "role", "aria-label"]) copy.removeAttribute(name);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.prepend(shape("rect", { width, height, fill: ground }));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`;
}

/** The text of an SVG as a PNG. */
async function png(text) {
  const image = new Image();
  await new Promise((resolve, reject) => {
    image.onload = resolve;
    image.onerror = () => reject(new Error("the browser could not read its own picture"));
    image.src = `data:image/svg+xml,${encodeURIComponent(text)}`;
  });
  const scale = Math.min(KEPT, LARGEST / image.width, LARGEST / image.height);
  const canvas = el("canvas", { width: Math.round(image.width * scale), height: Math.round(image.height * scale) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function save(blob, ending) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: `topology.${ending}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The graph of the picture that is shown, as JSON. */
async function graph(page) {
  const then = page.isPast() ? page.picture.latest.seq : null;
  const answer = await fetch(then === null ? "/api/graph" : `/api/at?seq=${then}`, { cache: "no-store" });
  const told = answer.ok ? await answer.json() : {};
  const found = then === null ? told : told.graph;
  if (!found?.hosts) throw new Error("the graph of this moment is not kept");
  return new Blob([`${JSON.stringify(found, null, 2)}\n`], { type: "application/json" });
}

/** Put the export above the picture. */
export function installExport(page) {
  const { picture } = page;
  const ground = () => getComputedStyle(document.documentElement).getPropertyValue("--ground").trim();
  const text = () => {
    picture.room.dataset.still = ""; // what pulses is drawn as it is at rest
    try {
      return standalone(picture.svg, ground());
    } finally {
      delete picture.room.dataset.still;
    }
  };
  const kinds = {
    svg: () => new Blob([text()], { type: "image/svg+xml" }),
    png: () => png(text()),
    dot: () => new Blob([picture.latest.dot], { type: "text/vnd.graphviz" }),
    json: () => graph(page),
  };
  const menu = el("details", { class: "menu" }, el("summary", { class: "key-button" }, "Export"));
  const list = el("div", { class: "choices" });
  for (const [ending, make] of Object.entries(kinds)) {
    const act = async () => {
      menu.open = false;
      if (!picture.latest) return;
      try {
        save(await make(), ending);
      } catch (error) {
        page.banner(`The picture could not be exported: ${error.message}.`);
      }
    };
    list.append(el("button", { class: "key-button", type: "button", on: { click: act } }, ending.toUpperCase()));
  }
  menu.append(list);
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.preventDefault();
    menu.open = false;
    menu.firstChild.focus();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!menu.contains(target)) menu.open = false;
  });
  document.getElementById("picture-tools").append(menu);
}
