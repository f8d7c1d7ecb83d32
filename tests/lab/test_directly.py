"""The engine used from Python, without HTTP between the two."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.lab.inside import Bench, bench, in_lab
from tests.support.shell import until
from workshop.kernel.namespaces import Namespace
from workshop.lab.engine.process import Output, Process
from workshop.lab.engine.refusal import Refusal

VERSIONS = ("20.10", "26.1", "28.5")


def network(name: str, subnet: str, **options: str) -> dict[str, Any]:
    """What `docker network create` asks for."""
    return {"Name": name, "Driver": "recorder", "Options": options, "IPAM": {"Config": [{"Subnet": subnet}]}}


def container(network_name: str, *command: str) -> dict[str, Any]:
    """What `docker run` asks for."""
    return {"Image": "busybox", "Cmd": list(command or ["sleep", "600"]), "HostConfig": {"NetworkMode": network_name}}


@pytest.mark.parametrize("version", VERSIONS)
@in_lab
def test_a_whole_round_from_network_to_nothing(version: str) -> None:
    with bench(version) as lab:
        engine, links = lab.engine, lab.links()
        net = engine.networks.create(network("n", "10.9.0.0/24", nogw="1", colour="red"))
        assert engine.inspect_network(net)["Options"] == {"nogw": "1", "colour": "red"}
        boxes = [engine.containers.run(container("n"), name) for name in ("one", "two")]
        for box in boxes:
            done = engine.execs.run(box, ["ping", "-c", "1", "-W", "20", "192.0.2.1"])
            assert done.exit_code == 0 and "1 packets transmitted" in done.stdout, done
        attached = engine.inspect(boxes[0])["NetworkSettings"]["Networks"]["n"]
        assert attached["IPAddress"] == "10.9.0.2" and attached["NetworkID"] == net.id
        for box in boxes:
            engine.containers.remove(box, force=True)
        engine.networks.remove(net)
        gateway_bridge = {"docker_gwbridge"}
        assert lab.links() - gateway_bridge == links
        assert not engine.containers.all()


@in_lab
def test_the_calling_thread_stays_in_its_namespace() -> None:
    with bench() as lab:
        before = Namespace.current().key
        lab.engine.networks.create(network("n", "10.9.0.0/24"))
        box = lab.engine.containers.run(container("n"), "box")
        lab.engine.execs.run(box, ["true"])
        lab.engine.containers.remove(box, force=True)
        assert Namespace.current().key == before


@in_lab
def test_a_command_gives_its_exit_code_and_what_it_wrote_to_each_stream() -> None:
    with bench() as lab:
        lab.engine.networks.create(network("n", "10.9.0.0/24"))
        box = lab.engine.containers.run(container("n"), "box")
        script = "echo out; echo err >&2; echo $MOOD; pwd; exit 7"
        done = lab.engine.execs.run(box, ["sh", "-c", script], env=["MOOD=good"], workdir="/tmp")
        assert (done.exit_code, done.stdout, done.stderr) == (7, "out\ngood\n/tmp\n", "err\n")
        done = lab.engine.execs.run(box, ["nosuchprogram"])
        assert done.exit_code == 127 and "executable file not found" in done.stdout
        done = lab.engine.execs.run(box, ["sh", "-c", "kill -9 $$"])
        assert done.exit_code == 137


@in_lab
def test_a_command_that_takes_too_long_is_killed() -> None:
    with bench() as lab:
        lab.engine.networks.create(network("n", "10.9.0.0/24"))
        box = lab.engine.containers.run(container("n"), "box")
        with pytest.raises(TimeoutError, match=r"^sleep 4321 did not end within 0\.3 s$"):
            lab.engine.execs.run(box, ["sleep", "4321"], timeout=0.3)
        assert until(lambda: not running(b"sleep\x004321\x00"))


@in_lab
def test_what_is_not_running_is_refused() -> None:
    with bench() as lab:
        lab.engine.networks.create(network("n", "10.9.0.0/24"))
        box = lab.engine.containers.create(container("n"), "box")
        with pytest.raises(Refusal, match="is not running"):
            lab.engine.execs.run(box, ["true"])


def running(words: bytes) -> list[str]:
    """The processes of the lab that were started with these words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if path.read_bytes() == words:
                found.append(path.parent.name)
    return found


def spawner_of(lab: Bench) -> int:
    """The process that containers come from: a child of this one."""
    mine = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            words = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"/lab/container/" in words:
            mine.append(int(path.parent.name))
    assert len(mine) == 1
    return mine[0]


@in_lab
def test_containers_go_on_when_the_process_they_come_from_is_killed_and_more_can_be_made() -> None:
    with bench() as lab:
        lab.engine.networks.create(network("n", "10.9.0.0/24"))
        one = lab.engine.containers.run(container("n"), "one")
        killed = spawner_of(lab)
        os.kill(killed, signal.SIGKILL)
        os.waitpid(killed, 0)
        two = lab.engine.containers.run(container("n"), "two")
        assert spawner_of(lab) != killed
        for box in (one, two):
            assert lab.engine.execs.run(box, ["true"]).exit_code == 0
        assert lab.engine.containers.stop(one, 0)
        assert one.exit_code == 137


@in_lab
def test_the_process_they_come_from_ends_with_the_engine() -> None:
    with bench() as lab:
        lab.engine.networks.create(network("n", "10.9.0.0/24"))
        lab.engine.containers.run(container("n"), "one")
        spawner = spawner_of(lab)
        lab.engine.stop()
        assert not Path(f"/proc/{spawner}").exists()


@in_lab
def test_many_commands_at_once_get_their_own_output() -> None:
    with bench() as lab:
        lab.engine.networks.create(network("n", "10.9.0.0/24"))
        box = lab.engine.containers.run(container("n"), "box")
        said: dict[int, str] = {}

        def ask(number: int) -> None:
            said[number] = lab.engine.execs.run(box, ["sh", "-c", f"echo {number}; sleep 0.1; echo {number}"]).stdout

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert said == {number: f"{number}\n{number}\n" for number in range(12)}


@pytest.mark.parametrize("said", [b"", b"137"])
@pytest.mark.parametrize("hears", [True, False])
@pytest.mark.fast
def test_a_process_that_died_before_it_could_say_anything_is_told_as_such(said: bytes, hears: bool) -> None:
    class Dying:
        """A spawner whose processes end at once, with or without a last word."""

        def spawn(self, control: socket.socket, out: int, err: int) -> None:
            threading.Thread(target=self.die, args=(control.dup(),)).start()

        def die(self, control: socket.socket) -> None:
            with control:
                if hears:
                    control.recv(1 << 16)
                if said:
                    control.send(said)

    spawner: Any = Dying()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(Refusal, match="cannot be made: its first process died$"):
            Process({}, spawner, Output())
    assert until(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before), "no descriptor stays open"


@pytest.mark.fast
def test_the_exit_code_is_known_though_a_signal_came_too_late() -> None:
    class Ending:
        """A spawner whose process has ended before it reads what comes last."""

        def __init__(self) -> None:
            self.signalled, self.thread = threading.Event(), threading.Thread()

        def spawn(self, control: socket.socket, out: int, err: int) -> None:
            self.thread = threading.Thread(target=self.end, args=(control.dup(),))
            self.thread.start()

        def end(self, control: socket.socket) -> None:
            with control:
                control.recv(1 << 16)
                control.send(b'{"error": "", "pid": 1}')
                self.signalled.wait(60)
                control.send(b"7")

    spawner: Any = Ending()
    process = Process({}, spawner, Output())
    process.kill()
    spawner.signalled.set()
    spawner.thread.join()
    assert process.wait() == process.wait() == 7
    process.close()
