"""What is asked of real engines about IPAM, and how the answers come to be in ``tests/transcripts/ipam-*.json``.

To record them anew, as root: ``python -m tests.lab.ipam_steps 20.10 26.1 28.5``. The client is the ``docker`` that is
found first, the same for all engines.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.lab.ipam_recorder import IpamRecorder
from tests.support.engine import Engine
from tests.support.shell import run
from workshop.kernel.namespaces import Namespace

_ID = re.compile(r"\b[0-9a-f]{64}\b")
TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"
OURS = "docker network create -d recorder --ipam-driver recorder"
_SLEEP = "busybox /bin/sleep 600"
_ADDRESSES = "busybox /bin/ip -o addr"

OTHERS: dict[str, dict[str, Any]] = {
    "netonly": {"implements": ("NetworkDriver",)},
    "ipamonly": {"implements": ("IpamDriver",)},
    "mac": {"able": (200, {"RequiresMACAddress": True})},
    "replay": {"able": (200, {"RequiresRequestReplay": True})},
    "incapable": {"able": (404, None)},
    "failing": {"able": (200, {"Error": "told to fail"})},
    "spaceless": {"spaces": (404, None)},
    "empty": {"spaces": (200, {})},
    "lost": {"spaces": (200, {"Error": "told to fail"})},
}
"""Further plugins, by name, and what makes them different."""


def steps() -> Iterator[tuple[str, str]]:
    """Each step's name and its command. ``GONE`` before it: the plugin is not running meanwhile."""
    yield "a network without it", "docker network create -d recorder --subnet 10.8.0.0/24 plain"
    yield "remove", "docker network rm plain"
    yield "create", f"{OURS} --subnet 10.9.0.0/24 n1"
    yield "inspect", "docker network inspect n1"
    yield "run", f"docker run -d --name c1 --net n1 {_SLEEP}"
    yield "run another", f"docker run -d --name c2 --net n1 {_SLEEP}"
    yield "its addresses", "docker exec c1 /bin/ip -o addr show eth0"
    yield "inspect with residents", "docker network inspect n1"
    yield "disconnect", "docker network disconnect n1 c2"
    yield "connect", "docker network connect n1 c2"
    yield "disconnect again", "docker network disconnect n1 c2"
    yield "connect with an address", "docker network connect --ip 10.9.0.77 n1 c2"
    yield "stop", "docker stop -t 0 c1"
    yield "start", "docker start c1"
    yield "restart", "docker restart -t 0 c1"
    yield "remove the first", "docker rm -f c1"
    yield "remove the second", "docker rm -f c2"
    yield "run with an address", f"docker run -d --name c3 --net n1 --ip 10.9.0.50 {_SLEEP}"
    yield "run with the same address", f"docker run -d --name c4 --net n1 --ip 10.9.0.50 {_SLEEP}"
    yield "remove c3", "docker rm -f c3"
    yield "remove c4", "docker rm c4"
    yield "run with an address of another subnet", f"docker run --name c5 --net n1 --ip 10.1.0.50 {_ADDRESSES}"
    yield "remove it", "docker rm c5"
    yield "run with a mac", f"docker run --rm --net n1 --mac-address 02:42:0a:09:00:0b {_ADDRESSES}"
    yield "overlap with another", f"{OURS} --subnet 10.9.0.0/25 overlap"
    yield "remove overlap", "docker network rm overlap"
    yield "remove network", "docker network rm n1"
    yield (
        "create with all",
        (
            f"{OURS} --subnet 10.9.1.0/24 --ip-range 10.9.1.128/25 --gateway 10.9.1.254 "
            "--aux-address router=10.9.1.200 --ipam-opt colour=blue --label a=b n2"
        ),
    )
    yield "inspect all", "docker network inspect n2"
    yield "run in the range", f"docker run --rm --net n2 {_ADDRESSES}"
    yield "remove it all", "docker network rm n2"
    yield "create with nothing", f"{OURS} n3"
    yield "inspect nothing", "docker network inspect n3"
    yield "run in it", f"docker run --rm --net n3 {_ADDRESSES}"
    yield "run in it with an address", f"docker run --name c6 --net n3 --ip 10.50.0.9 {_ADDRESSES}"
    yield "remove c6", "docker rm c6"
    yield "remove nothing", "docker network rm n3"
    yield "create with both versions", f"{OURS} --subnet 10.9.2.0/24 --ipv6 --subnet fd00:9:2::/64 n4"
    yield "inspect both versions", "docker network inspect n4"
    yield "run with both", f"docker run -d --name c7 --net n4 --ip6 fd00:9:2::77 {_SLEEP}"
    yield "inspect with a resident of both", "docker network inspect n4"
    yield "remove c7", "docker rm -f c7"
    yield "remove both versions", "docker network rm n4"
    yield "create with IPv6 and no subnets", f"{OURS} --ipv6 n5"
    yield "inspect them", "docker network inspect n5"
    yield "remove them all", "docker network rm n5"
    yield "internal", f"{OURS} --internal --subnet 10.9.5.0/24 n7"
    yield "run internal", f"docker run --rm --net n7 {_ADDRESSES}"
    yield "remove internal", "docker network rm n7"
    yield "its own gateway", f"{OURS} --ipam-opt gateway=10.9.6.9/24 --subnet 10.9.6.0/24 n8"
    yield "inspect its own gateway", "docker network inspect n8"
    yield "remove its own gateway", "docker network rm n8"
    yield (
        "its own gateway and another",
        f"{OURS} --ipam-opt gateway=10.9.6.9/24 --subnet 10.9.6.0/24 --gateway 10.9.6.1 n8",
    )
    yield "inspect which", "docker network inspect n8"
    yield "remove which", "docker network rm n8"
    yield "no such subnet", f"{OURS} --subnet nosuch n9"
    yield "a gateway elsewhere", f"{OURS} --subnet 10.9.7.0/24 --gateway 10.1.0.1 n9"
    yield "a gateway elsewhere: remove", "docker network rm n9"
    # what goes wrong
    for kind in ("fail", "err", "missing"):
        for method in ("RequestPool", "RequestAddress", "ReleaseAddress", "ReleasePool"):
            yield f"{kind} {method}: create", f"{OURS} --ipam-opt {kind}={method} --subnet 10.9.7.0/24 w1"
            yield f"{kind} {method}: run", f"docker run --name cw --net w1 {_ADDRESSES}"
            yield f"{kind} {method}: remove container", "docker rm cw"
            yield f"{kind} {method}: remove", "docker network rm w1"
    for name, said in (
        ("no ID", '{"Pool":"10.9.7.0/24"}'),
        ("no pool", '{"PoolID":"p"}'),
        ("no CIDR", '{"PoolID":"p","Pool":"nosuch"}'),
        ("nothing", "{}"),
        ("another pool", '{"PoolID":"p","Pool":"10.60.0.0/16"}'),
    ):
        yield f"pool with {name}", f"{OURS} --ipam-opt 'answer={said}' --subnet 10.9.7.0/24 w2"
        yield f"pool with {name}: remove", "docker network rm w2"
    for name, said in (
        ("no mask", '{"Address":"10.9.7.1"}'),
        ("no CIDR", '{"Address":"nosuch"}'),
        ("nothing", "{}"),
        ("another subnet", '{"Address":"10.61.0.1/16"}'),
        ("another mask", '{"Address":"10.9.7.1/32"}'),
    ):
        yield f"address with {name}", f"{OURS} --ipam-opt 'address={said}' --subnet 10.9.7.0/24 w3"
        yield f"address with {name}: run", f"docker run --name cw --net w3 {_ADDRESSES}"
        yield f"address with {name}: remove container", "docker rm cw"
        yield f"address with {name}: remove", "docker network rm w3"
    yield "the network cannot be made", f"{OURS} -o fail=CreateNetwork --subnet 10.9.7.0/24 w4"
    yield "the network cannot be made: inspect", "docker network inspect w4"
    yield "an endpoint cannot be made: create", f"{OURS} -o fail=CreateEndpoint --subnet 10.9.7.0/24 w4"
    yield "an endpoint cannot be made", f"docker run --rm --net w4 {_ADDRESSES}"
    yield "an endpoint cannot be made: remove", "docker network rm w4"
    yield "a container cannot join: create", f"{OURS} -o fail=Join --subnet 10.9.7.0/24 w5"
    yield "a container cannot join", f"docker run --rm --net w5 {_ADDRESSES}"
    yield "a container cannot join: remove", "docker network rm w5"
    # Docker's own drivers with it, and it with others
    bridge = "docker network create -d bridge --ipam-driver recorder"
    yield "Docker's bridge with it", f"{bridge} --subnet 10.9.8.0/24 b1"
    yield "Docker's bridge: run", f"docker run --rm --net b1 {_ADDRESSES}"
    yield "Docker's bridge: remove", "docker network rm b1"
    for name in OTHERS:
        yield f"{name}: create", f"docker network create -d recorder --ipam-driver {name} --subnet 10.9.9.0/24 o1"
        yield f"{name}: run", f"docker run --rm --net o1 {_ADDRESSES}"
        yield f"{name}: remove", "docker network rm o1"
    yield "mac: create", "docker network create -d recorder --ipam-driver mac --subnet 10.9.9.0/24 o2"
    yield "mac: run with one", f"docker run --rm --net o2 --mac-address 02:42:0a:09:00:0c {_ADDRESSES}"
    yield "mac: remove", "docker network rm o2"
    yield "nosuch: create", "docker network create -d recorder --ipam-driver nosuch --subnet 10.9.9.0/24 o3"
    # none at all
    null = "docker network create -d recorder --ipam-driver null"
    yield "null: create", f"{null} u1"
    yield "null: inspect", "docker network inspect u1"
    yield "null: run", f"docker run -d --name cu --net u1 {_SLEEP}"
    yield "null: addresses", "docker exec cu /bin/ip -o addr"
    yield "null: inspect with a resident", "docker network inspect u1"
    yield "null: run with an address", f"docker run --name cv --net u1 --ip 10.9.9.9 {_ADDRESSES}"
    yield "null: remove container", "docker rm -f cu"
    yield "null: remove container with an address", "docker rm cv"
    yield "null: another", f"{null} u2"
    yield "null: remove", "docker network rm u1 u2"
    yield "null: with a subnet", f"{null} --subnet 10.9.9.0/24 u3"
    yield "null: with IPv6", f"{null} --ipv6 u4"
    yield "null: with IPv6: remove", "docker network rm u4"
    yield "null: internal", f"{null} --internal u5"
    yield "null: internal: run", f"docker run --rm --net u5 {_ADDRESSES}"
    yield "null: internal: remove", "docker network rm u5"
    # while the plugin is away
    yield "create before it is gone", f"{OURS} --subnet 10.9.10.0/24 g1"
    yield "gone: create", f"GONE {OURS} --subnet 10.9.11.0/24 g2"
    yield "gone: run", f"GONE docker run --rm --net g1 {_ADDRESSES}"
    yield "back: remove", "docker network rm g1"


def words_of(command: str) -> tuple[str, list[str]]:
    """What is to be done first, and the arguments after ``docker``."""
    first = ""
    if not command.startswith("docker "):
        first, _, command = command.partition(" ")
    return first, shlex.split(command)[1:]


class Played:
    """The recorders beside an engine. They note their calls in one list."""

    def __init__(self, plugins: Path, namespace: Namespace) -> None:
        self.recorder = IpamRecorder(plugins / "recorder.sock", namespace)
        others = [IpamRecorder(plugins / f"{name}.sock", namespace, **more) for name, more in OTHERS.items()]
        self._all = [self.recorder, *others]
        self._mark = 0
        for each in self._all:
            each.calls = self.recorder.calls
            each.start()

    def before(self, first: str) -> None:
        """Do what the step says is to be done first."""
        if first == "GONE":
            self.recorder.stop()
        self._mark = len(self.recorder.calls)

    def after(self, first: str) -> None:
        """Undo it."""
        if first == "GONE":
            self.recorder.start()

    def calls(self) -> list[dict[str, Any]]:
        """All calls of this step, in order."""
        return self.recorder.calls[self._mark :]

    def close(self) -> None:
        for each in self._all:
            each.stop()


def record(version: str) -> list[dict[str, Any]]:
    """What an engine of that version does with all steps."""
    client = shutil.which("docker")
    assert client is not None
    engine, found, seen = Engine(version), [], {}
    engine.up()
    played = Played(engine.plugins_dir, engine.namespace)

    def plain(text: str) -> str:
        text = text.replace(str(engine.home), "<home>")
        return _ID.sub(lambda match: seen.setdefault(match[0], f"<id{len(seen) + 1}>"), text)

    try:
        for name, command in steps():
            first, words = words_of(command)
            played.before(first)
            done = run(client, "-H", f"unix://{engine.socket}", *words, check=False, timeout=120)
            played.after(first)
            said = {"stdout": _ID.sub("<id>", done.stdout), "stderr": _ID.sub("<id>", done.stderr)}
            entry = {"step": name, "command": command, "exit": done.returncode, **said, "calls": played.calls()}
            found.append(json.loads(plain(json.dumps(entry))))
    finally:
        played.close()
        engine.down()
    return found


def main() -> None:
    """Record the versions that are named."""
    for version in sys.argv[1:]:
        lines = ",\n".join(json.dumps(each) for each in record(version))
        (TRANSCRIPTS / f"ipam-{version}.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
