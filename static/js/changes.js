// What changed in the network, in words. Changes come as the contract's `topology` events have them.

const WORDS = { add: "made", change: "changed", remove: "removed" };
const SIGNS = { add: "+", change: "~", remove: "−" };
const DESCRIBED = ["state", "master", "mac", "mtu", "name"];

/** The link's own facts in a change, whichever side of it has them. */
const facts = (change) => change.value ?? change.was ?? {};

const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** What a change did to a link, as short parts: `state up`, `+ 10.9.0.1/24`, `master wsb-1`. */
export function differences({ op, value, was }, nameOf) {
  if (op !== "change" || !value || !was) return [];
  const parts = [];
  for (const key of DESCRIBED) {
    if (key in value && !same(value[key], was[key])) {
      const shown = key === "master" ? (value.master ? nameOf(value.master) : "none") : value[key];
      parts.push(`${key} ${shown ?? "none"}`);
    }
  }
  const own = Object.entries(value.info ?? {}).filter(([key, one]) => !same(one, was.info?.[key]));
  parts.push(...own.map(([key, one]) => `${key} ${one}`));
  if ("peer" in value && !same(value.peer, was.peer)) parts.push(value.peer ? "its other end moved" : "its other end went");
  const before = new Set(was.addresses ?? []);
  const after = new Set(value.addresses ?? []);
  if ("addresses" in value) {
    parts.push(...[...after].filter((address) => !before.has(address)).map((address) => `+ ${address}`));
    parts.push(...[...before].filter((address) => !after.has(address)).map((address) => `− ${address}`));
  }
  return parts;
}

function describe(change, nameOf) {
  const { what, op } = change;
  const it = facts(change);
  if (what === "link") {
    const more = op === "change"
      ? differences(change, nameOf)
      : [it.kind, it.state, it.mac, ...(it.addresses ?? [])].filter(Boolean);
    return { name: it.name ?? change.id ?? "", text: more.join(", ") };
  }
  if (what === "route") {
    return { name: it.dst || "default", text: it.gateway ? `via ${it.gateway}` : "" };
  }
  if (what === "neighbour") return { name: it.address ?? "", text: [it.mac, it.state].filter(Boolean).join(" ") };
  if (what === "fdb") return { name: it.mac ?? "", text: [it.dst && `at ${it.dst}`, it.state].filter(Boolean).join(", ") };
  return { name: it.name ?? change.id ?? "", text: "" };
}

/** One change as `{sign, word, what, name, text, where, by}`. */
export function tell(change, nameOf) {
  const where = [change.host, facts(change).container?.name].filter(Boolean).join(" · ");
  return {
    sign: SIGNS[change.op] ?? "?",
    word: WORDS[change.op] ?? change.op,
    op: change.op,
    what: change.what,
    where,
    by: change.by,
    ...describe(change, nameOf),
  };
}

/** The IDs of the links and namespaces that a call made, changed or removed. */
export function touchedBy(call) {
  const here = call.changes.filter(({ what }) => what === "link" || what === "namespace");
  return new Set(here.map((change) => change.id ?? facts(change).id));
}
