"""What runs now is found by its file; only a file that can be trusted, of a living process, is believed."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workshop import session
from workshop.errors import WorkshopError


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / session.NAME


def own_file(runtime: Path) -> Path:
    return runtime / session.SESSIONS / f"{os.getpid()}.json"


def files(runtime: Path) -> list[str]:
    """The names of the sessions' files."""
    return [path.name for path in (runtime / session.SESSIONS).iterdir()]


def test_what_was_written_is_found_until_it_is_removed(runtime: Path):
    assert session.current() is None
    session.write(command="demo", journal=Path("/j"), dashboard="http://127.0.0.1:1/?token=x")
    found = session.current()
    assert (found["pid"], found["command"], found["journal"], found["engine"]) == (
        os.getpid(),
        "demo",
        "/j",
        None,
    )
    session.remove()
    assert session.current() is None and files(runtime) == []


def test_only_its_owner_can_read_it(runtime: Path):
    session.write(command="demo")
    assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
    assert stat.S_IMODE(own_file(runtime).stat().st_mode) == 0o600


def test_a_session_that_was_killed_is_none(runtime: Path):
    code = "from workshop import session; import os; session.write(command='demo'); os.kill(os.getpid(), 9)"
    assert subprocess.run([sys.executable, "-c", code], timeout=30).returncode == -9
    assert len(files(runtime)) == 1 and session.current() is None


def test_a_process_that_has_the_number_of_a_dead_session_is_not_it(runtime: Path):
    session.write(command="demo")
    entry = json.loads(own_file(runtime).read_text())
    own_file(runtime).write_text(json.dumps(entry | {"started": entry["started"] - 1}))
    assert session.current() is None


def test_a_number_seen_from_outside_of_the_lab_is_taken_as_it_is():
    session.write(command="demo", pid=os.getppid())
    assert session.current()["pid"] == os.getppid()


def test_a_folder_that_others_could_write_to_is_not_believed(runtime: Path):
    session.write(command="demo")
    runtime.chmod(0o777)
    assert session.current() is None


def test_a_link_in_the_folder_s_place_is_not_followed(runtime: Path, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    runtime.symlink_to(elsewhere)
    with pytest.raises(WorkshopError, match="belongs to someone else"):
        session.write(command="demo")
    assert session.current() is None and list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": -5}', "null", '{"command": "demo"}'])
def test_a_broken_file_is_no_session(runtime: Path, text: str):
    runtime.mkdir(mode=0o700)
    own_file(runtime).parent.mkdir()
    own_file(runtime).write_text(text)
    assert session.current() is None
    session.sweep()
    assert files(runtime) == []


@contextlib.contextmanager
def another(command: str) -> Iterator[int]:
    """A process that has written a session and lives; its number."""
    code = "import sys, time; from workshop import session; session.write(command=sys.argv[1]); print(flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{code}; time.sleep(600)", command], stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        yield process.pid
        process.kill()


def test_each_session_has_a_file_of_its_own_and_the_newest_is_the_current_one():
    session.write(command="first")
    with another("second") as pid:
        assert [each["command"] for each in session.running()] == ["second", "first"]
        assert session.current()["command"] == "second"
        assert session.current(os.getpid())["command"] == "first"
        assert session.current(pid)["command"] == "second"
        session.remove()
        assert [each["command"] for each in session.running()] == ["second"]
    assert session.running() == []


def test_the_first_of_two_is_found_again_when_the_second_has_ended():
    session.write(command="first")
    with another("second"):
        assert session.current()["command"] == "second"
    assert session.current()["command"] == "first"


def test_what_the_dead_have_left_is_swept_and_what_belongs_to_the_living_stays(runtime: Path):
    with another("dead") as pid:
        dead = pid
    session.write(command="living")
    folders = [runtime / session.LABS / str(name) for name in (dead, os.getpid(), "no-number")]
    for folder in folders:
        (folder / "alpha").mkdir(parents=True)
        (folder / "alpha" / "store.db").touch()
    (runtime / session.SESSIONS / f".{dead}.new").touch()
    (runtime / session.SESSIONS / f".{os.getpid()}.new").touch()
    session.sweep()
    assert sorted(files(runtime)) == [f".{os.getpid()}.new", f"{os.getpid()}.json"]
    assert [folder.exists() for folder in folders] == [False, True, False]


@pytest.mark.kernel
def test_what_the_dead_have_mounted_is_let_go_of(runtime: Path):
    code = """if True:
        import sys
        from pathlib import Path
        from workshop import session
        from workshop.lab import reenter
        reenter.reenter()
        inner = Path(sys.argv[1], "beta", "netns")
        for folder in (inner, inner / "box"):
            folder.mkdir(parents=True)
            reenter.mount("tmpfs", str(folder), "tmpfs", 0)
        session.sweep()
        print(inner.is_mount(), Path(sys.argv[1]).exists())
    """
    lab = runtime / session.LABS / "no-number"
    lab.mkdir(parents=True)
    runtime.chmod(0o700)
    done = subprocess.run([sys.executable, "-c", code, str(lab)], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["False", "False"], done.stderr


def test_a_folder_that_others_could_write_to_is_not_swept(runtime: Path):
    lab = runtime / session.LABS / "no-number"
    lab.mkdir(parents=True)
    runtime.chmod(0o777)
    session.sweep()
    assert lab.exists()


def test_a_number_from_outside_is_believed_only_of_the_process_that_started_then():
    session.write(command="demo", **session.identity())
    assert session.current()["pid"] == os.getpid()
    session.write(command="demo", pid=os.getpid(), started=1)
    assert session.current() is None


def test_without_a_runtime_folder_of_the_system_it_is_in_tmp_by_user(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert session.runtime_dir() == Path(f"/tmp/docker-network-workshop-{session.user_id()}")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "relative")
    assert session.runtime_dir().parent == Path("/tmp")


def test_in_a_user_namespace_root_is_the_user_who_made_it(tmp_path: Path):
    code = (
        "import ctypes, os; from workshop import session; outside = os.getuid()\n"
        "assert ctypes.CDLL(None).unshare(0x10000000) == 0\n"
        "open('/proc/self/uid_map', 'w').write(f'0 {outside} 1')\n"
        "print(os.getuid(), session.user_id() == outside)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout == "0 True\n", done.stderr
