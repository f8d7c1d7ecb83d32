"""The picture of ipvlan on the slides is what Debian's own kernel makes of its commands."""

from __future__ import annotations

from tests.deck import pictures
from tests.support.vm import VM
from tests.vm.record_picture import graph_in


def test_the_picture_of_ipvlan_is_what_its_commands_make(vm: VM):
    for name in pictures.NEEDS:
        assert pictures.reduced(graph_in(vm, name)) == pictures.reduced(pictures.stored(name)["graph"])
