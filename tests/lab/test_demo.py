"""The command ``demo``: the whole lab, as root and as an ordinary user, and nothing of it left."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

import pytest

import workshop
from tests.support.lab_command import lab_command
from workshop.kernel import lacking

NOBODY = 65534


ORDINARY = {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def headless(*options: str) -> subprocess.CompletedProcess[str]:
    """A talk, given once."""
    return subprocess.run(
        [sys.executable, "-m", "workshop", "demo", "--headless", *options],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("engine", ["20.10", "26.1"])
def test_the_whole_talk_works_and_leaves_nothing_whichever_docker_is_played(engine):
    done = headless("--engine", engine)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert done.stdout.count("200 OK") == 2 and done.stdout.count(" 0% packet loss") == 2
    assert re.search(r"call \d+, Leave, .*\n +ip link del wsc\w{10}\n +the kernel: No such device", done.stdout)
    assert re.search(r"left over on alpha: wsh\w{10}\n +made by call \d+, CreateEndpoint", done.stdout)


@pytest.mark.parametrize(
    ("kind", "engine", "reached", "not_reached"),
    [("bridge", "28.5", 1, 1), ("vxlan", "20.10", 2, 1), ("macvlan", "26.1", 1, 0), ("routed", "28.5", 2, 1)],
)
def test_each_kind_has_its_talk_on_two_hosts(kind, engine, reached, not_reached):
    done = headless(kind, "--engine", engine)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == "" and "Left out" not in done.stdout
    assert done.stdout.count(" 0% packet loss") == reached
    assert done.stdout.count("100% packet loss") == not_reached


def test_a_talk_about_ipvlan_needs_a_kernel_that_has_it():
    done = headless("ipvlan")
    if lacking.lacks("ipvlan"):
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith("This kernel has no ipvlan links. Load it with `sudo modprobe ipvlan`")
        assert done.stderr.count("\n") == 1
    else:
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_talk_can_begin_with_any_chapter():
    done = headless("routed", "--chapter", "route")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5/6  By a route" in done.stdout and "4/6" not in done.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--chapter", "nine"), "There is no chapter 'nine' in this talk. There are activation, network, "),
        (("vxlan", "--driver", "bridge"), "A plugin of the driver bridge alone makes no vxlan networks."),
        (("--driver", "null"), "There is no talk about null networks. Give --no-tour for the lab alone."),
        (("overlay",), "'overlay' is not one of 'bridge', 'vxlan', 'macvlan', 'ipvlan', 'routed'."),
    ],
)
def test_what_cannot_be_given_is_refused_before_anything_is_made(options, said):
    done = headless(*options)
    assert done.returncode == 2
    assert said in done.stderr


def test_on_a_terminal_it_waits_for_enter_a_chapter_s_name_or_q():
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "workshop", "demo", "macvlan", "--no-browser", "--dashboard", "127.0.0.1:0"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    os.close(theirs)
    seen = ""

    def typed(line: str, until: str) -> None:
        nonlocal seen
        os.write(ours, line.encode())
        while until not in seen:
            data = os.read(process.stdout.fileno(), 4096).decode()
            assert data, seen
            seen += data
        seen = seen.partition(until)[2]

    with process:
        try:
            typed("", "Enter: A network card on each host. ?: all chapters. q: your turn.")
            typed("\n", "1/6  A network card on each host")
            typed("", "Enter: Containers on both. ?: all chapters. q: your turn.")
            typed("nine\n", "There is no chapter 'nine'. There are network, containers, ")
            typed("?\n", "Type a chapter's name: network, containers, ")
            typed("ping\n", "3/6  Across")
            typed("", " 0% packet loss")
            typed("", "Enter: From outside. ?: all chapters. q: your turn.")
            typed("q\n", "Your turn. In a second terminal:")
            process.send_signal(signal.SIGINT)
            assert process.wait(10) == 0
        finally:
            process.kill()
            os.close(ours)


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs all of these tests as that user")
def test_the_whole_talk_works_for_an_ordinary_user():
    """Root's own Python may be out of a user's reach: then the system's of the same version is taken."""
    python = next(
        path for path in (sys.executable, f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}") if usable(path)
    )
    packages = Path(sysconfig.get_paths()["purelib"])
    readable = copy_for_all(packages, Path(workshop.__file__).parent)
    try:
        done = subprocess.run(
            [python, "-m", "workshop", "demo", "--headless"],
            env={"PYTHONPATH": str(readable), "PATH": os.defpath, "HOME": "/nonexistent"},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **ORDINARY,
        )
    finally:
        subprocess.run(["rm", "-rf", str(readable)], check=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Left out" not in done.stdout


def usable(python: str) -> bool:
    """Whether an ordinary user can start this Python."""
    try:
        return (
            subprocess.run([python, "-c", "import ssl"], capture_output=True, check=False, **ORDINARY).returncode == 0
        )
    except OSError:
        return False


def copy_for_all(packages: Path, ours: Path) -> Path:
    """The libraries and our package in a folder that everybody may read."""
    folder = Path(tempfile.mkdtemp(prefix="ws-"))
    subprocess.run(["cp", "-r", f"{packages}/.", str(ours), str(folder)], check=True)
    subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
    return folder


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_lab_ends_within_two_seconds_and_takes_its_containers_with_it(number):
    with lab_command() as lab:
        lab.docker("network", "create", "-d", "workshop", "shop")
        for name in ("web", "db", "cache"):
            lab.docker("run", "-d", "--name", name, "--net", "shop", "busybox", "sleep", "4321")
        assert sleepers()
        code, seconds = lab.end(number)
        assert code == 0
        assert seconds < 2
        assert not sleepers()
        assert not list((lab.runtime / "docker-network-workshop" / "sessions").iterdir())
        assert not list((lab.runtime / "docker-network-workshop" / "labs").iterdir())


def test_a_lab_that_is_killed_leaves_no_process():
    with lab_command() as lab:
        lab.docker("network", "create", "-d", "workshop", "shop")
        lab.docker("run", "-d", "--name", "web", "--net", "shop", "busybox", "sleep", "4321")
        lab.end(signal.SIGKILL)
        deadline = time.monotonic() + 5
        while sleepers() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not sleepers()
        assert lab.typed("docker", "ps").returncode == 3


def test_the_second_terminal_finds_the_lab():
    with lab_command() as lab:
        network = lab.docker("network", "create", "-d", "workshop", "--subnet", "10.9.0.0/24", "shop")
        lab.docker("run", "-d", "--name", "web", "--net", "shop", "busybox", "sleep", "600")
        assert "PING" in lab.docker("run", "--rm", "--net", "shop", "busybox", "ping", "-c", "1", "web")
        calls = lab.typed("calls").stdout
        assert "NetworkDriver.CreateNetwork" in calls and f"ip link add wsb{network[:10]}" in calls
        assert lab.typed("calls", "--format", "har").returncode == 0
        assert "container web" in lab.typed("topology", "--format", "text").stdout


def sleepers() -> list[str]:
    """Processes of containers of these tests that are alive."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == b"sleep\x004321\x00":
                found.append(path.parent.name)
        except OSError:
            continue
    return found
