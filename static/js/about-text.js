// What the panel says of a link, a container or a host: the answer of /api/about as elements. Everything is set as text.
import { el, shorten } from "./dom.js";

const WAYS = { rx: "received", tx: "sent" };
const COUNTED = ["packets", "bytes", "errors", "dropped"];
const ID = 12; // characters of an ID, as Docker shows it
const INFO = { vni: "VNI", id: "VLAN", local: "local end", group: "group", port: "port", mode: "mode", flag: "flag", learning: "learning", protocol: "protocol" };

const mono = (text) => el("span", { class: "mono" }, text);
const part = (title, ...children) => el("section", {}, el("h3", {}, title), ...children);

/** Pairs of a word and what it says; a pair that says nothing is left out. */
function pairs(rows) {
  const told = rows.filter(([, value]) => value !== null && value !== undefined && value !== "" && !(Array.isArray(value) && value.length === 0));
  return el("dl", { class: "pairs" }, ...told.flatMap(([word, value]) => [
    el("dt", {}, word),
    el("dd", {}, ...[value].flat().map((each) => (each instanceof Node ? each : el("div", { class: "mono" }, String(each))))),
  ]));
}

function table(heads, rows) {
  return el("div", { class: "wide" }, el("table", {},
    el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell) => el("td", {}, cell === null || cell === undefined ? "" : String(cell))))))));
}

function counters(link) {
  return el("table", { class: "counters", "aria-label": `Counters of ${link.name}` },
    el("thead", {}, el("tr", {}, el("td", {}), ...COUNTED.map((what) => el("th", { scope: "col" }, what)))),
    el("tbody", {}, ...Object.entries(WAYS).map(([way, word]) =>
      el("tr", {}, el("th", { scope: "row" }, word), ...COUNTED.map((what) => el("td", { "data-counter": `${way} ${what}`, "data-link": link.id }))))));
}

const callButton = (number, on) =>
  el("button", { class: "link-button", type: "button", on: { click: () => on.call(number) } }, `call ${number}`);

const nodeButton = (end, on) =>
  el("button", { class: "link-button mono", type: "button", on: { click: () => on.node(end.id) } }, end.name ?? end.id);

function ofLink(link, on) {
  const info = Object.entries(link.info ?? {}).filter(([name]) => INFO[name]).map(([name, value]) => [INFO[name], String(value)]);
  const made = [];
  if (link.left_over) {
    const call = link.should_have_gone ? [callButton(link.should_have_gone, on), " should have removed it."] : ["It should be gone."];
    made.push(el("p", { class: "wrong" }, "Left over: ", ...call));
  }
  made.push(
    pairs([
      ["kind", link.kind ?? "network card"],
      ["state", link.state],
      ["flags", link.flags.join(" ")],
      ["MAC", link.mac],
      ["MTU", link.mtu],
      ["addresses", link.addresses],
      ...info,
      ["bridge", link.master && nodeButton(link.master, on)],
      ["other end", link.peer && nodeButton(link.peer, on)],
      ["sits on", link.parent && nodeButton(link.parent, on)],
      ["network", link.network_name ?? link.network?.slice(0, ID)],
      ["endpoint", link.endpoint?.slice(0, ID)],
      ["made by", link.made_by ? callButton(link.made_by, on) : null],
      ["alias", link.alias],
      ["queue", link.queue],
      ["index", link.index],
    ]),
    counters(link),
  );
  return made;
}

function ofContainer(told) {
  const { container, ports } = told;
  const published = [...new Set(ports.map((port) => `${port.host_ip || "*"}:${port.host_port} → ${port.ip ?? ""}:${port.port}/${port.proto}`))];
  return pairs([
    ["image", container?.image],
    ["container", container?.id?.slice(0, ID)],
    ["host", told.host],
    ["namespace", told.namespace.id],
    ["ports", published],
  ]);
}

function ofRules(rules) {
  return el("ul", { class: "rules" }, ...rules.map((rule) => el("li", {},
    el("span", { class: "chain" }, `${rule.where} · ${rule.table} · ${rule.chain}`),
    el("code", {}, rule.rule),
    ...rule.because.map((why) => el("span", { class: "because" }, why)))));
}

/** `{title, parts}`. `on` has `call(number)` and `node(id)`, for what is clicked, and `folding`, buttons. */
export function about(told, on) {
  const isLink = told.what === "link";
  const [first] = told.links;
  const name = told.container?.name ?? told.namespace.name ?? `namespace ${told.namespace.id}`;
  const title = isLink ? first?.name ?? "link" : told.what === "host" ? `host ${told.host}` : told.what === "network" ? `namespace ${shorten(name)}` : name;
  const parts = [];
  if (on.folding.length) parts.push(el("p", { class: "folding" }, ...on.folding));
  if (isLink) {
    if (!told.namespace.root) parts.push(el("p", { class: "in" }, "in ", mono(shorten(name))));
    parts.push(...(first ? ofLink(first, on) : []));
  } else {
    parts.push(ofContainer(told));
    for (const link of told.links) parts.push(part(link.name, ...ofLink(link, on)));
  }
  const lists = [
    ["Routes", ["to", "via", "link", "source", "metric"], told.routes.map((one) => [one.dst, one.gateway, one.link, one.source, one.metric])],
    ["Neighbours", ["address", "MAC", "state", "link"], told.neighbours.map((one) => [one.address, one.mac, one.state, one.link])],
    ["Forwarding table", ["MAC", "behind", "VLAN", "state"], told.fdb.map((one) => [one.mac, one.dst ?? one.link, one.vlan, one.state])],
  ];
  for (const [word, heads, rows] of lists) if (rows.length) parts.push(part(word, table(heads, rows)));
  if (told.rules.length) parts.push(part("Firewall rules that concern it", ofRules(told.rules)));
  for (const problem of told.problems) parts.push(el("p", { class: "wrong" }, problem));
  return { title, parts };
}
