// The table of Docker's plugin API, as the server tells it: what a field means, and what Docker makes of an error.

let asked = null;
let table = null;

/** Have the table; asked for once, and again if that failed. */
export function load() {
  asked ??= fetch("/api/protocol").then((response) => {
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response.json();
  }).then((told) => {
    table = told;
    return told;
  }).catch((error) => {
    asked = null;
    throw error;
  });
  return asked;
}

const anyCase = (body, key) => Object.keys(body).find((name) => name.toLowerCase() === key.toLowerCase());

/**
 * What a field means: `{name, type, meaning, since, required}`, or null if nobody knows. `side` is "request" or "answer",
 * `path` are the keys that lead to it, without the places in lists. Docker does not mind the letter case in answers.
 */
export function explain(route, side, path) {
  const told = table?.routes[route];
  if (!told) return null;
  if (side === "answer" && path.length === 1 && path[0].toLowerCase() === told.error.toLowerCase()) {
    return { name: told.error, type: "string", meaning: `Why it failed. ${told.on_error}`, since: "", required: false };
  }
  let body = told[side];
  let found = null;
  for (const [depth, key] of path.entries()) {
    if (!body) return null;
    const label = depth === 1 && path[0] === "Options" && table.labels.find((each) => each.key === key && each.routes.includes(told.name));
    const name = side === "answer" ? anyCase(body, key) : key;
    found = label ? { ...label, name: key, required: false } : Object.hasOwn(body, name) ? { ...body[name], name } : null;
    if (!found) return null;
    body = key === "Options" && depth === 0 ? {} : table.parts[found.part] ?? null;
  }
  return found;
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/**
 * What Docker's command line showed of a failed call: `{text, note}`; an empty text if Docker only logs it. Null: nothing
 * failed, or nobody knows. `names` has `container` and `network`, `version` is Docker's, as far as it is known.
 */
export function shownByDocker(call, names, version) {
  const told = table?.routes[call.route];
  if (!told || call.state !== "failed") return null;
  const [said, status] = [call.error ?? String(call.status), call.status ?? 200];
  const outcome = told.told;
  const isOld = version && outcome.until && Number.parseFloat(version) <= Number.parseFloat(outcome.until);
  if (!outcome.text || (version && outcome.until && !isOld)) return { text: "", note: told.on_error };
  const isGateway = call.route === "IpamDriver.RequestAddress" && call.request?.Options?.RequestAddressType;
  const failure = fill(status === 200 ? outcome.failure : outcome.failure_by_status, { route: call.route, said });
  const values = {
    failure, ...names, endpoint: call.endpoint ?? "", volume: call.volume, place: "", address: call.request?.Address ?? "",
  };
  const { text: before, since } = table.setting_up;
  const isStarting = outcome.starting && !isGateway;
  const isNew = version && Number.parseFloat(version) >= Number.parseFloat(since);
  const text = `${table.prefix}${isStarting && isNew ? before : ""}${fill(isGateway ? table.gateway : outcome.text, values)}`;
  const notes = [
    !isGateway && outcome.note,
    isStarting && isNew && `So when a container starts; for \`docker network connect\` without \`${before.trim()}\`.`,
    isStarting && !version && `Docker ${since} says \`${before.trim()}\` before it when a container starts.`,
    outcome.until && !version && `Later versions than ${outcome.until} only log it.`,
  ];
  return { text, note: notes.filter(Boolean).join(" ") };
}
