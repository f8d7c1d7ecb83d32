// What the slides ask of the server, and the session's token, which only the presenter's browser has.

const KEY = "workshop-token";
const PAUSES = [100, 300, 800, 1500]; // milliseconds before it is asked again
const SILENT = "The slides' server does not answer. Try again once the page says that it is live.";

/** Take the token out of the address, where it comes once, and keep it for this tab. */
export function keepToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  sessionStorage.setItem(KEY, token);
  history.replaceState(null, "", location.pathname + location.search);
}

const token = () => sessionStorage.getItem(KEY) ?? "";

/** Whether this browser may move everybody's slides and run commands. */
export const mayLead = () => token() !== "";

/** Ask `/api/slides` + `path`, with `body` by POST. Gives the JSON, or throws an Error whose message is one sentence.
 *
 *  A browser breaks off what is on its way when the machine's network changes, as when a container starts. It is asked
 *  again then, with the same word, by which the server knows what it has done already. */
export async function ask(path, body) {
  const headers = { "X-Workshop-Token": token(), "Content-Type": "application/json", "X-Workshop-Once": crypto.randomUUID() };
  const how = body === undefined ? { cache: "no-store" } : { method: "POST", headers, body: JSON.stringify(body) };
  for (let tries = 0; ; tries += 1) {
    let answer;
    let data;
    try {
      answer = await fetch(`/api/slides${path}`, how);
      data = await answer.json();
    } catch {
      if (tries === PAUSES.length) throw new Error(SILENT);
      await new Promise((resolve) => setTimeout(resolve, PAUSES[tries]));
      continue;
    }
    if (answer.ok) return data;
    throw new Error(data.error || `The slides' server answered with status ${answer.status}.`);
  }
}
