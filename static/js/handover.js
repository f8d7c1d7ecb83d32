// What Docker did with a call's answer: moved the link into its container, renamed it, gave it addresses and routes.
import { el, shorten } from "./dom.js";

const code = (text) => el("code", {}, text);
const strong = (text) => el("strong", {}, shorten(text));
const lastOf = (changes, test) => changes.findLast(test);

/** Whether two changes are of one link: the same pair, or the same endpoint, from one namespace to another. */
const isSameLink = (gone, come) => {
  const [was, is] = [gone.was, come.value];
  if (!was || !is || gone.namespace === come.namespace) return false;
  return was.index === is.index || (was.endpoint && was.endpoint === is.endpoint) || (was.peer && was.peer === is.peer);
};

/** The steps, each a list of nodes, in the order in which Docker takes them. `placeOf(change)` names a container; `joined`
 *  is the one that the call is about, if it was for it that a link was moved. */
export function steps(changes, placeOf, joined) {
  const mine = changes.filter(({ by }) => by === "docker");
  const links = mine.filter(({ what }) => what === "link");
  const found = [];
  const gone = links.filter(({ op }) => op === "remove");
  for (const come of links.filter(({ op }) => op === "add")) {
    const from = gone.find((each) => isSameLink(each, come));
    const last = lastOf(links, ({ id, value }) => id === come.id && value) ?? come;
    const place = placeOf(come) ?? joined;
    if (from) {
      found.push(["moved ", code(from.was.name), place ? [" into ", strong(place)] : " to the host"].flat());
      if (from.was.name !== last.value.name) found.push(["renamed it to ", code(last.value.name)]);
    } else found.push(["made ", code(last.value.name), ...(place ? [" in ", strong(place)] : [])]);
    if (last.value.addresses?.length) found.push(["gave it ", ...last.value.addresses.flatMap((each, index) => [index ? ", " : "", code(each)])]);
    if (last.value.state !== "down") found.push(["set it up"]);
  }
  for (const each of gone) {
    if (!links.some((come) => come.op === "add" && isSameLink(each, come))) found.push(["removed ", code(each.was?.name ?? each.id)]);
  }
  for (const { op, value, was } of mine.filter(({ what }) => what === "route")) {
    const { dst, gateway } = value ?? was ?? {};
    if (op === "change") continue;
    found.push([op === "add" ? "added the route " : "removed the route ", code(dst || "default"), ...(gateway ? [" via ", code(gateway)] : [])]);
  }
  return found;
}
