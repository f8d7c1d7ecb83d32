"""The pictures of networks are what the lab makes of the commands that are kept beside them."""

from __future__ import annotations

import pytest

from tests.deck import pictures
from tests.support.lab_command import lab_command
from workshop.deck.pictures import Pictures

ALIKE = [name for name in pictures.PICTURES if name not in pictures.NEEDS]


@pytest.mark.lab
def test_each_picture_is_what_its_commands_make():
    with lab_command(command=("slides",)) as lab:
        for name in ALIKE:
            assert pictures.reduced(pictures.made(lab, name)) == pictures.reduced(pictures.stored(name)["graph"]), name


def test_each_picture_has_the_commands_and_the_words_that_it_was_recorded_with():
    for name, (caption, commands) in pictures.PICTURES.items():
        kept = pictures.stored(name)
        assert (kept["caption"], kept["commands"]) == (caption, list(commands)), name
    assert Pictures(pictures.ROOT / "slides").names == sorted(pictures.PICTURES)


def test_a_picture_is_drawn_with_every_container_in_it():
    for name in pictures.PICTURES:
        dot = Pictures(pictures.ROOT / "slides").find(name).dot()
        assert "bar" in dot and "kitchen" in dot, name
