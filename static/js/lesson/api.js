// What the page asks and commands of the exercise: docs/course.md has the table.

const SILENT = "The workshop does not answer. Try again once the page says that it is live.";

/** What was refused: its message is one sentence for a person, `data` what else the answer said. */
export class Refused extends Error {
  constructor(status, data) {
    super(data.error || `The workshop answered with status ${status}.`);
    this.status = status;
    this.data = data;
  }
}

/** Ask `/api/lesson` + `path`; with `body` by POST (or `method`). Gives the JSON, or throws `Refused`. */
export async function ask(path, body, method = body === undefined ? "GET" : "POST") {
  const headers = { "X-Workshop-Token": sessionStorage.getItem("workshop-token") ?? "" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  let data;
  try {
    answer = await fetch(`/api/lesson${path}`, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
    data = await answer.json();
  } catch {
    throw new Refused(answer?.status ?? 0, { error: SILENT });
  }
  if (!answer.ok) throw new Refused(answer.status, data);
  return data;
}
