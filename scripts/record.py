"""Make the recorded sessions in ``slides/recordings`` anew, from real Docker Engines: as root, in a checkout.

    make recordings            # both
    make recordings ARGS=bridge

What a person would have typed goes into the recording as a sentence of what was done, at the time when it was done. The
rest is the plugin's own journal. What names this machine is replaced (``scrubbed``), and looked for once more.
"""

from __future__ import annotations

import heapq
import json
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.support.cable import LINK, NEAR4
from tests.support.engine import Engine
from tests.support.neighbour import ENGINE4, Neighbour
from tests.support.plugin import Plugin
from tests.support.shell import inside, run
from tests.support.swarm import Swarm
from workshop.journal import Event, JournalReader, recording
from workshop.resources import path as resource

PAUSE = 1.6
"""Seconds after each command, in which names are looked up and what Docker does afterwards is seen."""

VERSION = "28.5"


class Session:
    """What is typed, one command after the other, and when."""

    def __init__(self) -> None:
        self.done: list[tuple[float, str]] = []
        self.began = time.time()

    def begin(self, text: str) -> None:
        """What this session shows: its first sentence, whatever came before."""
        self.done.insert(0, (self.began, text))

    def say(self, text: str) -> None:
        """A sentence of what happens now."""
        self.done.append((time.time(), text))

    def docker(self, engine: Engine, command: str, *, fails: bool = False, where: str = "") -> None:
        """A command of Docker's own client."""
        self.say(f"{where}docker {command}")
        result = engine.docker(*shlex.split(command), check=not fails)
        if fails:
            assert result.returncode, f"docker {command} was to fail"
            lines = [line for line in result.stderr.splitlines() if line.strip() and not line.startswith("Run 'docker")]
            self.say(f"Docker says: {lines[-1]}")
        time.sleep(PAUSE)


def bridge() -> list[Event]:
    """One host, one bridge, two containers, a published port, and all of it removed again."""
    session = Session()
    engine = Engine(VERSION)
    try:
        engine.up()
        engine.settle()
        neighbour, plugin = Neighbour(engine.namespace), Plugin(engine)
        try:
            session.begin(f"{title(engine)}: a bridge, two containers, a published port, and all of it removed again.")
            plugin.start()
            time.sleep(PAUSE)
            for command in (
                "network create -d workshop --subnet 10.9.0.0/24 cafe",
                "run -d --name bar --net cafe -p 8080:80 busybox httpd -f -p 80 -h /etc",
                "run -d --name guest --net cafe --stop-signal KILL busybox sleep 6000",
                "exec guest ping -c 2 bar",
            ):
                session.docker(engine, command)
            session.say(f"Another host asks: wget http://{ENGINE4}:8080/hostname")
            inside(neighbour.namespace, "busybox", "wget", "-q", "-O", "-", f"http://{ENGINE4}:8080/hostname")
            time.sleep(PAUSE)
            for command in (
                "network inspect cafe",
                "network disconnect cafe guest",
                "network connect --ip 10.9.0.50 cafe guest",
                "exec guest ping -c 2 bar",
                "stop guest",
                "start guest",
                "rm -f guest",
                "rm -f bar",
                "network rm cafe",
            ):
                session.docker(engine, command)
            plugin.terminate()
            return merged(plugin.state_dir, session, places(engine))
        finally:
            plugin.down()
            neighbour.down()
    finally:
        engine.down()


def swarm() -> list[Event]:
    """A Swarm's manager: discovery, one network across two hosts, a macvlan, calls that fail, what is left over."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "plugin"
        run(sys.executable, "-m", "shipping.plugin", image, timeout=300)
        session = Session()
        both = Swarm(VERSION, "26.1", image)
        manager, worker = both.nodes
        try:
            both.up()
            session.begin(
                f"{title(manager.engine)} as the manager of a Swarm: a network across two hosts, a macvlan, "
                "a call that fails, and a bridge that is left over."
            )
            session.say(f"Two nodes: docker swarm init --advertise-addr {NEAR4}; on the worker, docker swarm join")
            time.sleep(PAUSE)
            net = "network create -d workshop:latest --attachable"
            session.docker(manager.engine, f"{net} -o type=vxlan -o vni=42 --subnet 10.42.0.0/24 across")
            session.docker(manager.engine, "run -d --name one --net across busybox sleep 6000")
            session.docker(worker.engine, "run -d --name two --net across busybox sleep 6000", where="On the worker: ")
            session.docker(manager.engine, "exec one ping -c 2 two")
            session.docker(manager.engine, f"{net} -o type=macvlan -o parent=nosuch0 --subnet 10.43.0.0/24 street")
            session.docker(manager.engine, "run -d --name lost --net street busybox sleep 6000", fails=True)
            session.docker(manager.engine, "rm -f lost")
            session.docker(manager.engine, "network rm street")
            macvlan = f"{net} -o type=macvlan -o parent={LINK} -o macvlan_mode=bridge --subnet 10.44.0.0/24 avenue"
            session.docker(manager.engine, macvlan)
            session.docker(manager.engine, "run -d --name three --net avenue busybox sleep 6000")
            session.docker(manager.engine, "rm -f three")
            session.docker(manager.engine, "network rm avenue")
            session.docker(worker.engine, "rm -f two", where="On the worker: ")
            session.docker(worker.engine, "swarm leave", where="On the worker: ")
            time.sleep(4 * PAUSE)  # the manager tells its driver once it has missed the worker
            name = f"wsb{manager.engine.inspect('across')['Id'][:10]}"
            session.say(f"Somebody renames the bridge: ip link set {name} name mine0")
            for action in (("down",), ("name", "mine0")):
                manager.engine.exec("ip", "link", "set", name, *action)
            time.sleep(PAUSE)
            session.docker(manager.engine, "rm -f one")
            session.say("docker network rm across")
            both.remove("across")
            time.sleep(2 * PAUSE)
            return merged(manager.plugin.state_dir, session, places(manager.engine))
        finally:
            both.down()


def title(engine: Engine) -> str:
    """Which Docker it is."""
    return f"Docker Engine {engine.api('GET', '/version')[1]['Version'].partition('+')[0]}"


def places(engine: Engine) -> dict[str, str]:
    """The folders of a test's engine, and what they are on a host that has one Docker."""
    return {f"{engine.home}/exec": "/var/run/docker", str(engine.home): "/var/lib/docker"}


def merged(state: Path, session: Session, names: dict[str, str]) -> list[Event]:
    """The journal with what was typed, in the order of time, numbered anew."""
    reader = JournalReader(state / "journal.db")
    try:
        events = [(each.at, each.kind, each.call, each.data) for each in reader.since(0)]
    finally:
        reader.close()
    typed = [(at, "docker", None, {"did": text}) for at, text in session.done]
    both = heapq.merge(typed, events, key=lambda each: each[0])  # the journal's own order stays
    return [Event(seq, at, kind, call, scrubbed(data, names)) for seq, (at, kind, call, data) in enumerate(both, 1)]


def scrubbed(data: Any, names: dict[str, str]) -> Any:
    """The data with each of ``names`` replaced by what stands for it."""
    text = json.dumps(data)
    for name, other in names.items():
        text = text.replace(name, other)
    return json.loads(text)


def betrays(events: Iterable[Event]) -> list[str]:
    """What in the events names this machine: its host name, its user's folders, where the checkout is."""
    here = Path(__file__).resolve().parents[1]
    words = {str(here), str(Path.home()), tempfile.gettempdir(), "/var/tmp", "/home/"}
    words |= {name for name in (platform.node(),) if len(name) > 3} - {"/"}
    text = "\n".join(event.as_json() for event in events)
    return sorted(word for word in words if word in text)


SESSIONS: dict[str, Callable[[], list[Event]]] = {"bridge": bridge, "swarm": swarm}


def main(names: list[str]) -> int:
    """Record the sessions of these names, all if there is none."""
    if unknown := [name for name in names if name not in SESSIONS]:
        print(f"There is no session {unknown[0]!r}: there is {', '.join(SESSIONS)}.", file=sys.stderr)
        return 2
    for name in names or SESSIONS:
        events = SESSIONS[name]()
        if found := betrays(events):
            print(f"{name} names this machine: {', '.join(found)}. Nothing was written.", file=sys.stderr)
            return 1
        file = resource("slides") / "recordings" / f"{name}.jsonl"
        file.parent.mkdir(exist_ok=True)
        print(f"{file}: {recording.write(events, file)} events")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        sys.exit(str(error))
