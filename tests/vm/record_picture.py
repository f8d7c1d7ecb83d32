"""A picture of the slides that needs Debian's kernel, recorded in the virtual machine."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.deck import pictures
from tests.support.vm import VM


def graph_in(vm: VM, name: str) -> dict[str, Any]:
    """The graph of a picture's network, made in the lab in the virtual machine."""
    done = vm.python("-m", "tests.deck.pictures", "--print", name, timeout=400)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    machine = VM()
    try:
        machine.start()
        for each in sys.argv[1:]:
            pictures.write(each, graph_in(machine, each))
    finally:
        machine.stop()
