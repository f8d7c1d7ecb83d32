"""The lab: hosts, the way into namespaces of one's own, for root and for everybody else, and out again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from tests.lab.inside import bench, call_in_lab, in_lab
from tests.lab.ordinary import NOBODY, as_nobody
from tests.support.kinds import is_root
from workshop.errors import UsageError
from workshop.lab import reenter
from workshop.lab.applets import install
from workshop.lab.lab import Lab

HERE = Path(__file__).parents[2]

INSIDE = """
import os, sys, time
from workshop.lab import reenter
reenter.reenter()
print("inside", os.getuid(), reenter.outer_pid(), flush=True)
"""


def start(script: str) -> subprocess.Popen[str]:
    """A program that goes on in the lab, with ``script`` as what it does there."""
    text = INSIDE + textwrap.dedent(script)
    words = [sys.executable, "-c", text]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, cwd=HERE, text=True, stdout=pipe, stderr=pipe)


@in_lab
def test_two_hosts_reach_each_other_and_the_world_over_the_switch() -> None:
    with Lab(("alpha", "beta")) as lab:
        alpha = lab.hosts["alpha"]
        for address in (lab.hosts["beta"].address, "192.0.2.1", lab.hosts["beta"].address6):
            ping = [sys.executable, str(Path(install.__file__).with_name("ping.py")), "-c", "2", address]
            done = alpha.namespace.run(lambda ping=ping: subprocess.run(ping, capture_output=True, text=True))
            assert done.returncode == 0, done.stdout + done.stderr


@in_lab
def test_a_host_forwards_as_dockers_hosts_do() -> None:
    with Lab() as lab:
        read = Path("/proc/sys/net/ipv4/ip_forward").read_text
        assert lab.hosts["alpha"].namespace.run(read).strip() == "1"


@in_lab
def test_a_stopped_lab_leaves_no_link() -> None:
    before = sorted(path.name for path in Path("/sys/class/net").iterdir())
    with Lab(("alpha", "beta")):
        assert (Path("/sys/class/net") / "ws-beta").exists()
    assert sorted(path.name for path in Path("/sys/class/net").iterdir()) == before


@pytest.mark.fast
@pytest.mark.parametrize("names", [(), ("a", "a"), ("way-too-long",), ("a b",)])
def test_hosts_need_names_that_fit_into_links_names(names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        Lab(names)


def test_this_machine_is_found_able_to_run_the_lab() -> None:
    assert reenter.probe() is None


def test_the_lab_is_refused_once_threads_run() -> None:
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        if not reenter.inside():
            with pytest.raises(RuntimeError, match="before any thread"):
                reenter.reenter()
    finally:
        done.set()
        thread.join()


def test_inside_it_is_root_and_the_exit_code_comes_out() -> None:
    process = start("sys.exit(7)")
    out, err = process.communicate(timeout=20)
    assert process.returncode == 7, err
    assert out.split() == ["inside", "0", str(process.pid)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_inside_once(number: signal.Signals) -> None:
    process = start(
        f"""
        import signal
        seen = []
        signal.signal({int(number)}, lambda *_: seen.append(1))
        print("ready", flush=True)
        while not seen:
            time.sleep(0.01)
        time.sleep(0.2)
        sys.exit(40 + len(seen))
        """
    )
    assert process.stdout and process.stdout.readline() and process.stdout.readline() == "ready\n"
    process.send_signal(number)
    process.communicate(timeout=20)
    assert process.returncode == 41


def test_a_terminal_that_goes_away_is_told_inside_where_the_outer_process_leads_its_session() -> None:
    ours, theirs = os.openpty()
    text = (
        INSIDE + "import signal\nsignal.signal(signal.SIGHUP, lambda *_: sys.exit(43))\nprint('ready')\ntime.sleep(20)"
    )
    lead = "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    lead += "os.execv(sys.argv[1], sys.argv[1:])"
    words = [sys.executable, "-c", lead, sys.executable, "-u", "-c", text]
    process = subprocess.Popen(words, cwd=HERE, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    while b"ready\r\n" not in said:
        said += os.read(ours, 4096)
    os.close(ours)
    assert process.wait(10) == 43


def test_when_the_outer_process_is_killed_all_inside_ends() -> None:
    process = start(
        """
        import subprocess
        child = subprocess.Popen(["sleep", "1000"])
        print(os.readlink("/proc/self/ns/pid"), flush=True)
        time.sleep(1000)
        """
    )
    assert process.stdout and process.stdout.readline()
    namespace = process.stdout.readline().strip()
    assert members(namespace)
    process.kill()
    process.communicate(timeout=20)
    deadline = time.monotonic() + 5
    while members(namespace) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not members(namespace)


def test_what_iptables_locks_has_no_name_and_is_the_same_for_all_in_the_lab() -> None:
    process = start(
        """
        import fcntl, subprocess
        path = os.environ["XTABLES_LOCKFILE"]
        held = os.open(path, os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        print(os.readlink(path), flush=True)
        script = "import fcntl, sys; fcntl.flock(open(sys.argv[1]), fcntl.LOCK_EX | fcntl.LOCK_NB)"
        other = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True)
        print(other.stderr.splitlines()[-1])
        """
    )
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    name, other = out.splitlines()[1:]
    assert name.startswith("/memfd:"), "no file is left when the lab is killed"
    assert other.startswith("BlockingIOError")


def members(namespace: str) -> list[str]:
    """The processes in a PID namespace, as seen from outside."""
    found = []
    for path in Path("/proc").glob("[0-9]*/ns/pid"):
        try:
            if str(path.readlink()) == namespace:
                found.append(path.parts[2])
        except OSError:
            continue
    return found


def test_a_socket_bound_before_still_listens_outside() -> None:
    script = """
    import socket
    end = socket.create_server(("127.0.0.1", 0))
    port = end.getsockname()[1]
    from workshop.lab import reenter
    reenter.reenter()
    print(port, flush=True)
    peer, _ = end.accept()
    peer.sendall(b"from the lab")
    """
    words = [sys.executable, "-c", textwrap.dedent(script)]
    process = subprocess.Popen(words, cwd=HERE, text=True, stdout=subprocess.PIPE)
    assert process.stdout
    port = int(process.stdout.readline())
    import socket

    with socket.create_connection(("127.0.0.1", port), timeout=10) as end:
        assert end.recv(64) == b"from the lab"
    assert process.wait(10) == 0


@pytest.mark.parametrize("version", ["20.10", "28.5"])
def test_everything_works_for_an_ordinary_user(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def whole_way() -> list[str]:
        with bench(version) as lab:
            before = lab.links()
            lab.network("net", "10.9.0.0/24")
            lab.run("one", "net")
            lab.run("two", "net", host={"PortBindings": {"80/tcp": [{"HostPort": "8080"}]}})
            assert lab.execute("one", "getent", "hosts", "two")[1].startswith("10.9.0.3")
            lab.api.post("/containers/one/restart", t="0")
            lab.engine.stop()
            assert lab.links() == before
            return [Path("/proc/self/uid_map").read_text().split()[1], str(lab.engine.firewall)]

    if is_root():
        monkeypatch.setenv("TMPDIR", "/tmp")
        uid, _ = as_nobody(lambda: call_in_lab(whole_way))
        assert uid == str(NOBODY)
    else:
        call_in_lab(whole_way)
