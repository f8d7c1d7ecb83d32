"""What root may do in a container: as much as in Docker's, whoever runs the lab."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lab.inside import Bench, bench, in_lab
from tests.lab.ordinary import in_lab_as
from tests.lab.test_applets import stand_in
from workshop.engine_api import EngineError
from workshop.lab.container import capabilities

DOCKERS_DEFAULT = 0xA80425FB
"""What /proc/self/status says in a container of each of the three real engines."""

MKNOD, NET_ADMIN = 1 << 27, 1 << 12
DEFAULT = DOCKERS_DEFAULT & ~MKNOD


def held(text: str) -> dict[str, int]:
    """The lines of /proc/self/status about capabilities."""
    lines = (line.split() for line in text.splitlines() if line.startswith("Cap"))
    return {name.removesuffix(":"): int(mask, 16) for name, mask in lines}


def as_docker_has_it(mask: int) -> dict[str, int]:
    return {"CapInh": 0, "CapPrm": mask, "CapEff": mask, "CapBnd": mask, "CapAmb": 0}


@pytest.mark.fast
@pytest.mark.parametrize(
    ("add", "drop", "mask"),
    [
        ((), (), DEFAULT),
        (("NET_ADMIN",), (), DEFAULT | NET_ADMIN),
        (("cap_net_admin",), ("chown",), (DEFAULT | NET_ADMIN) & ~1),
        ((), ("ALL",), 0),
        (("kill",), ("all",), 1 << 5),
        (("ALL",), ("CHOWN",), capabilities.mask(capabilities.GRANTED) & ~1),
    ],
)
def test_options_make_of_dockers_default_set(add: Any, drop: Any, mask: int) -> None:
    assert capabilities.chosen(add, drop) == mask


@pytest.mark.fast
def test_the_names_are_at_their_numbers() -> None:
    numbers = {"CHOWN": 0, "NET_ADMIN": 12, "SYS_ADMIN": 21, "MKNOD": 27, "SETFCAP": 31, "CHECKPOINT_RESTORE": 40}
    assert {name: capabilities.NAMES.index(name) for name in numbers} == numbers


@pytest.mark.fast
@pytest.mark.parametrize("name", ["SYS_ADMIN", "cap_mknod", "SYS_MODULE"])
def test_nothing_is_given_that_reaches_beyond_the_containers_network(name: str) -> None:
    with pytest.raises(capabilities.Unknown, match=f"gives no CAP_{name.upper().removeprefix('CAP_')}, as"):
        capabilities.chosen([name])


@pytest.mark.parametrize("who", ["me", "ordinary user"])
def test_a_container_and_what_is_executed_in_it_hold_dockers_capabilities(who: str) -> None:
    def masks() -> list[dict[str, int]]:
        with bench() as lab:
            lab.network("n", "10.9.0.0/24")
            lab.run("box", "n")
            lab.run("more", "n", host={"CapAdd": ["NET_ADMIN"], "CapDrop": ["CAP_CHOWN"]})
            told = [lab.execute("box", "cat", path)[1] for path in ("/proc/1/status", "/proc/self/status")]
            told += [lab.execute("more", "cat", "/proc/self/status")[1], Path("/proc/self/status").read_text()]
            return [held(text) for text in told]

    first, executed, more, lab = in_lab_as(who, masks)
    assert first == executed == as_docker_has_it(DEFAULT & lab["CapBnd"])
    assert more == as_docker_has_it((DEFAULT | NET_ADMIN) & ~1 & lab["CapBnd"])


@pytest.mark.parametrize("who", ["me", "ordinary user"])
def test_only_with_net_admin_a_container_changes_its_links(who: str) -> None:
    def outcomes() -> list[tuple[int, str]]:
        with bench() as lab:
            lab.network("n", "10.9.0.0/24")
            lab.run("box", "n")
            lab.run("admin", "n", host={"CapAdd": ["NET_ADMIN"]})
            return [lab.execute(name, "ip", "link", "set", "eth0", "down") for name in ("box", "admin")]

    refused, done = in_lab_as(who, outcomes)
    assert refused[0] != 0 and "Operation not permitted" in refused[1]
    assert done == (0, "")


@pytest.mark.parametrize("who", ["me", "ordinary user"])
def test_ping_needs_no_capability(who: str) -> None:
    def outcome() -> tuple[int, str]:
        with bench() as lab:
            lab.network("n", "10.9.0.0/24", nogw="1")
            lab.run("box", "n", host={"CapDrop": ["ALL"]})
            return stand_in(lab, "box", "ping", "-c", "1", "-W", "20", "192.0.2.1")

    code, text = in_lab_as(who, outcome)
    assert code == 0, text


@in_lab
def test_root_without_capabilities_cannot_do_what_they_are_for() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        lab.run("box", "n")
        assert "Operation not permitted" in lab.execute("box", "mknod", "/tmp/null", "c", "1", "3")[1]
        assert lab.execute("box", "mount", "-t", "tmpfs", "none", "/tmp")[0] != 0
        assert lab.execute("box", "hostname", "other")[0] != 0


@in_lab
def test_a_capability_that_is_not_known_or_not_given_is_refused_before_anything_is_made() -> None:
    def create(lab: Bench, **host: list[str]) -> None:
        lab.api.post("/containers/create", {"Image": "busybox", "Cmd": ["true"], "HostConfig": host})

    with bench() as lab:
        with pytest.raises(EngineError, match='^invalid CapAdd: unknown capability: "CAP_FOO"$') as refused:
            create(lab, CapAdd=["foo"])
        assert refused.value.status == 400
        with pytest.raises(EngineError, match='^invalid CapDrop: unknown capability: "CAP_FOO"$'):
            create(lab, CapDrop=["foo"])
        with pytest.raises(EngineError, match="^invalid CapAdd: the practice engine gives no CAP_SYS_ADMIN"):
            create(lab, CapAdd=["SYS_ADMIN"])
        assert lab.api.get("/containers/json", all="1") == []


@in_lab
def test_what_was_added_and_dropped_is_shown() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        lab.run("box", "n", host={"CapAdd": ["net_admin"], "CapDrop": ["ALL"]})
        shown = lab.api.get("/containers/box/json")["HostConfig"]
        assert (shown["CapAdd"], shown["CapDrop"]) == (["NET_ADMIN"], ["ALL"])
        assert json.dumps(shown)


@in_lab
def test_a_stand_in_that_runs_in_place_has_no_more_than_any_other_program() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        programs = lab.plugins.parent / "engine" / "programs"
        lab.run("web", "n", str(programs / "httpd"), "-f", "-p", "80")
        status = lab.execute("web", "cat", "/proc/1/status")[1]
        assert held(status) == as_docker_has_it(DEFAULT & held(Path("/proc/self/status").read_text())["CapBnd"])
        assert "Name:\thttpd" in status
