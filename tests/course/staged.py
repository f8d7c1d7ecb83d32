"""Small exercises for tests of judge and stage: checks and handlers as text, judged in the lab that one is in."""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workshop.course import exercise as room
from workshop.course.judge import judge
from workshop.course.stage import Stage
from workshop.course.verdict import Verdict

FACTS = """
title = "A test"
goal = "To be judged."
routes = [{routes}]
slide = "none"
next = "Nothing."
{more}
"""
CHECKS = """
from workshop.course.checking import *

def check(title, **more):
    return Check(title, why="Because.", route="create_network", **more)

CHECKS = {"bridge": check("a bridge appears", hint=1, wrong="There is no bridge"), "up": check("it is up")}

def network(run, number=1):
    before = run.look()
    made = run.docker.create_network(f"n{number}", subnet=f"10.90.{number}.0/24")
    links = [link for link in run.look().new_since(before) if link.kind == "bridge"]
    run.check("bridge", links, expected="a bridge", seen=run.told(links))
    return made, links[0]
"""
BRIDGE = """
def create_network(request, host):
    name = "x" + request["NetworkID"][:12]
    if not host.kernel.link_lookup(ifname=name):
        host.kernel.link("add", ifname=name, kind="bridge", state="up", address="02:00:00:00:00:01")
    index = host.kernel.link_lookup(ifname=name)[0]
    for pool in request["IPv4Data"]:
        if "Gateway" in pool:
            address, length = pool["Gateway"].split("/")
            host.kernel.addr("replace", index=index, address=address, prefixlen=int(length))
    return {}
"""


@dataclass
class Tried:
    """A stage that is open, and the learner's file on it."""

    stage: Stage
    file: Path

    def judge(self, handler: str) -> Verdict:
        """What comes of a handler."""
        self.file.write_text(textwrap.dedent(handler), encoding="utf-8")
        return judge(self.stage, self.file)


@contextmanager
def staged(scenarios: str, *routes: str, engine: str | None = None, **facts: str | int) -> Iterator[Tried]:
    """A stage for an exercise with these scenarios; ``facts`` are further keys of its ``exercise.toml``."""
    with tempfile.TemporaryDirectory(prefix="wsc-") as made:
        folder = Path(made, "03_test")
        folder.mkdir()
        more = "\n".join(f"{key} = {value!r}" for key, value in facts.items()).replace("'", '"')
        listed = ", ".join(f'"{each}"' for each in routes or ("create_network",))
        (folder / room.FACTS).write_text(FACTS.format(routes=listed, more=more))
        (folder / room.CHECKS).write_text(CHECKS + textwrap.dedent(scenarios))
        with Stage(room.read(folder), Path(made), engine=engine) as stage:
            yield Tried(stage, Path(made, "handler.py"))


def told(verdict: Verdict) -> str:
    """What is wrong, for a test that fails."""
    lines = [
        f"{each.variant}: {each.check}: {each.expected} | {each.seen} | {each.docker}" for each in verdict.findings
    ]
    return "\n".join([*lines, verdict.problem or ""])
