// Step mode in words: what a rule is about, what the reference driver would do, how long a call has waited.
import { splitRoute } from "../rows.js";
import { el } from "../dom.js";

const code = (text) => el("code", {}, text);
const spaced = (nodes) => nodes.filter((node) => node !== "" && node !== null && node !== undefined);

export const WHERE = { handler: "before the handler", answer: "before the answer" };

/** A text in which commands stand between backticks, as nodes. */
export const prose = (text) => text.split("`").map((part, index) => (index % 2 ? code(part) : part)).filter((part) => part !== "");

/** A route as one reads it: the method, with its interface where it is another than NetworkDriver. */
export function routeName(route) {
  const { method, interfaceName } = splitRoute(route);
  return interfaceName ? `${interfaceName}.${method}` : method;
}

/** What a rule says, in a few words. `nameOf(id)` names a network, `titleOf(fault)` a fault. */
export function ruleWords({ at, route, network, host, fault, once }, { nameOf, titleOf }) {
  const about = [route && routeName(route), network && nameOf(network), host && `host ${host}`].filter(Boolean);
  const named = about.join(" · ");
  const which = once ? `next ${named || "call"}` : named || "all calls";
  return fault ? `${titleOf(fault)}: ${which}` : `Hold ${which}, ${WHERE[at]}`;
}

const to = (addresses) => (addresses?.length ? [" with ", code(addresses.join(", "))] : []);
const on = (name) => (name ? [" on ", code(name)] : []);
const inside = ({ prefix, addresses = [], gateways = [] }) => [
  " into the container, as ", code(`${prefix}…`), ...to(addresses), ...(gateways.length ? [", gateway ", code(gateways.join(", "))] : []),
];

const PARTS = {
  "add bridge": ({ name, addresses }) => ["make the bridge ", code(name), ...to(addresses)],
  "add tunnel": ({ name, on: bridge }) => ["make the tunnel ", code(name), ...on(bridge)],
  "add dummy": ({ name }) => ["make the link ", code(name), ", which leads nowhere, as the parent"],
  "add pair": ({ name, peer, on: bridge }) => ["make the pair ", code(name), " and ", code(peer), ...(bridge ? [", the first", ...on(bridge)] : [])],
  "add link": ({ name, on: parent }) => ["make the link ", code(name), ...on(parent)],
  "move link": (part) => ["tell Docker to move ", code(part.name), ...inside(part)],
  "back link": ({ name }) => ["let Docker take the link back, as ", code(name)],
  "remove bridge": ({ name }) => ["remove the bridge ", code(name)],
  "remove tunnel": ({ name }) => ["remove the tunnel ", code(name)],
  "remove dummy": ({ name }) => ["remove the parent ", code(name)],
  "remove pair": ({ name }) => ["remove the pair of ", code(name)],
  "remove link": ({ name }) => ["remove the link ", code(name)],
};

/** What the reference driver would do, as nodes; one list for each part that can be told. */
export const planWords = (plan) => plan.map((part) => PARTS[`${part.op} ${part.what}`]?.(part)).filter(Boolean).map(spaced);

/** Whole seconds as a person reads them: `12 s`, `2:05 min`. */
export function seconds(number) {
  const whole = Math.max(0, Math.floor(number));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}
