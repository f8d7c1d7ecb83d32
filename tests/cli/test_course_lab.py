"""The course in its lab, as a learner has it: an exercise is opened, saved, judged, left; one is checked by command."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import termios
import time
import urllib.request
from pathlib import Path

import pytest

from tests.support.course_command import LONG, course_command, folders, solution, typed
from workshop.lab.engine.versions import VERSIONS

pytestmark = pytest.mark.lab

LOOPS = """
def create_network(request, host):
    print("looping")
    while True:
        pass
"""


def test_every_save_is_judged_and_what_is_wrong_is_told():
    with course_command() as course:
        ready = course.wait_for("Ready: dashboard at http://127.0.0.1:")
        assert course.lines[0] == ready
        assert "checks  exercise 3, Docker 28.5, " in course.verdict("NOT PASSED")
        course.wait_for("  No bridge has been made")
        course.wait_for("03_create_network/handler.py:")
        course.wait_for("printed by call #")
        course.file().write_text("def create_network(request, host)\n    return {}\n")
        course.wait_for("handler.py is not Python")
        course.file().write_text(solution())
        course.verdict("PASSED")
        course.wait_for("Next: ")
        assert course.bench.progress.state("create_network") == "passed"
        address = ready.split()[-1].partition("/#")[0]
        with urllib.request.urlopen(f"{address}/api/lesson") as answer:
            assert json.load(answer)["verdict"]["passed"] is True


def test_a_second_terminal_finds_the_lab():
    with course_command(handler=solution()) as course:
        course.verdict("PASSED")
        made = course.typed("docker", "network", "create", "-d", "workshop", "--subnet", "10.90.1.0/24", "cafe")
        assert made.returncode == 0, made.stderr
        assert "bridge" in course.typed("topology").stdout
        assert "NetworkDriver.CreateNetwork" in course.typed("calls", "--last", "1").stdout
        course.press("r")  # what was made meanwhile is no fault of the handler's
        course.verdict("PASSED", 2)
        assert "cafe" not in course.typed("docker", "network", "ls").stdout


def test_of_two_hosts_the_one_that_is_named_is_asked():
    with course_command("exercise", "11") as course:
        address, _, token = course.wait_for("Ready: dashboard at ").split()[-1].partition("/#token=")
        course.verdict("NOT PASSED")
        words = ("network", "create", "-d", "workshop", "--subnet", "10.90.1.0/24", "-o", "vni=42", "cafe")
        made = course.typed("docker", "-H", "beta", *words)
        assert made.returncode == 0, made.stderr
        for host, there in (("alpha", False), ("beta", True)):
            line = f"docker -H {host} network ls"
            assert ("cafe" in course.typed(*line.split()).stdout) is there
            body = json.dumps({"line": line}).encode()
            headers = {"Content-Type": "application/json", "X-Workshop-Token": token}
            request = urllib.request.Request(f"{address}/api/lesson/command", body, headers)
            with urllib.request.urlopen(request) as answer:
                assert ("cafe" in json.load(answer)["output"]) is there
        commands = [each for each in course.typed("calls", "-o", "curl").stdout.splitlines() if "/Plugin." in each]
        assert {host for host in ("alpha", "beta") for each in commands if f"/{host}/plugins/" in each} == {
            "alpha",
            "beta",
        }
        wrong = course.typed("docker", "-H", "gamma", "ps")
        assert wrong.returncode == 2
        assert "There is no host 'gamma' in this lab. There is alpha, beta." in wrong.stderr


def test_keys_do_what_they_say():
    with course_command() as course:
        course.verdict("NOT PASSED")
        course.press("help")
        course.wait_for("n next  h hint  r rerun")
        course.press("reset")
        course.wait_for("n next  h hint  r rerun", 2)
        course.press("h")  # the first one still, and nothing has been judged again
        course.wait_for("Hint 1 of ")
        course.press("s")
        course.wait_for("has not passed yet. Press s again to see it anyway.")
        course.press("s")
        course.wait_for("+++ one solution")
        course.press("l")
        course.wait_for(" passed")
        course.press("r")
        course.verdict("NOT PASSED", 2)
        course.press("n")
        course.wait_for("Exercise 3 has not passed yet; ")
        course.wait_for("Exercise 4: ")
        course.wait_for("checks  exercise 4,")
        course.press("quit")
        assert course.process.wait(LONG) == 0
        assert course.bench.progress.at == "delete_network"


def test_keys_lead_from_part_to_part():
    with course_command("exercise", "15") as course:
        folder = course.bench.folder / "15_bug_hunt"
        course.wait_for("bug_6.py  ")
        course.wait_for("bug_1: ")
        course.verdict("NOT PASSED")
        course.wait_for("bug_1)")  # the hint's command, which may be parted
        (folder / "bug_1.py").write_text(solution("15_bug_hunt", "bug_1.py"))
        assert "exercise 15, bug_1, Docker" in course.verdict("PASSED")
        course.wait_for("1 of 6 mended.")
        course.wait_for("Next: save bug_2.py")
        course.press("n")
        course.wait_for("bug_2: ")
        assert "exercise 15, bug_2, Docker" in course.verdict("NOT PASSED", 2)
        course.press("h")
        course.wait_for("Hint 1 of 3 for bug_2")
        course.press("s")
        course.wait_for("bug_2.py has not passed yet. Press s again to see it anyway.")
        course.press("s")
        course.wait_for("--- your bug_2.py")
        course.press("n")
        course.wait_for("bug_2.py has not passed yet; to save it is to come back.")
        assert "exercise 15, bug_3, Docker" in course.verdict("NOT PASSED", 3)
        (folder / "bug_6.py").write_text(solution("15_bug_hunt", "bug_6.py"))
        assert "exercise 15, bug_6, Docker" in course.verdict("PASSED", 2)
        course.press("n")  # after the last one comes the first that has not passed
        assert "exercise 15, bug_2, Docker" in course.verdict("NOT PASSED", 4)
        course.press("l")
        course.wait_for("Six broken drivers, 2 of 6")


def test_the_whole_of_the_course_begins_with_start():
    with course_command("start") as course:
        first = course.wait_for("Exercise ")
        assert first.startswith("Exercise 1: ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_nothing_is_left(number: int):
    with course_command(handler=solution()) as course:
        course.verdict("PASSED")
        code, seconds = course.end(number)
        assert code == 0
        assert seconds < 10  # two on a machine that does nothing else
        left = [path for path in Path(course.environment["XDG_RUNTIME_DIR"]).rglob("*") if not path.is_dir()]
        assert left == []


def test_code_that_never_ends_keeps_nobody_from_going_on_or_ending():
    with course_command(handler=LOOPS) as course:
        course.wait_for("Exercise 3: ")
        course.press("n")
        course.wait_for("checks  exercise 4,")
        course.press("r")
        course.verdict("NOT PASSED", 2)
        assert not [line for line in course.lines if "checks  exercise 3," in line]  # nobody waited for it
        assert course.end()[0] == 0


def test_code_that_never_ends_is_told_as_such_and_the_next_save_works():
    with course_command(handler=LOOPS) as course:
        course.verdict("NOT PASSED")
        assert "5 s" in course.wait_for("create_network: ")
        course.wait_for("    looping")
        course.file().write_text(solution())
        course.verdict("PASSED")


def test_on_a_terminal_each_key_is_heard_at_once_and_it_is_left_as_it_was():
    with folders() as (_, environment):
        keyboard, side = pty.openpty()
        before = termios.tcgetattr(side)
        process = subprocess.Popen(
            [sys.executable, "-m", "workshop", "exercise", "3", "--no-browser", "--dashboard", "127.0.0.1:0"],
            env={**environment, "TERM": "xterm", "COLUMNS": "60"},
            stdin=side,
            stdout=side,
            stderr=side,
            start_new_session=True,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # its controlling terminal
        )
        said, end = "", time.monotonic() + LONG
        while "not reached" not in said and time.monotonic() < end:
            said += os.read(keyboard, 4096).decode(errors="replace")
        os.write(keyboard, b"h")
        while "Hint 1 of" not in said and time.monotonic() < end:
            said += os.read(keyboard, 4096).decode(errors="replace")
        os.write(keyboard, b"q")
        while process.poll() is None and time.monotonic() < end:
            os.set_blocking(keyboard, False)
            try:
                said += os.read(keyboard, 4096).decode(errors="replace")
            except BlockingIOError:
                time.sleep(0.05)
        assert process.wait(5) == 0
        assert termios.tcgetattr(side) == before
        os.close(keyboard)
        os.close(side)
    assert "n next  h hint  r rerun  s solution  l list  q quit" in said
    lines = said.replace("\r\x1b[K", "\n").replace("\r", "").split("\n")
    assert not [line for line in lines if len(line) > 60 and "http://" not in line and "/handler.py" not in line]


def test_what_cannot_be_is_one_sentence_and_leaves_nothing():
    with folders() as (bench, environment), socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = typed("exercise", "3", "--dashboard", address, environment=environment)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith(f"The dashboard cannot listen on {address}")
        (bench.folder / "04_delete_network").write_text("a file, where a folder should be")
        done = typed("exercise", "4", environment=environment)
        assert (done.returncode, done.stdout) == (3, "")
        assert done.stderr.startswith(f"{bench.folder}/04_delete_network cannot be written (")
        assert len(done.stderr.splitlines()) == 1


# -- check


def test_check_tells_people_and_programs_and_the_shell():
    with folders() as (bench, environment):
        done = typed("check", "3", environment=environment)
        assert done.returncode == 1
        assert "NOT PASSED  " in done.stdout and "  No bridge has been made" in done.stdout
        done = typed("check", "create_network", "--json", environment=environment)
        verdict = json.loads(done.stdout)
        assert (done.returncode, done.stderr) == (1, "")
        assert (verdict["exercise"], verdict["name"], verdict["passed"]) == (3, "create_network", False)
        assert (verdict["engine"], verdict["attempt"]) == ("28.5", 2)
        first = verdict["findings"][0]
        assert first["check"] == "bridge" and first["line"] and first["hint"] == 1
        assert verdict["checks_total"] == len(verdict["checks"]) > verdict["checks_passed"]
        (bench.folder / "03_create_network" / "handler.py").write_text(solution())
        done = typed("check", "3", environment=environment)
        assert done.returncode == 0
        assert done.stdout.startswith("PASSED  ") and "exercise 4" in done.stdout
        assert bench.progress.state("create_network") == "passed"


def test_check_judges_all_parts_or_the_one_that_is_named(tmp_path: Path):
    mine = tmp_path / "mine.py"
    mine.write_text(solution("15_bug_hunt", "bug_5.py"))
    with folders() as (bench, environment):
        done = typed("check", "15", "bug_5", "--handler", str(mine), "--json", environment=environment)
        verdict = json.loads(done.stdout)
        assert (done.returncode, verdict["part"], verdict["passed"]) == (0, "bug_5", True)
        assert bench.progress.state("bug_hunt") == "untouched"
        done = typed("check", "15", "bug_1", environment=environment)
        assert done.returncode == 1 and "exercise 15, bug_1, Docker" in done.stdout
        assert "hint 15 bug_1)" in " ".join(done.stdout.split())
        for number in range(1, 7):
            text = solution("15_bug_hunt", f"bug_{number}.py")
            if number != 3:
                (bench.folder / "15_bug_hunt" / f"bug_{number}.py").write_text(text)
        done = typed("check", "15", environment=environment)
        assert done.returncode == 1
        said = " ".join(done.stdout.split())
        assert "5 of 6 parts: ✓ bug_1 ✓ bug_2 ✕ bug_3 ✓ bug_4 ✓ bug_5 ✓ bug_6" in said
        assert "hint 15 bug_3)" in said
        assert "printed by" not in done.stdout  # what other parts' code printed
        assert bench.progress.state("bug_hunt") == "begun"
        (bench.folder / "15_bug_hunt" / "bug_3.py").write_text(solution("15_bug_hunt", "bug_3.py"))
        done = typed("check", "15", "bug_3", environment=environment)
        assert done.returncode == 0 and "Exercise 16" in " ".join(done.stdout.split())
        assert bench.progress.state("bug_hunt") == "passed"


@pytest.mark.parametrize("engine", VERSIONS)
def test_another_file_is_checked_on_each_engine_and_progress_stays(engine: str, tmp_path: Path):
    file = tmp_path / "my_solution.py"
    file.write_text(solution())
    with folders() as (bench, environment):
        done = typed("check", "3", "--handler", str(file), "--engine", engine, "--json", environment=environment)
        verdict = json.loads(done.stdout)
        assert (done.returncode, verdict["passed"], verdict["engine"]) == (0, True, engine)
        assert bench.progress.state("create_network") == "untouched"


def test_all_that_was_begun_is_checked_at_once():
    with folders() as (bench, environment):
        for label, text in {"03_create_network": solution(), "04_delete_network": "def delete_network(\n"}.items():
            (bench.folder / label).mkdir()
            (bench.folder / label / "handler.py").write_text(text)
        done = typed("check", "--all", environment=environment)
        assert done.returncode == 1
        assert done.stdout.startswith("PASSED  ")
        assert "handler.py is not Python" in done.stdout
        assert "not begun yet." in done.stdout
        done = typed("check", "--all", "--json", environment=environment)
        assert [json.loads(line)["passed"] for line in done.stdout.splitlines()] == [True, False]


def test_ctrl_c_ends_a_check_soon():
    with folders() as (bench, environment):
        (bench.folder / "03_create_network").mkdir()
        (bench.folder / "03_create_network" / "handler.py").write_text(LOOPS)
        process = subprocess.Popen(
            [sys.executable, "-m", "workshop", "check", "3"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        runtime = Path(environment["XDG_RUNTIME_DIR"])
        end = time.monotonic() + LONG
        while not list(runtime.rglob("engine.sock")) and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONG)
        assert (process.returncode, out, err.strip()) == (130, "", "")
        assert "attempts" not in bench.progress.entry("create_network")
