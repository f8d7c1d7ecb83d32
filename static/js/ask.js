// Asking the server for something, and commanding it: with the session's token, and again where a browser broke it off.

const KEY = "workshop-token";
const SILENT = "The workshop does not answer. Try again once the page says that it is live.";
const PAUSES = [100, 300, 800, 1500]; // milliseconds before it is asked again

/** Take the session's token out of the address, where it comes once, and keep it for this tab. */
export function keepToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!given) return;
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, "", location.pathname + location.search);
}

/** The session's token; empty where this browser was not given it. */
export const token = () => sessionStorage.getItem(KEY) ?? "";

/** What was refused: its message is one sentence for a person, `data` what else the answer said. */
export class Refused extends Error {
  constructor(status, data) {
    super(data.error || `The workshop answered with status ${status}.`);
    this.status = status;
    this.data = data;
  }
}

/** Ask `address`; with `body` by POST (or `method`). Gives the JSON, or throws `Refused`.
 *
 *  A browser breaks off what is on its way when the machine's network changes, as when a container starts. It is asked
 *  again then, with the same word, by which the server knows what it has done already. */
export async function askAt(address, body, method = body === undefined ? "GET" : "POST") {
  const headers = { "X-Workshop-Token": token() };
  if (method !== "GET") headers["X-Workshop-Once"] = crypto.randomUUID();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const how = { method, headers, body: body && JSON.stringify(body), cache: "no-store" };
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await fetch(address, how);
      const data = await answer.json();
      if (answer.ok) return data;
      throw new Refused(answer.status, data);
    } catch (error) {
      if (error instanceof Refused) throw error;
      if (tries === PAUSES.length || !navigator.onLine) throw new Refused(0, { error: SILENT });
      await new Promise((resolve) => setTimeout(resolve, PAUSES[tries]));
    }
  }
}

/** A function that asks below `base`: `asker("/api/talk")("/next", {})`. */
export const asker = (base) => (path, ...how) => askAt(`${base}${path}`, ...how);
