"""What is asked of real engines about volumes, and how the answers come to be in ``tests/transcripts/volumes-*.json``.

To record them anew, as root: ``python -m tests.lab.volume_steps 20.10 26.1 28.5``. The client is the ``docker`` that is
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

from tests.lab.volume_recorder import VolumeRecorder
from tests.support.engine import Engine
from tests.support.shell import run

CAPABLE: dict[str, tuple[int, Any]] = {
    "dumb": (404, None),
    "failing": (200, {"Err": "told to fail at Capabilities"}),
    "global": (200, {"Capabilities": {"Scope": "global"}}),
    "odd": (200, {"Capabilities": {"Scope": "everywhere"}}),
    "empty": (200, {}),
}
"""Drivers that are started late, and their answers to Capabilities."""

TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"
_WRITE = "-c 'echo hello > /data/file'"
_BUSY = "busybox /bin/sleep 600"
_TRY = "busybox /bin/sh -c 'echo more 2>/dev/null > /data/file || echo refused; cat /data/file'"


def steps() -> Iterator[tuple[str, str]]:
    """Each step's name and its command."""
    yield "create", "docker volume create -d recorder -o colour=blue --label a=b v1"
    yield "create the same again", "docker volume create -d recorder v1"
    yield "create the same again, driver not named", "docker volume create v1"
    yield "create the same for another driver", "docker volume create -d local v1"
    yield "list", "docker volume ls"
    yield "list names", "docker volume ls -q"
    yield "list one driver's", "docker volume ls -f driver=recorder"
    yield "list by name", "docker volume ls -q -f name=v"
    yield "list by label", "docker volume ls -q -f label=a=b"
    yield "list by another label", "docker volume ls -q -f label=a=c"
    yield "list the unused", "docker volume ls -q -f dangling=true"
    yield "list with a template", "docker volume ls --format {{.Name}}:{{.Driver}}:{{.Scope}}"
    yield "inspect", "docker volume inspect v1"
    yield "inspect one field", "docker volume inspect -f {{.Mountpoint}} v1"
    yield "inspect one that is not there", "docker volume inspect nosuch"
    yield "write", f"docker run --rm --net none -v v1:/data busybox /bin/sh {_WRITE}"
    yield "read", "docker run --rm --net none -v v1:/data busybox /bin/cat /data/file"
    yield "write where it is read-only", f"docker run --rm --net none -v v1:/data:ro {_TRY}"
    yield "two containers: first", f"docker run -d --name c1 --net none -v v1:/data {_BUSY}"
    yield "two containers: second", f"docker run -d --name c2 --net none -v v1:/data:ro {_BUSY}"
    yield "mounts of the first", "docker inspect -f '{{json .Mounts}}' c1"
    yield "mounts of the second", "docker inspect -f '{{json .Mounts}}' c2"
    yield "binds of the first", "docker inspect -f '{{json .HostConfig.Binds}}' c1"
    yield "list the unused, of none", "docker volume ls -q -f dangling=true"
    yield "list the used", "docker volume ls -q -f dangling=false"
    yield "remove one in use", "docker volume rm v1"
    yield "remove one in use by force", "docker volume rm -f v1"
    yield "inspect one in use", "docker volume inspect v1"
    yield "stop the first", "docker stop -t 0 c1"
    yield "the second still reads", "docker exec c2 /bin/cat /data/file"
    yield "mounts of the stopped one", "docker inspect -f '{{json .Mounts}}' c1"
    yield "start the first", "docker start c1"
    yield "restart the first", "docker restart -t 0 c1"
    yield "a program that is not there", "docker run --rm --net none -v v1:/data busybox /no/such"
    yield "remove the first", "docker rm -f c1"
    yield "remove the second", "docker rm -f c2"
    yield "create a container only", f"docker create --name c3 --net none -v v1:/data {_BUSY}"
    yield "remove one that a container is to have", "docker volume rm v1"
    yield "remove that container", "docker rm c3"
    yield "one volume twice", f"docker run --rm --net none -v v1:/data -v v1:/other:ro {_TRY}"
    yield "the same place twice", f"docker run --rm --net none -v v1:/data -v v1:/data:ro {_BUSY}"
    yield "remove", "docker volume rm v1"
    yield "remove once more", "docker volume rm v1"
    yield "remove once more by force", "docker volume rm -f v1"
    yield "list after all", "docker volume ls"
    # made as they are needed
    yield (
        "one that is new",
        f"docker run --rm --net none --volume-driver recorder -v new:/data busybox /bin/sh {_WRITE}",
    )
    yield "it stays", "docker volume inspect new"
    yield "remove it", "docker volume rm new"
    yield "one without a name", "docker run --rm --net none --volume-driver recorder -v /data busybox /bin/ls /data"
    yield "it goes with its container", "docker volume ls -q"
    yield (
        "one without a name that stays",
        f"docker run -d --name c4 --net none --volume-driver recorder -v /data {_BUSY}",
    )
    yield "its container is stopped", "docker stop -t 0 c4"
    yield "it has stayed", "docker volume ls -q -f driver=recorder"
    yield "its container is removed with it", "docker rm -v c4"
    yield "it has gone", "docker volume ls -q -f driver=recorder"
    mount = "type=volume,src=m1,dst=/data,volume-driver=recorder,volume-opt=colour=red"
    yield "by --mount", f"docker run --rm --net none --mount {mount} busybox /bin/sh {_WRITE}"
    yield "by --mount, read-only", f"docker run --rm --net none --mount {mount},readonly {_TRY}"
    yield (
        "by --mount without a driver",
        "docker run --rm --net none --mount source=m1,target=/data busybox /bin/cat /data/file",
    )
    yield "a container by --mount", f"docker create --name c5 --net none --mount {mount} {_BUSY}"
    yield "its mounts", "docker inspect -f '{{json .Mounts}}' c5"
    yield "what was asked for", "docker inspect -f '{{json .HostConfig.Mounts}}' c5"
    yield "remove it", "docker rm c5"
    yield "remove m1", "docker volume rm m1"
    yield "--mount: no target", "docker run --rm --net none --mount type=volume,src=m1 busybox /bin/true"
    yield (
        "--mount: unknown key",
        "docker run --rm --net none --mount type=volume,colour=red,dst=/data busybox /bin/true",
    )
    yield "--mount: no pair", "docker run --rm --net none --mount volume busybox /bin/true"
    yield "--mount: unknown type", "docker run --rm --net none --mount type=cloud,dst=/data busybox /bin/true"
    # names
    for name in ("a/b", "..", ".", "x", "ä", "a:b", "_a", "'a b'"):
        yield f"create {name}", f"docker volume create -d recorder {name}"
        yield f"remove {name}", f"docker volume rm {name}"
    for name in ("a/b", "..", "x", "ä"):
        yield f"create a local {name}", f"docker volume create {name}"
    yield "run with a/b", "docker run --rm --net none --volume-driver recorder -v a/b:/data busybox /bin/true"
    yield "run with ää", "docker run --rm --net none --volume-driver recorder -v ää:/data busybox /bin/true"
    yield "remove ää", "docker volume rm ää"
    yield "run with a place that is no path", "docker run --rm --net none -v v9:data busybox /bin/true"
    yield "run with / as the place", "docker run --rm --net none -v v9:/ busybox /bin/true"
    yield "run with an unknown mode", "docker run --rm --net none -v v9:/data:colour busybox /bin/true"
    yield "run with an empty name", "docker run --rm --net none -v :/data busybox /bin/true"
    yield "run with too much", "docker run --rm --net none -v a:/b:ro:c busybox /bin/true"
    yield "an odd name", "docker volume create -d recorder A.b_c-9"
    yield "remove the odd name", "docker volume rm A.b_c-9"
    # a driver that is none
    yield "no such driver", "docker volume create -d nosuch v1"
    yield "not a volume driver", "docker volume create -d netonly v1"
    yield "not a volume driver, run", "docker run --rm --net none --volume-driver netonly -v v1:/data busybox /bin/true"
    # faults, one after the other
    for method in ("Create", "Get", "List", "Mount", "Path", "Unmount", "Remove"):
        for kind in ("fail", "missing"):
            yield from _with_a_fault(f"{kind}={method}")
    for fault in ("nowhere=1", "lost=1", "silent=1", "bare=1", "status=1"):
        yield from _with_a_fault(fault)
    # beside a network of the same plugin
    yield "a network", "docker network create -d recorder --subnet 10.9.0.0/24 n1"
    yield "both", "docker run -d --name both --net n1 -v b1:/data --volume-driver recorder busybox /bin/sleep 600"
    yield "both: stop", "docker stop -t 0 both"
    yield "both: start", "docker start both"
    yield "both: remove", "docker rm -f both"
    yield "both: a program that is not there", "docker run --rm --net n1 -v b1:/data busybox /no/such"
    yield "a volume that cannot be mounted", "docker volume create -d recorder -o fail=Mount b2"
    yield "both: the volume fails", "docker run --rm --net n1 -v b2:/data busybox /bin/true"
    yield "both: the second volume fails", "docker run --rm --net n1 -v b1:/a -v b2:/b busybox /bin/true"
    yield "a network that cannot be joined", "docker network create -d recorder --subnet 10.9.1.0/24 -o fail=Join n2"
    yield "both: the network fails", "docker run --rm --net n2 -v b1:/data busybox /bin/true"
    yield "remove the networks", "docker network rm n1 n2"
    yield "remove the volumes", "docker volume rm b1 b2"
    # what the driver knows and Docker does not, and the other way round
    yield "a volume that the driver alone knows: list", "OUTSIDE docker volume ls -q"
    yield "a volume that the driver alone knows: inspect", "docker volume inspect outside"
    yield "a volume that the driver alone knows: run", "docker run --rm --net none -v outside:/data busybox /bin/true"
    yield "a volume that the driver alone knows: remove", "docker volume rm outside"
    yield "create one to be lost", "docker volume create -d recorder gone"
    yield "the driver has lost it: list", "LOSE docker volume ls -q -f driver=recorder"
    yield "the driver has lost it: inspect", "docker volume inspect gone"
    yield "the driver has lost it: run", "docker run --rm --net none -v gone:/data busybox /bin/true"
    yield "the driver has lost it: remove", "docker volume rm gone"
    # Docker's own driver
    yield "a local one", "docker volume create --label a=b l1"
    yield "a local one: inspect", "docker volume inspect l1"
    yield "a local one: write", f"docker run --rm --net none -v l1:/data busybox /bin/sh {_WRITE}"
    yield "a local one: read", "docker run --rm --net none -v l1:/data busybox /bin/cat /data/file"
    yield "a local one for the recorder", "docker volume create -d recorder l1"
    yield "a local one: remove", "docker volume rm l1"
    yield "one that comes by itself", f"docker run --rm --net none -v l2:/data busybox /bin/sh {_WRITE}"
    yield "several: remove", "docker volume rm l2 nosuch l3"
    # what it is capable of
    for name in CAPABLE:
        yield f"{name}: create", f"START-{name} docker volume create -d {name} {name}1"
        yield f"{name}: list", f"docker volume ls -f driver={name}"
        yield f"{name}: scope", f"docker volume inspect -f '{{{{.Scope}}}}' {name}1"
        yield f"{name}: remove", f"docker volume rm {name}1"
    yield "not a network driver", "docker network create -d dumb n1"
    yield "one that nobody knows, with several drivers", "docker volume inspect nosuch"
    # while the plugin is away
    yield "create before it is gone", "docker volume create -d recorder away"
    yield "gone: list", "GONE docker volume ls -q -f driver=recorder"
    yield "gone: inspect", "GONE docker volume inspect away"
    yield "gone: run", "GONE docker run --rm --net none -v away:/data busybox /bin/true"
    yield "gone: remove", "GONE docker volume rm away"
    yield "back: remove", "docker volume rm away"


def _with_a_fault(fault: str) -> Iterator[tuple[str, str]]:
    yield f"{fault}: create", f"docker volume create -d recorder -o {fault} f1"
    yield f"{fault}: run", "docker run --rm --net none -v f1:/data busybox /bin/true"
    yield f"{fault}: inspect", "docker volume inspect f1"
    yield f"{fault}: list", "docker volume ls -q -f name=f1"
    if fault in ("bare=1", "missing=Path"):
        yield f"{fault}: create a container", "docker create --name cf --net none -v f1:/data busybox /bin/sleep 600"
        yield f"{fault}: look at it", "docker inspect -f '{{json .Mounts}}' cf"
        yield f"{fault}: start it", "docker start cf"
        yield f"{fault}: look at it as it runs", "docker inspect -f '{{json .Mounts}}' cf"
        yield f"{fault}: remove it", "docker rm -f cf"
    yield f"{fault}: remove", "docker volume rm f1"
    if fault.endswith("Remove"):
        yield f"{fault}: remove by force", "docker volume rm -f f1"
        yield f"{fault}: list what is left", "docker volume ls -q"
    yield f"{fault}: clear up", "CLEAR docker volume rm -f f1"


def words_of(command: str) -> tuple[str, list[str]]:
    """What is to be done first, and the arguments after ``docker``."""
    first = ""
    if not command.startswith("docker "):
        first, _, command = command.partition(" ")
    return first, shlex.split(command)[1:]


class Played:
    """Recorders beside an engine, and what a step has done to them before its command."""

    def __init__(self, plugins: Path, folder: Path, namespace: Any) -> None:
        folder.mkdir(exist_ok=True)
        self._plugins, self._folder, self._namespace = plugins, folder, namespace
        self.recorder = VolumeRecorder(plugins / "recorder.sock", folder, namespace)
        self.recorder.start()
        self.others: list[VolumeRecorder] = []
        self._start("netonly", ("NetworkDriver",))

    def _start(self, name: str, *what: Any) -> None:
        new = VolumeRecorder(self._plugins / f"{name}.sock", self._folder, self._namespace, *what)
        new.start()
        self.others.append(new)

    def before(self, first: str) -> None:
        """Do what the step says is to be done first."""
        if first == "GONE":
            self.recorder.stop()
        elif first == "OUTSIDE":
            self.recorder.answer("/VolumeDriver.Create", {"Name": "outside"})
        elif first == "LOSE":
            self.recorder.answer("/VolumeDriver.Remove", {"Name": "gone"})
        elif first == "CLEAR":
            self.recorder.volumes.pop("f1", None)
        elif first.startswith("START-"):
            name = first.removeprefix("START-")
            self._start(name, ("VolumeDriver",), CAPABLE[name])

    def after(self, first: str) -> None:
        """Undo it."""
        if first == "GONE":
            self.recorder.start()

    def calls(self) -> list[dict[str, Any]]:
        """All calls so far, the recorder's first. Their headers are in the networks' transcripts."""
        calls = [call for each in (self.recorder, *self.others) for call in each.calls]
        return [{key: value for key, value in call.items() if key != "headers"} for call in calls]

    def forget(self) -> None:
        """Begin the list of calls anew."""
        for each in (self.recorder, *self.others):
            each.calls.clear()

    def close(self) -> None:
        for each in (self.recorder, *self.others):
            each.stop()


def record(version: str) -> list[dict[str, Any]]:
    """What an engine of that version does with all steps."""
    client = shutil.which("docker")
    assert client is not None
    engine, found = Engine(version), []
    engine.up()
    folder = engine.home / "volumes"
    played = Played(engine.plugins_dir, folder, engine.namespace)
    try:
        for name, command in steps():
            first, words = words_of(command)
            played.before(first)
            played.forget()
            done = run(client, "-H", f"unix://{engine.socket}", *words, check=False, timeout=120)
            played.after(first)
            entry = {
                "step": name,
                "command": command,
                "exit": done.returncode,
                "stdout": done.stdout,
                "stderr": done.stderr,
                "calls": played.calls(),
            }
            places = {"<local>": engine.home / "data/volumes", "<volumes>": folder, "<home>": engine.home}
            found.append(plain(entry, places))
    finally:
        played.close()
        engine.down()
    return found


def plain(entry: dict[str, Any], places: dict[str, Path]) -> dict[str, Any]:
    """A step without what is only of one run: its folders, and the IDs of networks, containers and volumes."""
    text = json.dumps(entry)
    for name, place in places.items():
        text = text.replace(str(place), name)
    seen: dict[str, str] = {}
    text = re.sub(r"\b[0-9a-f]{64}\b", lambda match: seen.setdefault(match[0], f"<id{len(seen) + 1}>"), text)
    return json.loads(text)


def main() -> None:
    """Record the versions that are named."""
    for version in sys.argv[1:]:
        lines = ",\n".join(json.dumps(each) for each in record(version))
        (TRANSCRIPTS / f"volumes-{version}.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
