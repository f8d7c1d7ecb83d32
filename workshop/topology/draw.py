"""The graph as pictures: DOT with every place pinned, and SVG and PNG that Graphviz makes of it.

Everything has an ``id`` (a word for its part, a dash, and the ID of the link or namespace) and a ``class``;
the colours written into the picture are those of a light page, a page of its own gives others by class.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from workshop.errors import CannotHere, WorkshopError
from workshop.topology import layout, shapes
from workshop.topology.folds import EVERYTHING, Folds
from workshop.topology.shapes import Box, Picture, Wire
from workshop.topology.text import text

__all__ = ["dot", "png", "png_bytes", "svg", "text"]

MONO = "DejaVu Sans Mono,Consolas,monospace"
SANS = "DejaVu Sans,Helvetica,Arial,sans-serif"
INK, SOFT, EDGE, LINE = "#15202B", "#55626F", "#7A8794", "#DDE3EA"
BLUE, GREEN, VERMILION = "#005F99", "#00704F", "#B03A00"
PALE_BLUE, PALE_VERMILION, PALE, WHITE = "#E6F1FA", "#FDF0EA", "#F5F7FA", "#FFFFFF"
"""The page's colours in light (``static/css/base.css``), Okabe and Ito's made dark enough for text."""

STYLES: dict[str, tuple[str, int, str, bool]] = {
    "name": (SANS, 16, INK, True),
    "strong": (MONO, 14, INK, True),
    "plain": (SANS, 14, SOFT, False),
    "mono": (MONO, 14, INK, False),
    "soft": (MONO, 14, SOFT, False),
    "port": (MONO, 14, BLUE, False),
    "wrong": (SANS, 14, VERMILION, True),
    "mono-wrong": (MONO, 14, VERMILION, True),
}
"""Font, size in points, colour and weight of each style of text."""

LOOKS: dict[str, dict[str, str]] = {
    "host": {"color": LINE, "fillcolor": PALE},
    "room": {"style": "rounded,dashed"},
    "bridge": {"penwidth": "2"},
    "port": {"penwidth": "1.5"},
    "container": {"color": GREEN, "penwidth": "2"},
    "unnamed": {"color": EDGE, "penwidth": "1.5"},
    "end": {"penwidth": "1.5"},
    "tunnel": {"style": "rounded,filled,dashed", "penwidth": "1.5"},
    "waiting": {"style": "rounded,filled,dashed"},
    "more": {"color": EDGE, "style": "rounded,filled,dashed", "penwidth": "1.5"},
    "down": {"color": VERMILION},
    "left-over": {"color": VERMILION, "fillcolor": PALE_VERMILION, "style": "rounded,filled,dashed"},
    "made-now": {"color": BLUE, "fillcolor": PALE_BLUE, "penwidth": "3.5"},
}
"""How a box of each class looks beyond a grey line on white, as ``static/css/picture.css`` has it; what stands later
in the table wins. On the page, the last one is the class ``now``."""

WRONG = {"down", "left-over"}
WIRES: dict[str, dict[str, str]] = {
    "veth": {"penwidth": "2"},
    "child": {"penwidth": "2", "style": "dashed"},
    "tunnel": {"penwidth": "2", "style": "dashed"},
    "out": {"penwidth": "1.5", "style": "dotted"},
    "waiting": {"style": "dashed"},
    "more": {"style": "dashed"},
    "down": {"color": VERMILION, "style": "dashed"},
    "left-over": {"color": VERMILION, "style": "dashed"},
    "made-now": {"color": BLUE, "penwidth": "3.5"},
}
"""How a line of each class looks."""


def dot(graph: dict[str, Any], call: int | None = None, folds: Folds = EVERYTHING) -> str:
    """The graph in the DOT language, every place pinned: for ``neato -n2``, or the engine ``nop2`` in a
    browser.

    What call number ``call`` made is drawn thicker and has the class ``made-now``. ``folds``: what is one box.
    """
    made = layout.picture(graph, call, folds)
    # What is lower has a smaller y. Counted from the top, so that nothing moves when the picture grows.
    whole = {
        "bb": f"0,{-made.height:g},{made.width:g},0",
        "bgcolor": WHITE,
        "pad": "0.1",
        "notranslate": "true",
    }
    node = {"shape": "box", "style": "rounded,filled", "fixedsize": "true", "margin": "0", "fontname": MONO}
    node |= {"color": EDGE, "fillcolor": WHITE}
    lines = [
        "graph topology {",
        f"  graph [{_attributes(whole)}, outputorder=nodesfirst]",
        f"  node [{_attributes(node)}, fontsize=14]",
        f"  edge [{_attributes({'color': EDGE})}]",
    ]
    lines += [_node(box, made) for box in made.boxes.values()]
    lines += [_edge(wire, made) for wire in made.wires]
    return "\n".join([*lines, "}", ""])


def svg(graph: dict[str, Any], call: int | None = None) -> str:
    """The picture as SVG, drawn by Graphviz.

    :raises CannotHere: if Graphviz is not installed.
    """
    return _drawn(dot(graph, call), "svg").decode()


def png(graph: dict[str, Any], path: Path, call: int | None = None) -> None:
    """Write the picture to ``path`` as PNG, drawn by Graphviz.

    :raises CannotHere: if Graphviz is not installed.
    """
    Path(path).write_bytes(png_bytes(graph, call))


def png_bytes(graph: dict[str, Any], call: int | None = None) -> bytes:
    """The picture as PNG.

    :raises CannotHere: if Graphviz is not installed.
    """
    return _drawn(dot(graph, call), "png")


def _drawn(source: str, format: str) -> bytes:
    import graphviz

    try:
        return graphviz.Source(source, engine="neato").pipe(format=format, neato_no_op=2, quiet=True)
    except graphviz.ExecutableNotFound:
        raise CannotHere(
            "Graphviz, which draws the picture, is not installed.",
            "apt install graphviz (or take --format text, json or dot).",
        ) from None
    except graphviz.CalledProcessError as error:
        raise WorkshopError(f"Graphviz could not draw the picture ({error}).") from None


def _quoted(text: str) -> str:
    """A string of the DOT language. Backslashes mean something there, and so do quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _attributes(values: dict[str, str]) -> str:
    # only a label is ever markup, and then one of ours: all else may be what somebody has called a link
    return ", ".join(
        f"{key}={value if key == 'label' and value.startswith('<<') else _quoted(value)}"
        for key, value in values.items()
    )


def _node(box: Box, made: Picture) -> str:
    values = {
        "id": box.id,
        "class": " ".join(box.classes),
        "pos": f"{box.x:g},{-box.y:g}!",
        "width": f"{box.w / 72:.4f}",
        "height": f"{box.h / 72:.4f}",
    }
    values["label"] = _label(box) if box.lines else ""
    if "note" in box.classes or "title" in box.classes:
        values |= {"style": "", "shape": "none"}
    for name, look in LOOKS.items():
        if name in box.classes:
            values |= look
    if "down" in box.classes and {"bridge", "port"} & set(box.classes):
        values["fillcolor"] = PALE_VERMILION
    if "made-now" in box.classes and WRONG & set(box.classes):
        values["color"] = VERMILION
    if "bridge" in box.classes:
        values["labelloc"] = "t"  # so that the text stays where it is when the plate grows
    if box.tip:
        values["tooltip"] = box.tip
    return f"  {_quoted(box.id)} [{_attributes(values)}]"


def _label(box: Box) -> str:
    """Every line begins at the left, so that it does not depend on a font: browsers have other ones."""
    inner = int(box.w - 24)
    cells = []
    for line, style in box.lines:
        font, size, color, bold = STYLES[style]
        shown = html.escape(line, quote=True).replace(" ", "&#160;")
        shown = f"<B>{shown}</B>" if bold else shown
        high = shapes.NAME_H if style == "name" else shapes.LINE_H
        cells.append(
            f'<TR><TD ALIGN="LEFT" WIDTH="{inner}" HEIGHT="{high}">'
            f'<FONT FACE="{font}" POINT-SIZE="{size}" COLOR="{color}">{shown}</FONT></TD></TR>'
        )
    if "bridge" in box.classes:
        cells.insert(0, '<TR><TD HEIGHT="18"></TD></TR>')
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{"".join(cells)}</TABLE>>'


def _edge(wire: Wire, made: Picture) -> str:
    values = {
        "id": wire.id,
        "class": " ".join(wire.classes),
        "pos": " ".join(f"{x:.1f},{-y:.1f}" for x, y in _curve(wire)),
    }
    for name, look in WIRES.items():
        if name in wire.classes:
            values |= look
    one, two = wire.ends
    return f"  {_quoted(one)} -- {_quoted(two)} [{_attributes(values)}]"


def _curve(wire: Wire) -> list[tuple[float, float]]:
    """The points of the Bézier curve along which a wire goes."""
    (x0, y0), (x1, y1) = wire.start, wire.end
    if wire.gap is not None:
        gap, bend = wire.gap, 14 if y1 > y0 else -14
        corners = [(gap, y0 + bend), (gap, y1 - bend), (gap + 14, y1), (x1, y1)]
        points = [(x0, y0), (gap, y0), (gap, y0), corners[0]]
        points += [corners[0], corners[1], corners[1]]
        points += [(gap, y1), (gap, y1), corners[2]]
        return [*points, corners[2], corners[3], corners[3]]
    if x0 == x1:  # two plugs, along their right side
        return [(x0, y0), (x0 + shapes.BEND, y0), (x1 + shapes.BEND, y1), (x1, y1)]
    third = (x1 - x0) / (3 if y0 == y1 else 2)
    return [(x0, y0), (x0 + third, y0), (x1 - third, y1), (x1, y1)]
