"""How a call reads on a terminal: one block of styled text, in which nothing can do harm."""

from __future__ import annotations

import io
import json
import os
import re
import time
import unicodedata
from typing import TYPE_CHECKING, Any, TextIO

from workshop.journal.calls import SHORT, Call, Command, Names, State, short

if TYPE_CHECKING:
    from rich.text import Text

WIDTH = 100
"""JSON that is longer than this goes on several lines."""

LONGEST = 20_000
"""More characters than this of one JSON text are left out; the machine formats have them all."""

STATES = {
    State.RUNNING: ("running", "bold yellow"),
    State.DONE: ("done", "green"),
    State.FAILED: ("FAILED", "bold red"),
}
LEVELS = {"info": "cyan", "warning": "yellow", "error": "bold red"}
_PLAIN = str.maketrans({"…": "...", "·": "-"})
_LONG_ID = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{64}(?![0-9A-Za-z])")
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def harmless(text: str) -> str:
    r"""The text on one line, with everything that could steer a terminal written out, as in ``\u001b``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written_out(char) if unicodedata.category(char) in _UNSAFE else char for char in text)


def _written_out(char: str) -> str:
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(char)
    return known or (f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")


def pretty(value: Any, *ids: str | None) -> str:
    """A value as JSON for reading: short things on one line, long IDs (and ``ids``) cut to 12 digits."""
    known = [one for one in ids if one and len(one) > SHORT]
    text = "\n".join(harmless(line) for line in _laid_out(_shortened(value, known), "").split("\n"))
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… ({len(text) - LONGEST} more characters)"
    return text


def _shortened(value: Any, ids: list[str]) -> Any:
    """The value with every long ID cut, before it is laid out: what is shown decides what fits on a line."""
    if isinstance(value, str):
        for one in ids:
            value = value.replace(one, short(one) + "…")
        return _LONG_ID.sub(lambda match: short(match[0]) + "…", value)
    if isinstance(value, dict):
        return {_shortened(key, ids): _shortened(item, ids) for key, item in value.items()}
    return [_shortened(item, ids) for item in value] if isinstance(value, list) else value


def _laid_out(value: Any, indent: str) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + len(indent) <= WIDTH or not isinstance(value, (dict, list)) or not value:
        return flat
    deeper = indent + "  "
    if isinstance(value, dict):
        lines = [f"{json.dumps(key, ensure_ascii=False)}: {_laid_out(item, deeper)}" for key, item in value.items()]
        begin, end = "{", "}"
    else:
        lines = [_laid_out(item, deeper) for item in value]
        begin, end = "[", "]"
    return f"{begin}\n" + ",\n".join(deeper + line for line in lines) + f"\n{indent}{end}"


def clock(at: float | None) -> str:
    """The time of day, to the millisecond."""
    if at is None:
        return "--:--:--.---"
    seconds, milliseconds = divmod(round(at * 1000), 1000)
    return time.strftime("%H:%M:%S", time.localtime(seconds)) + f".{milliseconds:03d}"


def took(milliseconds: float | None) -> str:
    """A duration for reading: ``0.40 ms``, ``12 ms``, ``3.2 s``."""
    if milliseconds is None:
        return ""
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.1f} s"
    return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.2f} ms"


def heading(call: Call, names: Names) -> Text:
    """One line: when, which call, about what, how it went."""
    from rich.text import Text

    line = Text()
    line.append(f"{clock(call.started or call.finished)} ", "dim")
    line.append(f"#{call.number} ", "bold")
    line.append(harmless(call.route) or "(its beginning is no longer kept)", "bold cyan")
    for word, name in subjects(call, names):
        line.append(f"  {word} ", "dim").append(harmless(name), "magenta")
    state, style = STATES[call.state]
    line.append("  ").append(state, style)
    if call.state is State.FAILED and call.status is not None:
        line.append(f" (status {call.status})", style)
    if call.duration_ms is not None:
        line.append(f" in {took(call.duration_ms)}")
    if call.waited_ms and call.waited_ms >= 0.1:
        line.append(f", after waiting {took(call.waited_ms)}", "dim")
    if call.held_ms:
        line.append(f", held for {took(call.held_ms)}", "dim")
    if call.fault:
        line.append(f"  fault {harmless(call.fault)}", "yellow")
    return line


def subjects(call: Call, names: Names) -> list[tuple[str, str]]:
    """What the call is about, by short names: ``[("network", "n1"), ("container", "c1")]``."""
    found = []
    if call.network:
        found.append(("network", names.name_of_network(call.network)))
    container = names.container_of(call.endpoint, call.sandbox)
    if container:
        found.append(("container", container))
    elif call.endpoint:
        found.append(("endpoint", short(call.endpoint)))
    if call.volume:
        found.append(("volume", call.volume))
    if call.host:
        found.append(("host", call.host))
    return found


def block(call: Call, names: Names) -> Text:
    """The whole call: heading, request, what the kernel was told, what the handler printed, answer, error."""
    from rich.text import Text

    ids = (call.network, call.endpoint)
    parts = [heading(call, names)]
    if call.request is not None:
        parts.append(_field("request", _json(call.request, *ids)))
    elif call.raw is not None:
        parts.append(_field("request", Text(f"no JSON object: {harmless(call.raw[:LONGEST])}", "yellow")))
    parts.extend(command_line(command) for command in call.commands)
    for text in call.output:
        parts.extend(_field("printed", Text(harmless(line))) for line in text.splitlines())
    if call.error is not None:
        parts.append(_field("ERROR", Text(harmless(call.error), "red"), "bold red"))
    if call.answer is not None:
        parts.append(_field("answer", _json(call.answer, *ids)))
    return Text("\n").join(parts)


def command_line(command: Command) -> Text:
    """What the kernel was told, as the command that does the same, and its error if it failed."""
    from rich.text import Text

    line = Text().append("    $ ", "dim").append(harmless(command.command), "red" if command.error else "bold")
    if command.duration_ms is not None:
        line.append(f"   {took(command.duration_ms)}", "dim")
    if command.error:
        line.append("\n      failed: ", "bold red").append(harmless(command.error), "red")
    return line


def _field(word: str, value: Text, style: str = "dim") -> Text:
    from rich.text import Text

    lead = f"    {word:<8} "
    text = Text().append(lead, style)
    lines = value.split("\n", allow_blank=True)
    for index, line in enumerate(lines):
        if index:
            text.append("\n" + " " * len(lead))
        text.append(line)
    return text


def _json(value: Any, *ids: str | None) -> Text:
    from rich.highlighter import JSONHighlighter
    from rich.text import Text

    text = Text(pretty(value, *ids))
    JSONHighlighter().highlight(text)
    return text


def use_color(stream: TextIO) -> bool:
    """Whether a stream is a terminal that shows colours, and its user has nothing against them (NO_COLOR)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False


def rendered(text: Text, stream: TextIO, color: bool) -> str:
    """The text as it is written to a stream: never wrapped, in what the stream can encode."""
    from rich.console import Console

    page = io.StringIO()
    console = Console(
        file=page,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        legacy_windows=False,
        emoji=False,
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    console.print(text)
    written = page.getvalue()
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        written.encode(encoding)
    except UnicodeEncodeError:
        return written.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    return written
