// The learner's files as the page knows them: what is on disk, what is in the editor, and whether they have parted.

const DRAFT = "workshop-draft ";

/** What the file says, in the editor's line ends. */
const plain = (text) => text.replace(/\r\n?/g, "\n");

/** One file. `base` is its text on disk as far as the page knows, `text` what the learner has, `theirs` what is on disk
 *  instead of what the learner began with (null: nothing). A draft is kept for this tab until it is saved. */
export class LearnersFile {
  constructor(path, name) {
    Object.assign(this, { path, name, base: null, text: null, version: null, theirs: null, crlf: false, state: null });
  }

  get isRead() {
    return this.base !== null;
  }

  get isDirty() {
    return this.isRead && this.text !== this.base;
  }

  /** Take what was read from disk. Says what has come of it: "same", "first", "taken" or "parted". */
  take({ text, version }) {
    const read = plain(text);
    if (this.isRead && version === this.version) {
      this.theirs = null;
      return "same";
    }
    if (!this.isRead) return this.#first(text, read, version);
    if (!this.isDirty || this.text === read) {
      const isSame = this.text === read;
      this.#settle(text, read, version);
      this.text = read;
      this.keep();
      return isSame ? "same" : "taken";
    }
    this.theirs = { raw: text, text: read, version };
    return "parted";
  }

  #first(raw, read, version) {
    this.#settle(raw, read, version);
    this.text = read;
    const draft = this.#draft();
    if (!draft || draft.text === read) return "first";
    this.text = draft.text;
    if (draft.base === read) return "first";
    this.base = draft.base; // the learner began with another text than is there now
    this.version = null;
    this.theirs = { raw, text: read, version };
    return "parted";
  }

  #settle(raw, read, version) {
    Object.assign(this, { base: read, version, theirs: null, crlf: /\r\n/.test(raw) && !/(^|[^\r])\n/.test(raw) });
  }

  /** What is to be written, in the line ends that the file has. */
  get written() {
    return this.crlf ? this.text.replaceAll("\n", "\r\n") : this.text;
  }

  /** `text` is on disk now. */
  saved(text, version) {
    Object.assign(this, { base: text, version, theirs: null });
    this.keep();
  }

  /** Go on from what is on disk: it is what the learner's text is compared with, and what a save replaces. */
  accept() {
    const { raw, text, version } = this.theirs;
    this.#settle(raw, text, version);
    this.keep();
  }

  /** Keep the draft for this tab, or forget it where there is nothing to lose. */
  keep() {
    try {
      if (this.isDirty) sessionStorage.setItem(DRAFT + this.path, JSON.stringify({ base: this.base, text: this.text }));
      else sessionStorage.removeItem(DRAFT + this.path);
    } catch {
      // the tab's memory is full; leaving the page asks first
    }
  }

  #draft() {
    try {
      return JSON.parse(sessionStorage.getItem(DRAFT + this.path));
    } catch {
      return null;
    }
  }
}
