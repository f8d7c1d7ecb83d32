// The editor's panel: for those who have no editor of their own. It saves to the same file that they would.
import { el } from "../dom.js";
import { Refused, ask } from "./api.js";
import { LearnersFile } from "./files.js";
import { basename, question } from "./words.js";

const SETTLE = 400; // milliseconds after the last key until a draft is kept
const NOTED = 4000; // milliseconds that a note stays

/** The panel. `on` has `opened(isOpen)`, `unsaved(isSo)` and `refused(text)`. */
export class Editor {
  #files = new Map(); // by path, those of other exercises too: what was not saved there waits
  #current = null;
  #names = [];
  #main = null; // the file that is worked on, of several
  #findings = [];
  #code = null;
  #turn = Promise.resolve(); // reading and saving take turns
  #compares = true; // whether a difference is to be shown in the text
  #compared = null; // with what it is compared there now
  #timer = null;
  #noted = null;

  constructor(places, on) {
    Object.assign(this, { places, on });
    places.save.addEventListener("click", () => this.save());
    places.over.addEventListener("click", () => this.#startOver());
    places.close.addEventListener("click", () => this.close());
    places.theirs.addEventListener("click", () => this.#takeTheirs());
    places.mine.addEventListener("click", () => this.#keepMine());
    places.show.addEventListener("click", () => {
      this.#compares = !this.#compares;
      this.#tell();
    });
    places.panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      this.close();
    });
    addEventListener("beforeunload", (event) => this.#isUnsaved() && event.preventDefault());
    addEventListener("pagehide", () => this.#current?.keep());
    addEventListener("focus", () => this.check());
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "s" || !this.isOpen) return;
      event.preventDefault();
      if (!event.target.closest?.(".cm-editor")) this.save();
    });
  }

  get isOpen() {
    return !this.places.panel.hidden;
  }

  /** The exercise's files, `[{name, path}]`, and the name of the one that is worked on. */
  setFiles(files, name) {
    const paths = files.map(({ path }) => path);
    const main = files.find((file) => file.name === name)?.path ?? paths[0];
    const isOther = JSON.stringify(paths) !== JSON.stringify(this.#names);
    const goesOn = main !== this.#main && !this.#current?.isDirty; // what is typed here keeps one here
    this.#main = main;
    if (isOther) {
      this.#names = paths;
      for (const { name: word, path } of files) if (!this.#files.has(path)) this.#files.set(path, new LearnersFile(path, word));
      for (const file of this.#files.values()) if (!paths.includes(file.path)) file.theirs = null;
    }
    if (this.isOpen && (isOther || goesOn)) this.#choose(this.#files.get(main));
    else if (isOther) this.#leave();
  }

  /** The newest verdict's findings; lines of the open file are marked. */
  setFindings(findings) {
    this.#findings = findings;
    this.#mark();
  }

  /** Open the panel with a file (its name or path; default: the one that is worked on), the cursor on a line. */
  async open(name = null, line = null) {
    if (!this.#names.length) return;
    const wanted = this.#names.find((path) => path === name || basename(path) === basename(name));
    this.places.panel.hidden = false;
    this.on.opened(true);
    try {
      await this.#load();
    } catch {
      this.close();
      this.on.refused("The editor could not be loaded. Reload the page to try again.");
      return;
    }
    await this.#choose(this.#files.get(wanted ?? this.#main));
    if (line) this.#code.goTo(line);
    this.#code.focus();
  }

  /** Close the panel; what is not saved stays in it. */
  close() {
    if (this.places.panel.contains(document.activeElement)) document.activeElement.blur();
    this.places.panel.hidden = true;
    this.on.opened(false);
  }

  /** See whether the file is still what it was. */
  check() {
    if (!this.isOpen || !this.#current) return this.#turn;
    return this.#take(async (file) => this.#read(file));
  }

  save() {
    if (!this.#current?.isRead) return this.#turn;
    return this.#take(async (file) => {
      if (file.theirs) {
        this.places.theirs.focus();
        return;
      }
      if (file.isDirty) await this.#write(file);
      else this.#note("nothing to save");
    });
  }

  async #load() {
    if (this.#code) return;
    const { CodeView } = await import("./codemirror.js");
    this.#code = new CodeView(this.places.room, {
      change: () => this.#changed(),
      save: () => this.save(),
      leave: () => this.places.close.focus(),
    });
  }

  /** Do something with the current file once all before it is done; what is refused is said. */
  #take(act) {
    const file = this.#current;
    this.#turn = this.#turn.then(() => act(file)).catch((error) => {
      if (!(error instanceof Refused)) throw error;
      this.on.refused(error.message);
    }).finally(() => this.#tell());
    return this.#turn;
  }

  async #choose(file) {
    if (this.#current !== file) {
      this.#leave();
      this.#current = file;
      this.#code?.view.setState(file.state ?? this.#code.state(""));
    }
    await this.#take((one) => this.#read(one));
  }

  #leave() {
    this.#compare(null);
    if (this.#current && this.#code && this.#current.isRead) this.#current.state = this.#code.view.state;
    this.#current?.keep();
    this.#current = null;
  }

  async #read(file) {
    const answer = await ask(`/file?name=${encodeURIComponent(file.name)}`);
    if (!this.#names.includes(file.path)) return; // another exercise is open by now
    this.#came(file, file.take(answer));
  }

  /** Show what has come of reading a file. */
  #came(file, came) {
    if (file !== this.#current) return;
    if (came === "first" || !file.state) {
      file.state = this.#code.state(file.text);
      this.#code.view.setState(file.state);
    } else if (came === "taken") {
      this.#code.replace(file.text);
      this.#note("read again: it was changed outside of this page");
    }
    this.#mark();
  }

  async #write(file) {
    const { text } = file;
    try {
      const answer = await ask("/file", { name: file.name, text: file.written, version: file.version }, "PUT");
      if (answer.version === undefined) await this.#read(file);
      else file.saved(text, answer.version);
      this.#note("saved");
    } catch (error) {
      if (!(error instanceof Refused) || error.data.text === undefined) throw error;
      this.#came(file, file.take(error.data));
    }
  }

  #takeTheirs() {
    const file = this.#current;
    if (!file?.theirs) return;
    file.accept();
    this.#code.replace(file.base);
    this.#note("theirs; Undo brings yours back");
    this.#code.focus();
    this.#tell();
  }

  #keepMine() {
    const file = this.#current;
    if (!file?.theirs) return;
    const mine = file.text;
    const { text } = file.theirs;
    file.accept();
    this.#code.replace(text); // so that Undo can bring theirs back too
    this.#code.replace(mine);
    this.#code.focus();
    this.save();
  }

  async #startOver() {
    const sure = await question(`${this.#current?.name ?? "The file"} becomes the stub again. A copy of yours is kept.`, "Start over", "Go on with mine");
    if (!sure) return;
    this.#take(async (file) => {
      const { backup } = await ask("/reset", { name: file.name });
      await this.#read(file);
      if (file.theirs) {
        file.accept();
        this.#code.replace(file.base);
      }
      this.#note(backup ? `the stub again; yours is kept as ${backup}` : "the stub again");
    });
  }

  #changed() {
    const file = this.#current;
    if (!file?.isRead) return;
    file.text = this.#code.text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => file.keep(), SETTLE);
    this.#tell();
  }

  #isUnsaved() {
    return [...this.#files.values()].some((file) => file.isDirty);
  }

  #note(text) {
    clearTimeout(this.#noted?.timer);
    this.#noted = { text, timer: setTimeout(() => { this.#noted = null; this.#tell(); }, NOTED) };
    this.#tell();
  }

  #mark() {
    if (!this.#code || !this.#current?.isRead) return;
    const here = this.#findings.filter(({ file, line }) => line && (file === this.#current.path || basename(file) === this.#current.name));
    this.#code.mark(here.map(({ line, title }, index) => ({ line, title, severe: index === 0 })));
  }

  /** Write on the panel how things are. */
  #tell() {
    const file = this.#current;
    const { places } = this;
    this.on.unsaved(this.#isUnsaved());
    if (!file) return;
    places.files.replaceChildren(...this.#names.map((path) => {
      const one = this.#files.get(path);
      return el("button", {
        type: "button",
        class: "file",
        title: path,
        "aria-pressed": String(one === file),
        on: { click: () => this.#choose(one).then(() => this.#code.focus()) },
      }, one.name, one.isDirty ? el("span", { class: "dirty", title: "not saved" }, " ●") : null);
    }));
    const word = file.theirs ? "two versions" : file.isDirty ? "not saved" : this.#noted?.text ?? "as on disk";
    places.state.textContent = word;
    places.state.title = word;
    places.state.dataset.state = file.theirs ? "parted" : file.isDirty ? "dirty" : "clean";
    places.conflict.hidden = !file.theirs;
    const how = this.#compares ? " Struck out is theirs, green is yours." : "";
    if (file.theirs) places.word.textContent = `${file.name} was changed outside of this page while you were editing it here.${how}`;
    places.show.setAttribute("aria-pressed", String(this.#compares));
    this.#compare(file.theirs && this.#compares ? file.theirs.text : null);
  }

  #compare(other) {
    if (!this.#code || other === this.#compared) return;
    this.#compared = other;
    this.#code.compare(other);
  }
}
