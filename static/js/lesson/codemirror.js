// CodeMirror as the page uses it: Python, the page's colours, the finding's line marked, a difference in the text.
import { completionStatus } from "@codemirror/autocomplete";
import { indentWithTab, isolateHistory } from "@codemirror/commands";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { python } from "@codemirror/lang-python";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import { searchPanelOpen } from "@codemirror/search";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.self], color: "var(--blue)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--green)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--vermilion)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.definition(tags.className)], fontWeight: "600" },
  { tag: tags.invalid, color: "var(--vermilion)", textDecoration: "underline" },
]);

const THEME = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--ground)", fontSize: "0.92em" },
  "&.cm-focused": { outline: "none" }, // the room around it shows the focus
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--quiet)", color: "var(--soft)", border: "0" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--blue-ground) 55%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--blue-ground)", color: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--blue) 28%, transparent)",
  },
  ".cm-selectionMatch": { backgroundColor: "color-mix(in srgb, var(--edge) 30%, transparent)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--blue-ground)", outline: "1px solid var(--blue)" },
  ".cm-panels, .cm-tooltip": { backgroundColor: "var(--quiet)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--blue)", color: "var(--ground)" },
  ".cm-textfield": { backgroundColor: "var(--ground)", borderColor: "var(--edge)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--ground)", borderColor: "var(--edge)", color: "var(--text)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--quiet)", borderColor: "var(--line)", color: "var(--soft)" },
  // signs as text: its own are pictures inside of the style, which the page's policy does not let in
  ".cm-lint-marker": { width: "1em", height: "auto", cursor: "help" },
  ".cm-lint-marker-error, .cm-lint-marker-warning, .cm-lint-marker-info": { content: "normal" },
  ".cm-lint-marker-error::before": { content: '"✕"', color: "var(--vermilion)", fontWeight: "700" },
  ".cm-lint-marker-warning::before": { content: '"!"', color: "var(--vermilion)" },
  ".cm-lintRange-error, .cm-lintRange-warning": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--vermilion) 1.5px",
    textUnderlineOffset: "3px",
  },
  ".cm-lintRange-active": { backgroundColor: "var(--vermilion-ground)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--vermilion)" },
  ".cm-diagnostic": { whiteSpace: "pre-wrap", maxWidth: "40em" },
  "&.cm-merge-b .cm-changedLineGutter": { backgroundColor: "var(--green)" },
  ".cm-deletedLineGutter": { backgroundColor: "var(--vermilion)" },
  ".cm-changedLine": { backgroundColor: "var(--green-ground) !important" },
  ".cm-changedText": { background: "none !important", textDecoration: "underline" },
  ".cm-deletedChunk": { backgroundColor: "var(--vermilion-ground) !important", color: "var(--text)", paddingLeft: "6px" },
  ".cm-deletedChunk .cm-deletedText": { background: "none !important", textDecoration: "line-through" },
});

/** Whether something is open in the editor that Escape closes: proposals, the search, several cursors. */
const wantsEscape = (state) => completionStatus(state) === "active" || searchPanelOpen(state) || state.selection.ranges.length > 1;

/** How much of two texts is the same from their start, and from their end. */
function common(one, other) {
  const most = Math.min(one.length, other.length);
  let start = 0;
  while (start < most && one[start] === other[start]) start += 1;
  let end = 0;
  while (end < most - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  return [start, end];
}

/** One view, into which states of several files can be put. `on` has `change()`, `save()` and `leave()`. */
export class CodeView {
  #difference = new Compartment();

  constructor(room, on) {
    const nonce = document.getElementById("codemirror").nonce;
    this.extensions = [
      EditorView.cspNonce.of(nonce),
      Prec.highest(keymap.of([
        { key: "Mod-s", run: () => on.save() || true },
        { key: "Escape", run: ({ state }) => !wantsEscape(state) && (on.leave() || true) },
      ])),
      basicSetup,
      keymap.of([indentWithTab]),
      python(),
      indentUnit.of("    "),
      EditorState.tabSize.of(4),
      syntaxHighlighting(COLOURS),
      THEME,
      lintGutter(),
      this.#difference.of([]),
      EditorView.contentAttributes.of({ "aria-label": "The file's text. Escape leaves the editor." }),
      EditorView.updateListener.of((update) => update.docChanged && on.change()),
    ];
    this.view = new EditorView({ parent: room, state: this.state("") });
  }

  /** A new state with a text, its history empty. */
  state(text) {
    return EditorState.create({ doc: text, extensions: this.extensions });
  }

  get text() {
    return this.view.state.doc.toString();
  }

  focus() {
    this.view.focus();
  }

  /** Replace the text by another, as one step that can be undone; the cursor stays where it was as far as it can. */
  replace(text) {
    const old = this.text;
    const [start, end] = common(old, text);
    if (old === text) return;
    this.view.dispatch({
      changes: { from: start, to: old.length - end, insert: text.slice(start, text.length - end) },
      annotations: isolateHistory.of("full"),
    });
  }

  /** Mark lines: `[{line, title, severe}]`; those that the text does not have are left out. */
  mark(places) {
    const { doc } = this.view.state;
    const marks = places.filter(({ line }) => line >= 1 && line <= doc.lines).map(({ line, title, severe }) => {
      const { from, to, text } = doc.line(line);
      return { from: from + text.length - text.trimStart().length, to, severity: severe ? "error" : "warning", message: title };
    });
    this.view.dispatch(setDiagnostics(this.view.state, marks));
  }

  /** Put the cursor on a line, in the middle of what one sees. */
  goTo(line) {
    const { doc } = this.view.state;
    const { from, text } = doc.line(Math.min(Math.max(1, line), doc.lines));
    const anchor = from + text.length - text.trimStart().length;
    this.view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
  }

  /** Show how the text differs from `other`, or no more (null). */
  compare(other) {
    const extension = other === null ? [] : unifiedMergeView({ original: other, mergeControls: false, highlightChanges: true, gutter: true });
    this.view.dispatch({ effects: this.#difference.reconfigure(extension) });
  }
}
