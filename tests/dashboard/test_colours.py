"""The page's colours: text is told from its ground, and the three that mean something from each other, by everybody."""

from __future__ import annotations

import itertools
import re

import pytest

from tests.support.pages import ROOT

CSS = ROOT / "static" / "css"
MEANINGS = ("blue", "green", "vermilion")
GROUNDS = ("ground", "quiet", "blue-ground", "green-ground", "vermilion-ground")
LEAST_CONTRAST = 4.5
STRONG_CONTRAST = 7.0
LEAST_APART = 9.0
"""Of two meanings' colours, as CIE76's distance; about 2 can be seen at all."""

Colour = tuple[float, float, float]

SEEN = {
    "everybody": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red cones": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green cones": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "no blue cones": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
"""What is seen of linear red, green and blue, after Machado, Oliveira and Fernandes (2009), at full strength."""


def themes() -> dict[str, dict[str, Colour]]:
    """The colours of each theme, as the style sheets have them."""
    base = (CSS / "base.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w{6});", block)) for block in re.findall(r"\{(.*?)\}", base, re.S)[:2]
    )
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", (CSS / "projector.css").read_text("utf-8"))
    assert set(light) == set(dark) == {name for name, _, _ in pairs}
    found = {"light": light, "dark": dark}
    found |= {f"projector, {theme}": {pair[0]: pair[at] for pair in pairs} for at, theme in ((1, "light"), (2, "dark"))}
    return {theme: {name: linear(colour) for name, colour in table.items()} for theme, table in found.items()}


def linear(colour: str) -> Colour:
    """A colour written with digits, as linear light."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """WCAG's contrast ratio."""
    low, high = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (one, other))
    return (high + 0.05) / (low + 0.05)


def lab(colour: Colour) -> Colour:
    """A colour in CIELAB, where distances are about as they are seen."""
    red, green, blue = (min(max(part, 0), 1) for part in colour)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def apart(one: Colour, other: Colour, eye: tuple[tuple[float, ...], ...]) -> float:
    """How far two colours are from each other for an eye."""
    first, second = (
        lab(tuple(sum(row[at] * colour[at] for at in range(3)) for row in eye))  # type: ignore[arg-type]
        for colour in (one, other)
    )
    return sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5


@pytest.mark.parametrize("theme", themes())
def test_every_text_has_contrast_on_every_ground(theme: str) -> None:
    table = themes()[theme]
    least = STRONG_CONTRAST if theme.startswith("projector") else LEAST_CONTRAST
    for ink, ground in itertools.product(("text", "soft", *MEANINGS), GROUNDS):
        assert contrast(table[ink], table[ground]) >= least, (ink, ground)
    for ground in GROUNDS:
        assert contrast(table["edge"], table[ground]) >= 3, ground


@pytest.mark.parametrize("eye", SEEN)
@pytest.mark.parametrize("theme", themes())
def test_no_two_meanings_look_alike(theme: str, eye: str) -> None:
    table = themes()[theme]
    for one, other in itertools.combinations(MEANINGS, 2):
        assert apart(table[one], table[other], SEEN[eye]) > LEAST_APART, (one, other)


def test_what_differs_in_hue_alone_would_be_found() -> None:
    red, green = linear("#904030"), linear("#407030")
    assert apart(red, green, SEEN["everybody"]) > 50
    assert apart(red, green, SEEN["no green cones"]) < LEAST_APART
