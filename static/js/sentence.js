// The caption under the picture: one sentence on what a call did.
import { differences } from "./changes.js";
import { el, shorten } from "./dom.js";
import { splitRoute, trouble } from "./rows.js";

const MOST = 4; // names in one enumeration; the rest is counted

const code = (text) => el("code", {}, text);

function joined({ answer }) {
  const told = answer?.InterfaceName?.SrcName;
  if (!told) return ["gave Docker no link to move"];
  const gateway = answer.Gateway ? [" and to send the rest to ", code(answer.Gateway)] : [];
  return ["told Docker to move ", code(told), " in", ...gateway];
}

function placed({ answer }) {
  const place = answer?.Mountpoint;
  return place ? ["told Docker that the volume is at ", code(place)] : ["told Docker no place for the volume"];
}

// What a call is for, where the handler changed nothing in the network.
const SAYS = {
  "Plugin.Activate": () => ["told Docker what this plugin drives"],
  "NetworkDriver.GetCapabilities": () => ["told Docker how far the driver's networks reach"],
  "NetworkDriver.GwAllocCheck": () => ["told Docker whether the network needs gateway addresses"],
  "NetworkDriver.EndpointOperInfo": () => ["told Docker what is known of the endpoint"],
  "NetworkDriver.Join": joined,
  "NetworkDriver.Leave": () => ["let Docker take the link back"],
  "NetworkDriver.DiscoverNew": () => ["heard of another node"],
  "NetworkDriver.DiscoverDelete": () => ["heard that a node left"],
  "IpamDriver.GetCapabilities": () => ["told Docker what giving out addresses needs"],
  "IpamDriver.GetDefaultAddressSpaces": () => ["told Docker what the address spaces are called"],
  "IpamDriver.RequestPool": ({ answer }) => ["gave out the subnet ", code(answer?.Pool)],
  "IpamDriver.ReleasePool": ({ request }) => ["took the pool ", code(request?.PoolID), " back"],
  "IpamDriver.RequestAddress": ({ answer }) => ["gave out ", code(answer?.Address)],
  "IpamDriver.ReleaseAddress": ({ request }) => ["took ", code(request?.Address), " back"],
  "VolumeDriver.Capabilities": () => ["told Docker how far the driver's volumes reach"],
  "VolumeDriver.Create": () => ["made the volume"],
  "VolumeDriver.Get": () => ["told Docker what is known of the volume"],
  "VolumeDriver.List": () => ["told Docker which volumes there are"],
  "VolumeDriver.Mount": placed,
  "VolumeDriver.Path": placed,
  "VolumeDriver.Remove": () => ["removed the volume"],
  "VolumeDriver.Unmount": () => ["let the container's claim to the volume go"],
};

const nothing = () => ["changed nothing in the network"];

function list(names) {
  const shown = names.slice(0, MOST);
  if (names.length > MOST) shown.push(null);
  return shown.flatMap((name, index) => {
    const piece = name === null ? `${names.length - MOST} more` : code(name);
    if (index === 0) return [piece];
    return [index === shown.length - 1 ? " and " : ", ", piece];
  });
}

const linkName = ({ value, was, id }) => value?.name ?? was?.name ?? id;
const unique = (names) => [...new Set(names)];

function byHandler(changes, nameOf) {
  const links = changes.filter(({ what }) => what === "link");
  const made = links.filter(({ op }) => op === "add");
  const removed = links.filter(({ op }) => op === "remove");
  const clauses = [];
  if (made.length) clauses.push(["made ", ...list(unique(made.map(linkName)))]);
  const fresh = new Set(made.map(({ id }) => id));
  const masters = new Map();
  for (const { op, value, was, id } of links) {
    const isNew = op === "change" ? value?.master && value.master !== was?.master : op === "add" && value?.master;
    if (isNew) masters.set(id, [value.name, nameOf(value.master)]);
  }
  for (const [name, master] of [...masters.values()].slice(0, 2)) {
    const isTheOne = masters.size === 1 && made.length === 1;
    clauses.push(isTheOne ? ["put it on ", code(master)] : ["put ", code(name), " on ", code(master)]);
  }
  const addresses = links.flatMap(({ value, was, op }) => {
    const before = new Set(op === "change" ? was?.addresses ?? [] : []);
    return op === "remove" ? [] : (value?.addresses ?? []).filter((one) => !before.has(one) && !one.startsWith("fe80:"));
  });
  if (addresses.length) clauses.push(["gave it ", ...list(unique(addresses))]);
  if (removed.length) clauses.push(["removed ", ...list(unique(removed.map(linkName)))]);
  if (!clauses.length) {
    const changed = links.filter(({ op, id }) => op === "change" && !fresh.has(id));
    const parts = changed.flatMap((change) => differences(change, nameOf).slice(0, 2).map((part) => [change, part]));
    if (parts.length) clauses.push(["set ", code(linkName(parts[0][0])), ` ${parts[0][1]}`]);
  }
  return clauses;
}

function byDocker(changes, containerOf) {
  const links = changes.filter(({ what }) => what === "link");
  const moved = links.find((change) => change.op !== "remove" && containerOf(change));
  if (moved) {
    const named = links.findLast((change) => change.id === moved.id && change.value?.name) ?? moved;
    return ["Docker then moved its end into ", el("strong", {}, shorten(containerOf(moved))), " as ", code(linkName(named))];
  }
  const back = links.find(({ op }) => op === "remove");
  return back ? ["Docker then took ", code(linkName(back)), " back"] : null;
}

const join = (clauses) => clauses.flatMap((clause, index) => {
  if (index === 0) return clause;
  return [index === clauses.length - 1 ? " and " : ", ", ...clause];
});

/** The caption's nodes. `nameOf(linkId)` names a link, `containerOf(change)` the container that a change was in. */
export function sentence(call, { about, nameOf, containerOf }) {
  const { method } = splitRoute(call.route);
  const head = [`Call ${call.number} · `, el("strong", {}, method), about.length ? ` (${about.map((name) => shorten(name)).join(" · ")}) ` : " "];
  if (call.held) return [...head, call.held === "answer" ? "is done, and its answer is held." : "is held before its handler."];
  if (call.state === "running") return [...head, "is with the handler now."];
  if (call.state === "lost") return [...head, "was never answered: the plugin ended before."];
  if (!call.whole) return [...head, call.gone ? "is kept by its row alone." : "…"];
  const wrong = trouble(call);
  const clauses = byHandler(call.changes.filter(({ by }) => by !== "docker"), nameOf);
  const after = byDocker(call.changes.filter(({ by }) => by === "docker"), containerOf);
  const did = clauses.length ? join(clauses) : (SAYS[call.route] ?? nothing)(call);
  if (wrong) {
    const failed = ["failed: ", el("span", { class: "trouble" }, wrong.replace(/^Err: /, "")), "."];
    return clauses.length ? [...head, ...did, ", then ", ...failed] : [...head, ...failed];
  }
  return [...head, ...did, ...(after ? ["; ", ...after] : []), "."];
}
