"""``replay`` and ``export``: recorded sessions are shown anywhere, and what cannot be is told in a sentence."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.browser.world import World
from workshop.cli import run
from workshop.journal import recording

ELSEWHERE = """
import importlib.abc, os, select, signal, socket, sys

class Linux(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pyroute2", "fcntl", "inotify_simple", "termios") or name == "workshop.lab":
            raise ImportError(f"{name} is not here")

sys.meta_path.insert(0, Linux())
for module, names in {
    os: ("setns", "unshare", "pipe2", "geteuid", "O_PATH", "sched_getaffinity", "eventfd", "pidfd_open"),
    socket: ("AF_NETLINK", "AF_PACKET", "AF_UNIX", "SOCK_CLOEXEC", "SO_PEERCRED"),
    select: ("poll", "epoll"),
    signal: ("SIGHUP", "pidfd_send_signal"),
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
from workshop.cli import main
main(sys.argv[1:])
"""
"""The program on a system that has nothing of Linux's own."""


def test_without_an_argument_it_lists_what_ships(capsys: pytest.CaptureFixture[str]):
    assert run(["replay"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"bridge +Docker Engine 28\.5\.\d+: a bridge", said)
    assert re.search(r"swarm +Docker Engine 28\.5\.\d+ as the manager", said)


def test_a_session_is_replayed_and_exported_with_nothing_of_linux(tmp_path: Path):
    command = [sys.executable, "-c", ELSEWHERE]
    exported = tmp_path / "bridge.html"
    made = subprocess.run(
        [*command, "export", "--html", "--from", "bridge", str(exported)], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    assert 1e6 < exported.stat().st_size < 3e6
    replay = [*command, "replay", "bridge", "--no-browser", "--dashboard", "127.0.0.1:0"]
    process = subprocess.Popen(replay, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        ready = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+", ready)
        assert address, ready + process.stderr.read()
        with urlopen(f"{address[0]}/api/times") as answer:
            calls = json.load(answer)["calls"]
        with urlopen(f"{address[0]}/api/at?seq={calls[-1][1] - 1}") as answer:
            assert json.load(answer)["picture"]["dot"].startswith("graph topology {")
        process.send_signal(signal.SIGTERM)
        assert process.wait(3) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


GOOD = '{"seq":1,"at":1.5,"kind":"notice","call":null,"data":{}}\n'


@pytest.mark.parametrize("command", [["replay"], ["export", "out.jsonl", "--from"]])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "There is no file session.jsonl"),
        ("", "is no recorded session: there is no event in it."),
        ("# Slides\n", "is no recorded session: line 1: it is no JSON."),
        (GOOD + GOOD[:20], "is no recorded session: line 2: it is cut off."),
        ("SQLite format 3\0" + "x" * 100, "cannot be read as a journal"),
    ],
)
def test_what_is_no_session_is_told_in_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    text: str | None,
    why: str,
):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("session.jsonl").write_text(text)
    assert run([*command, "session.jsonl"]) == 1
    said = capsys.readouterr()
    assert why in said.err and said.err.count("\n") == 1 and "Traceback" not in said.err
    assert said.out == "" and not Path("out.jsonl").exists()


@pytest.mark.parametrize("command", [["replay", "--no-browser"], ["export", "--html", "out.html", "--from"]])
def test_a_session_that_says_nonsense_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
):
    monkeypatch.chdir(tmp_path)
    Path("session.jsonl").write_text(GOOD.replace("notice", "docker").replace("{}", '{"networks":5}'))
    assert run([*command, "session.jsonl"]) == 1
    said = capsys.readouterr()
    assert "an event does not say what it should" in said.err and said.err.count("\n") == 1
    assert said.out == "" and not Path("out.html").exists()


def test_a_journal_is_exported_compressed_or_not_and_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    world = World(tmp_path)
    network = world.create_network("a\nb</script>")
    world.run(network, "<b>web</b>")
    for name in ("session.jsonl", "session.jsonl.gz"):
        assert run(["export", "--from", str(world.journal.path), str(tmp_path / name)]) == 0
        assert recording.read(tmp_path / name) == world.journal.since(0)
        assert f"{name}: {world.journal.last} events, 0.0 MB." in capsys.readouterr().out
    world.journal.close()


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["session.txt"], 2, "does not end in .jsonl or .jsonl.gz"),
        (["--html", "session.jsonl"], 2, "does not end in .html"),
        (["--from", "bridge", "none/session.jsonl"], 1, "cannot be written"),
        (["--from", "bridge", "--html", "none/session.html"], 1, "cannot be written"),
        (["session.jsonl"], 1, "No session of yours runs, and none has left its journal."),
    ],
)
def test_what_cannot_be_exported_is_told_in_a_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    why: str,
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr("workshop.session.state_dir", lambda: tmp_path / "state")
    assert run(["export", *arguments]) == code
    said = capsys.readouterr().err
    assert why in said and said.count("\n") == 1
