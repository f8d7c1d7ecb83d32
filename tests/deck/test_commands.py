"""Every command on the slides is run in the lab, in the deck's order, and prints what its slide says."""

from __future__ import annotations

import shlex

import pytest

from tests.deck.shown import agrees, typed
from tests.support.lab_command import lab_command


@pytest.mark.lab
def test_every_command_on_the_slides_does_what_they_say():
    wrong = []
    with lab_command(command=("slides",)) as lab:
        for where, line, said in typed():
            done = lab.typed(*shlex.split(line))
            printed = done.stdout + done.stderr
            if not agrees(said, printed):
                wrong.append(f"{where}: {line}\nsays\n{said}\nand it was\n{printed}")
        left = lab.docker("ps", "-aq"), lab.docker("-H", "beta", "ps", "-aq")
        networks = lab.docker("network", "ls", "--filter", "driver=workshop", "-q")
    assert not wrong, "\n\n".join(wrong)
    assert left == ("", "") and networks == "", "the slides leave something behind"


@pytest.mark.parametrize(
    ("said", "printed", "same"),
    [
        ("a b", "a   b\n", True),
        ("a …", "a anything at all\n", True),
        ("…", "", True),
        ("…\nb\n…", "a\nb\n", True),
        ("…\nb", "a\nb\nc\n", False),
        ("", "something\n", False),
        ("a.c", "abc\n", False),
        ("1 packets transmitted, 1 … received", "1 packets transmitted, 0 packets received\n", False),
    ],
)
def test_output_is_compared_line_by_line(said: str, printed: str, same: bool):
    assert agrees(said, printed) is same
