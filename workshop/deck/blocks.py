"""What a slide may hold beside text: each kind of fenced block, by the first word behind its backticks.

A block of another kind is an error. ``tests/deck`` has each kind checked against what it tells of.
"""

from __future__ import annotations

import ast
import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workshop.deck.html import coloured, compact, json_block, shortened, tag, text
from workshop.deck.sources import Sources
from workshop.errors import WorkshopError
from workshop.protocol import ROUTES

PROMPT = "$ "
"""Before what is typed, in a block ``console``; all else is what is printed."""

LIVE = ("picture", "calls")
"""What a block ``live`` may show of the lab."""

ASKED, ANSWERED = 66, 42
"""Characters in a line of the longer of request and answer, and of the other one."""

BRIEF = 8
"""Lines of a call that is written larger."""

TRIED = 2
"""How many of the commands that an exercise proposes are shown."""

BY_ROUTE = {route.full_name: route for route in ROUTES}


@dataclass(frozen=True)
class Block:
    """One fenced block: ``words`` are behind its kind, ``body`` is what is in it, ``line`` where it begins."""

    kind: str
    words: tuple[str, ...]
    body: str
    file: str
    line: int

    def wrong(self, what: str, remedy: str) -> WorkshopError:
        """An error that says where the block is."""
        return WorkshopError(f"{self.file} line {self.line}: {what}.", remedy)

    def options(self, known: tuple[str, ...], most: int) -> tuple[list[str], dict[str, str]]:
        """Words and ``key=value`` pairs: at most so many words, and no key but those that are known."""
        plain = [word for word in self.words if "=" not in word]
        pairs = dict(word.split("=", 1) for word in self.words if "=" in word)
        strange = [*plain[most:], *(key for key in pairs if key not in known)]
        if strange:
            takes = ", ".join(f"{key}=" for key in known) or "nothing more"
            raise self.wrong(f"a block `{self.kind}` knows no {strange[0]!r}", f"It takes {takes}.")
        return plain, pairs


def html_of(block: Block, sources: Sources) -> str:
    """The block as HTML.

    :raises WorkshopError: with file and line, if it is of no kind that there is, or says what cannot be.
    """
    if block.kind not in KINDS:
        raise block.wrong(f"there is no kind of block {block.kind!r}", f"There is {', '.join(KINDS)}.")
    return KINDS[block.kind](block, sources)


def commands(body: str) -> list[tuple[str, str]]:
    """What is typed in a block ``console``, each with what it prints. A backslash joins a line to the next."""
    found: list[tuple[str, list[str]]] = []
    for line in body.replace("\\\n", "").splitlines():
        if line.startswith(PROMPT):
            found.append((" ".join(line.removeprefix(PROMPT).split()), []))
        elif found:
            found[-1][1].append(line)
    return [(typed, "\n".join(printed).strip("\n")) for typed, printed in found]


def _call(block: Block, sources: Sources) -> str:
    plain, pairs = block.options(("from", "number", "show"), 1)
    if not plain or plain[0] not in BY_ROUTE:
        raise block.wrong("a block `call` needs a route", "As in `call NetworkDriver.Join from=bridge`.")
    route = BY_ROUTE[plain[0]]
    try:
        call = sources.recordings.find(pairs.get("from", "bridge"), route.full_name, int(pairs.get("number", "1")))
    except WorkshopError as error:
        raise block.wrong(error.message, error.remedy) from None
    facts = [("when", _plain(route.when)), (f"on {route.error}", _plain(route.on_error))]
    facts += [("since", f"Docker {text(route.since)}")] if route.since else []
    who = f"Docker {text(call.engine)}" + (": " + tag("code", text(call.command)) if call.command else "")
    facts += [("recorded", who)]
    told = tag("dl", "".join(tag("dt", name) + tag("dd", inner) for name, inner in facts), class_="facts")
    if pairs.get("show") == "kernel" and call.told:
        told = _figure("told to the kernel", tag("pre", text("\n".join(call.told)), class_="code told")) + told
    widths = (ASKED, ANSWERED) if _length(call.request) >= _length(call.answer) else (ANSWERED, ASKED)
    asked = tag("p", "no body", class_="nothing") if call.request is None else json_block(call.request, widths[0])
    sides = [_figure("Docker asks", asked), _figure("the plugin answers", json_block(call.answer or {}, widths[1]))]
    sides[widths.index(ANSWERED)] += told  # beside what is longer
    wide = "asks-more" if widths[0] == ASKED else "answers-more"
    is_brief = max(_length(call.request), _length(call.answer)) <= BRIEF
    wire = tag("p", tag("b", "POST") + f" {text(route.path)}", class_="wire")
    both = "".join(tag("div", side, class_="side") for side in sides)
    return tag("div", wire + tag("div", both, class_=f"bodies {wide}"), class_="call brief" if is_brief else "call")


def _length(body: dict[str, Any] | None) -> int:
    return len(compact(shortened(body or {}), ANSWERED).splitlines())


def _figure(title: str, inner: str) -> str:
    return tag("figure", tag("figcaption", text(title)) + inner)


def _plain(sentence: str) -> str:
    """A sentence of the protocol's table; what is between backticks is code."""
    pieces = text(sentence).split("`")
    return "".join(tag("code", piece) if number % 2 else piece for number, piece in enumerate(pieces))


def _json(block: Block, _: Sources) -> str:
    plain, _pairs = block.options((), 2)
    if len(plain) != 2 or plain[0] not in BY_ROUTE or plain[1] not in ("request", "answer"):
        raise block.wrong(
            "a block `json` says what it is", "As in `json NetworkDriver.GetCapabilities answer`, or `… request`."
        )
    try:
        json.loads(block.body)
    except ValueError as error:
        raise block.wrong(f"this is no JSON ({error})", "Mend it.") from None
    return tag("pre", coloured(block.body.rstrip("\n")), class_="code json")


def _console(block: Block, _: Sources) -> str:
    block.options((), 0)
    typed = commands(block.body)
    if not typed:
        raise block.wrong("nothing is typed in this block", "Begin a line with `$ `.")
    parts = []
    for line, printed in typed:
        if shlex.split(line)[:1] != ["docker"]:
            raise block.wrong(f"the lab does not run {line!r}", "It runs Docker's commands: `$ docker …`.")
        button = tag("button", "Run", type="button", class_="run", data_command=line, hidden="")
        shown = tag("pre", text(printed), class_="printed") if printed else ""
        parts.append(tag("div", tag("code", text(line), class_="typed") + button + shown, class_="command"))
    return tag("div", "".join(parts), class_="console code")


def _python(block: Block, _: Sources) -> str:
    block.options((), 0)
    try:
        ast.parse(block.body)
    except SyntaxError as error:
        raise block.wrong(f"this is no Python ({error.msg}, its line {error.lineno})", "Mend it.") from None
    return tag("pre", text(block.body.rstrip("\n")), class_="code python")


def _picture(block: Block, sources: Sources) -> str:
    plain, _pairs = block.options((), 1)
    if len(plain) != 1 or plain[0] not in sources.pictures.names:
        raise block.wrong(
            f"there is no picture {' '.join(plain)!r}", f"There is {', '.join(sources.pictures.names) or 'none'}."
        )
    picture = sources.pictures.find(plain[0])
    caption = tag("figcaption", text(picture.caption))
    return tag("figure", tag("div", class_="picture", data_picture=plain[0]) + caption, class_="drawn")


def _live(block: Block, _: Sources) -> str:
    plain, _pairs = block.options((), 1)
    if plain not in [[kind] for kind in LIVE]:
        raise block.wrong("a block `live` says of what", f"One of {', '.join(LIVE)}.")
    return tag("div", class_=f"live {'picture' if plain == ['picture'] else 'calls'}", data_live=plain[0])


def _exercise(block: Block, sources: Sources) -> str:
    plain, _pairs = block.options((), 1)
    if not plain or not plain[0].isdigit():
        raise block.wrong("a block `exercise` needs a number", "As in `exercise 3`.")
    try:
        opening = sources.exercise(int(plain[0]))
    except WorkshopError as error:
        raise block.wrong(error.message, error.remedy) from None
    shown = "".join(tag("code", f"{route}()") for route in opening.routes)
    parts = [
        tag("p", tag("span", text(opening.number), class_="number") + text(opening.title), class_="name"),
        tag("p", text(opening.goal), class_="goal"),
    ]
    if opening.parts:
        parts.append(tag("ol", "".join(tag("li", text(part)) for part in opening.parts), class_="parts"))
    parts.append(tag("p", shown, class_="routes"))
    typed = [f"python -m workshop exercise {opening.number}", *opening.commands[:TRIED]]
    parts.append(tag("div", "".join(tag("code", text(line), class_="typed") for line in typed), class_="start"))
    return tag("div", "".join(parts), class_="exercise", data_exercise=opening.number)


def _diagram(block: Block, _: Sources) -> str:
    block.options((), 0)
    return tag("pre", text(block.body.rstrip("\n")), class_="diagram")


KINDS: dict[str, Callable[[Block, Sources], Any]] = {
    "call": _call,
    "json": _json,
    "console": _console,
    "python": _python,
    "picture": _picture,
    "live": _live,
    "exercise": _exercise,
    "diagram": _diagram,
}
"""Every kind of block, by its word."""
