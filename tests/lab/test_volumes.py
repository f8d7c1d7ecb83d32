"""Volumes in the practice engine: what containers see of them, and what they do not."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.inside import FakeClock, in_lab
from tests.lab.ordinary import in_lab_as
from tests.lab.volume_recorder import VolumeRecorder
from workshop.lab.engine import PracticeEngine
from workshop.lab.engine.mounts import mounts_of
from workshop.lab.engine.refusal import Refusal
from workshop.lab.lab import Lab

pytestmark = pytest.mark.lab


@dataclass
class Shelf:
    """An engine with a plugin that keeps volumes in ``folder``."""

    engine: PracticeEngine
    plugin: VolumeRecorder
    folder: Path

    def run(self, name: str, *binds: str, **host: Any) -> Any:
        """Start a container without a network."""
        settings = {"NetworkMode": "none", "Binds": list(binds), "VolumeDriver": "keeper", **host}
        return self.engine.containers.run({"Cmd": ["sleep", "600"], "HostConfig": settings}, name)

    def sh(self, container: Any, script: str) -> str:
        """What a script says in a container, both streams, without the last line feed."""
        ended = self.engine.execs.run(container, ["sh", "-c", f"exec 2>&1; {script}"])
        return ended.stdout.rstrip("\n")

    def methods(self) -> list[str]:
        """The volume driver's methods that were called."""
        return [call["path"].partition(".")[2] for call in self.plugin.calls if "VolumeDriver" in call["path"]]


@contextmanager
def shelf(version: str = "28.5") -> Iterator[Shelf]:
    with tempfile.TemporaryDirectory(prefix="ws-lab-") as made, Lab() as lab:
        home, host = Path(made), lab.hosts["alpha"]
        for name in ("plugins", "volumes"):
            (home / name).mkdir()
        plugin = VolumeRecorder(home / "plugins/keeper.sock", home / "volumes", host.namespace)
        plugin.start()
        try:
            with PracticeEngine(
                host, version, home / "plugins", home / "engine", clock=FakeClock(), volume_dir=home / "volumes"
            ) as engine:
                yield Shelf(engine, plugin, home / "volumes")
        finally:
            plugin.stop()


PLACES = ("/data", "/srv/deep/er", "/tmp/here", "/run/here", "/mnt", "/usr/local/share/new", "/var/lib/x/y", "/home")


@pytest.mark.parametrize("who", ["me", "ordinary user"])
def test_a_volume_is_seen_wherever_its_user_wants_it_and_nothing_else_changes(who: str) -> None:
    def work() -> list[str]:
        with shelf() as lab:
            plain = lab.run("plain")
            look = "for f in / /etc /usr /usr/local/share /var /srv; do echo $f $(ls -A $f); done"
            before = lab.sh(plain, look)
            wrong = []
            box = lab.run("box", *(f"v{number}:{place}" for number, place in enumerate(PLACES)))
            for number, place in enumerate(PLACES):
                said = lab.sh(box, f"echo {number} > {place}/file && cat {place}/file")
                kept = lab.folder / f"v{number}" / "file"
                if said != str(number) or not kept.exists() or kept.read_text() != f"{number}\n":
                    wrong.append(f"{place}: {said}")
            script = (
                "for p in / /etc /usr /usr/local/share /var/lib /var/lib/x /srv /srv/deep; do touch $p/probe 2>&-; done"
            )
            lab.sh(box, script)
            seen = lab.sh(box, f"ls -d /probe /*/probe /*/*/probe /*/*/*/probe 2>&-; {look}")
            extra = {"/": {"data"}, "/usr/local/share": {"new"}, "/srv": {"deep"}}
            for line, was in zip(seen.splitlines(), before.splitlines(), strict=True):
                name, *inside = line.split()
                if set(inside) != set(was.split()[1:]) | extra.get(name, set()):
                    wrong.append(f"{line} was {was}")
            return wrong

    assert in_lab_as(who, work) == []


@in_lab
def test_what_is_read_only_stays_so_and_two_containers_share_what_they_write() -> None:
    with shelf() as lab:
        one, two = lab.run("one", "v1:/data"), lab.run("two", "v1:/other:ro")
        lab.sh(one, "echo hello > /data/file")
        assert lab.sh(two, "cat /other/file; echo more > /other/file").splitlines()[0] == "hello"
        assert lab.sh(two, "touch /other/x || echo refused").endswith("refused")
        lab.engine.containers.remove(one, force=True)
        assert lab.sh(two, "cat /other/file") == "hello"
        assert lab.methods()[-2:] == ["Get", "Unmount"]


@in_lab
def test_a_volume_may_lie_in_another_one() -> None:
    with shelf() as lab:
        box = lab.run("box", "inner:/data/a/b", "outer:/data")
        lab.sh(box, "echo in > /data/a/b/file; echo out > /data/file")
        assert sorted(path.name for path in lab.folder.glob("*/file")) == ["file", "file"]
        assert (lab.folder / "inner/file").read_text() == "in\n"


@in_lab
def test_an_exec_and_a_restart_see_the_volume_as_well() -> None:
    with shelf() as lab:
        box = lab.run("box", "v1:/data")
        lab.sh(box, "echo hello > /data/file")
        lab.engine.containers.stop(box, 0)
        lab.engine.containers.start(box)
        assert lab.sh(box, "cd /data && cat file") == "hello"
        assert lab.engine.execs.run(box, ["cat", "file"], workdir="/data").stdout == "hello\n"


@pytest.mark.parametrize("place", ["/etc", "/", "folder", "link"])
@in_lab
def test_what_is_elsewhere_is_not_given_to_a_container(place: str) -> None:
    with shelf() as lab:
        (lab.folder / "link").symlink_to("/etc")
        told = {"folder": str(lab.folder), "link": str(lab.folder / "link")}.get(place, place)
        lab.plugin.answer("/VolumeDriver.Create", {"Name": "odd"})
        lab.plugin._volume_Mount = lambda name, options: {"Mountpoint": told}  # type: ignore[method-assign]
        with pytest.raises(Refusal, match="mounts only what is in") as caught:
            lab.run("box", "odd:/data")
        assert str(lab.folder) in caught.value.message
        assert lab.methods()[-2:] == ["Get", "Unmount"]


@in_lab
def test_an_engine_without_a_place_for_volumes_has_its_own_ones_only() -> None:
    with tempfile.TemporaryDirectory(prefix="ws-lab-") as made, Lab() as lab:
        home, host = Path(made), lab.hosts["alpha"]
        with PracticeEngine(host, "28.5", home / "plugins", home / "engine", clock=FakeClock()) as engine:
            body = {"Cmd": ["sleep", "60"], "HostConfig": {"NetworkMode": "none", "Binds": ["mine:/data"]}}
            box = engine.containers.run(body, "box")
            assert engine.execs.run(box, ["sh", "-c", "echo x > /data/f"]).exit_code == 0
            assert [each.name for each in engine.volumes.list()] == ["mine"]
            assert list((home / "engine/local-volumes/mine/_data").iterdir())
        assert not (home / "engine").exists(), "its own volumes go with the engine"


@in_lab
def test_eight_who_want_the_same_new_volume_get_one() -> None:
    with shelf() as lab:
        barrier = threading.Barrier(8)

        def want(number: int) -> None:
            barrier.wait()
            lab.run(f"box{number}", "v1:/data")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(want, range(8)))
        assert lab.methods().count("Create") == 1
        assert lab.methods().count("Mount") == 8
        with pytest.raises(Refusal, match=r"remove v1: volume is in use - \[\w{64}(, \w{64}){7}\]"):
            lab.engine.volumes.remove("v1")


@in_lab
def test_a_container_that_cannot_have_its_volumes_is_not_there_and_holds_none() -> None:
    with shelf() as lab:
        asked = {"Type": "volume", "Source": "bad", "Target": "/b"}
        asked["VolumeOptions"] = {"DriverConfig": {"Name": "keeper", "Options": {"fail": "Create"}}}
        with pytest.raises(Refusal, match="create bad: told to fail at Create"):
            lab.run("box", "good:/a", Mounts=[asked])
        assert lab.engine.containers.all() == []
        lab.engine.volumes.remove("good")


@pytest.mark.parametrize("patience", [0.0, 2.0])
@in_lab
def test_an_engine_that_forgets_has_no_volumes_and_tells_the_plugin_if_there_is_time(patience: float) -> None:
    with shelf() as lab:
        lab.run("box", "v1:/data")
        lab.engine.volumes.create("v2")
        lab.engine.forget(patience)
        assert lab.engine.volumes.known() == []
        assert [method in lab.methods() for method in ("Unmount", "Remove")] == [bool(patience)] * 2
        assert lab.engine.volumes.list({"driver": ["local"]}) == []
        lab.run("box", "v1:/data")


@pytest.mark.fast
@pytest.mark.parametrize(
    ("host", "error"),
    [
        ({"Binds": ["/etc:/x"]}, "mounts only volumes"),
        ({"Binds": ["a:/x:ro,rw"]}, "invalid mode: ro,rw"),
        ({"Binds": ["a:/x:shared"]}, "invalid mode: shared"),
        ({"Binds": ["a"]}, "invalid volume specification: 'a'"),
        ({"Binds": ["a:/.."]}, "destination can't be '/'"),
        ({"Mounts": [{"Type": "bind", "Source": "/etc", "Target": "/x"}]}, "mounts only volumes"),
        ({"Mounts": [{"Type": "volume", "Source": "a"}]}, "field Target must not be empty"),
        ({"Mounts": [{"Type": "volume", "Target": "x"}]}, "mount path must be absolute"),
    ],
)
def test_mounts_that_make_no_sense_are_refused(host: dict[str, Any], error: str) -> None:
    with pytest.raises(Refusal) as caught:
        mounts_of({"HostConfig": host})
    assert error in caught.value.message and caught.value.status == 400


@pytest.mark.fast
def test_mounts_are_read_in_all_their_forms() -> None:
    body = {
        "Volumes": {"/anonymous": {}, "/a": {}},
        "HostConfig": {
            "Binds": ["n1:/a", "n2:/b/../c:ro,z"],
            "Mounts": [{"Type": "volume", "Target": "/d", "VolumeOptions": {"DriverConfig": {"Name": "k"}}}],
            "VolumeDriver": "keeper",
        },
    }
    one, two, three, four = mounts_of(body).points
    assert (one.name, one.target, one.wished, one.read_only) == ("n1", "/a", "keeper", False)
    assert (two.target, two.read_only, two.mode) == ("/c", True, "ro,z")
    assert (three.target, three.wished, three.anonymous, len(three.name)) == ("/d", "k", True, 64)
    assert (four.target, four.wished, four.anonymous, len(four.name)) == ("/anonymous", "keeper", True, 64)
