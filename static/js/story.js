// The events folded into calls, names, lines and the last verdict: in the browser what workshop/dashboard/story.py is on the server.

const KEPT = { calls: 10_000, whole: 200, lines: 5_000, walks: 5 }; // of calls before the newest only what their rows say
const LONGEST_ERROR = 500;
const TABLES = ["networks", "endpoints", "containers"];
const SHORT = 12;

const newCall = (number) => ({
  number,
  whole: true, // whether it has all that it ever had: see archive.js
  state: "running",
  host: null, route: "", name: null, request: null, raw: null,
  network: null, endpoint: null, sandbox: null,
  started: null, finished: null,
  status: null, answer: null, error: null, duration_ms: null, waited_ms: null,
  held: null, held_ms: null, fault: null,
  commands: [], changes: [], output: [], streams: [],
  volume: "", printed: 0,
});

const fill = (call, data, names) => {
  for (const name of names) if (data[name] !== null && data[name] !== undefined) call[name] = data[name];
};

const LEARN = {
  "call.started"(call, { at, data }) {
    fill(call, data, ["host", "route", "name", "request", "raw", "network", "endpoint", "sandbox"]);
    call.started = at;
    const volume = call.route.startsWith("VolumeDriver.") && call.request?.Name;
    call.volume = typeof volume === "string" ? volume : "";
  },
  "call.finished"(call, { at, data }) {
    fill(call, data, ["route", "network", "endpoint"]);
    for (const name of ["status", "answer", "error", "duration_ms", "waited_ms", "held_ms", "fault"]) call[name] = data[name] ?? null;
    call.held = null;
    call.finished = at;
    call.state = call.error !== null || call.status >= 400 ? "failed" : "done";
  },
  "call.held"(call, { data }) {
    call.held = data.state === "held" ? data.where : null;
  },
  kernel(call, { at, data }) {
    call.commands.push({ at, ...data });
  },
  topology(call, { data }) {
    call.changes.push(...(data.changes ?? []).map((change) => ({ by: data.by, ...change })));
  },
  output(call, { data }) {
    call.output.push(String(data.text ?? ""));
    call.streams.push(data.stream || "stdout");
    call.printed += 1;
  },
};

/** Keep only the call's summary. One that is under way stays whole. */
function shorten(call) {
  if (call.whole && call.state === "running") return;
  const error = call.error?.slice(0, LONGEST_ERROR) ?? null;
  const nothing = { commands: [], changes: [], output: [], streams: [] };
  Object.assign(call, { whole: false, request: null, raw: null, answer: null, error, ...nothing });
}

const fromRow = (columns, row) => {
  const known = Object.fromEntries(columns.map((name, index) => [name, row[index]]));
  return { ...newCall(known.number), ...known, whole: false };
};

function lineOf({ seq, at, kind, call, data }) {
  if (kind === "notice") return { seq, at, level: data.level ?? "info", text: data.text ?? "" };
  if (kind === "docker" && data.did) return { seq, at, level: "did", text: data.did };
  if (kind === "output" && call === null) return { seq, at, level: "output", text: data.text ?? "" };
  if (kind === "walk") return { seq, at, level: "walk", text: data.summary ?? "" };
  if (kind === "verdict" && data.judging) return { seq, at, level: "attempt", text: `Attempt ${data.attempt}` };
  return null;
}

/** The lesson after a `verdict` event. Another exercise begins without a verdict. */
function judged(lesson, data) {
  const fresh = { exercise: data.exercise ?? null, judging: false, attempt: 0, verdict: null };
  if (data.opened) return fresh;
  const known = lesson.exercise === data.exercise ? lesson : fresh;
  const attempt = data.attempt || known.attempt;
  if (data.judging) return { ...known, judging: true, attempt };
  return "passed" in data ? { ...known, judging: false, attempt, verdict: data } : known;
}

const NOTHING_JUDGED = { exercise: null, judging: false, attempt: 0, verdict: null };

/** What has happened so far. `apply` takes events in order, exactly once each: see `last`. */
export class Story {
  static kept = KEPT;
  #order = []; // the calls' numbers, oldest first
  #sandboxes = new Map(); // a sandbox's path to the container's ID

  constructor() {
    this.reset({ seq: 0, calls: [], lines: [], names: {} });
  }

  /** Begin anew from a snapshot of the server. */
  reset({ seq, calls, older = { columns: [], rows: [] }, lines, names, lesson = NOTHING_JUDGED, walks = [] }) {
    this.last = seq;
    const all = [
      ...older.rows.map((row) => fromRow(older.columns, row)),
      ...calls.map((call) => ({ ...newCall(call.number), ...call })),
    ].sort((one, other) => one.number - other.number);
    this.calls = new Map(all.map((call) => [call.number, call]));
    this.#order = [...this.calls.keys()];
    this.hosts = new Set(all.map(({ host }) => host).filter(Boolean));
    this.lines = lines;
    this.lesson = lesson;
    this.walks = walks;
    this.names = Object.fromEntries(TABLES.map((table) => [table, { ...names[table] }]));
    this.#sandboxes.clear();
    for (const [id, entry] of Object.entries(this.names.containers)) this.#noteSandbox(id, entry);
  }

  /** Add one event; gives what it changed: `{call, line, names}`. Events must come without gaps. */
  apply(event) {
    if (event.seq !== this.last + 1) throw new Error(`event ${event.seq} after ${this.last}`);
    this.last = event.seq;
    if (event.kind === "walk") this.walks = [...this.walks, event.data].slice(-KEPT.walks);
    if (event.kind === "verdict") this.lesson = judged(this.lesson, event.data);
    return { call: this.#tell(event), line: this.#addLine(event), names: this.#learn(event) };
  }

  /** The newest call, or undefined. */
  get newest() {
    return this.calls.get(this.#order.at(-1));
  }

  networkName(id) {
    return this.names.networks[id]?.name || (id ?? "").slice(0, SHORT);
  }

  /** The name of the container that a call is about, or an empty string as long as nobody told it. */
  containerName({ endpoint, sandbox }) {
    const known = this.names.endpoints[endpoint];
    if (known?.name) return known.name;
    const containers = this.names.containers;
    if (known?.container && containers[known.container]) return containers[known.container].name ?? "";
    if (!sandbox) return "";
    return containers[this.#sandboxes.get(sandbox)]?.name ?? "";
  }

  /** What a call is about, for its row: names, or short IDs until they are known. */
  about(call) {
    const network = call.network ? this.networkName(call.network) : "";
    const container = this.containerName(call) || (call.endpoint ?? "").slice(0, SHORT);
    return [network, container, call.volume].filter(Boolean);
  }

  #tell(event) {
    const learn = LEARN[event.kind];
    if (event.call === null || !learn) return null;
    if (!this.calls.has(event.call)) {
      this.calls.set(event.call, newCall(event.call));
      this.#order.push(event.call);
      if (this.#order.length > KEPT.calls) this.calls.delete(this.#order.shift());
      const older = this.calls.get(this.#order.at(-1 - KEPT.whole));
      if (older) shorten(older);
    }
    const call = this.calls.get(event.call);
    learn(call, event);
    if (!call.whole) shorten(call);
    if (call.host) this.hosts.add(call.host);
    return call;
  }

  #addLine(event) {
    const line = lineOf(event);
    if (line) {
      this.lines.push(line);
      if (this.lines.length > KEPT.lines) this.lines.shift();
    }
    return line;
  }

  #noteSandbox(id, entry) {
    if (entry?.sandbox) this.#sandboxes.set(entry.sandbox, id);
  }

  #learn(event) {
    if (event.kind !== "docker") return false;
    for (const table of TABLES) {
      for (const [id, entry] of Object.entries(event.data[table] ?? {})) {
        if (!entry) continue;
        this.names[table][id] = entry;
        if (table === "containers") this.#noteSandbox(id, entry);
      }
    }
    return true;
  }
}
