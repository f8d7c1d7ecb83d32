"""Saves are noticed however an editor saves, with and without help by the kernel; what is no save is not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workshop.course import mounts, watch
from workshop.course.watch import Watch

LONG = 10.0
"""Seconds within which everything happens, however busy the machine is."""

STILL = 0.5
"""Seconds after which nothing more is expected: several looks of the slowest way."""


class Noticed:
    """What was noticed: for each time, the names of the files with what was in them then."""

    def __init__(self) -> None:
        self.times: list[dict[str, bytes | None]] = []
        self._changed = threading.Condition()

    def __call__(self, paths: list[Path]) -> None:
        found = {path.name: path.read_bytes() if path.exists() else None for path in paths}
        with self._changed:
            self.times.append(found)
            self._changed.notify_all()

    def wait_for(self, name: str, content: bytes | None) -> None:
        """Wait until a file was noticed with that content."""
        with self._changed:
            found = self._changed.wait_for(lambda: any(one.get(name, b"-") == content for one in self.times), LONG)
        assert found, self.times

    def still(self) -> int:
        """How often something was noticed, once nothing happens any more."""
        before = -1
        while before != len(self.times):
            before = len(self.times)
            time.sleep(STILL)
        return before


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "03_create_network" / "handler.py"
    path.parent.mkdir()
    path.write_bytes(b"first")
    return path


@pytest.fixture
def noticed() -> Noticed:
    return Noticed()


@pytest.fixture(params=["events", "polling"])
def way(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def watching(way: str, file: Path, noticed: Noticed) -> Iterator[Watch]:
    watch = Watch([file], noticed, poll=way == "polling").start()
    assert watch.way == way, watch.why
    yield watch
    assert watch.way == way, watch.why
    watch.stop()


def in_place(file: Path, content: bytes) -> None:
    """As nano does, and VS Code."""
    file.write_bytes(content)


def rename_over(file: Path, content: bytes) -> None:
    """As gedit does, and PyCharm."""
    new = file.with_name(".goutputstream-X1")
    new.write_bytes(content)
    new.replace(file)


def keep_the_old(file: Path, content: bytes) -> None:
    """As vim does: the old one is renamed, the new one is made, the old one is removed."""
    old = file.with_name(file.name + "~")
    file.rename(old)
    file.write_bytes(content)
    old.unlink()


def keep_the_old_elsewhere(file: Path, content: bytes) -> None:
    """As vim does with a folder for backups."""
    folder = file.parent.parent / f"{file.parent.name}-backups"
    folder.mkdir(exist_ok=True)
    file.rename(folder / "handler.py~")
    file.write_bytes(content)


def remove_and_create(file: Path, content: bytes) -> None:
    file.unlink()
    time.sleep(0.05)
    file.write_bytes(content)


def link_over(file: Path, content: bytes) -> None:
    """A new file under a name of its own, then the name by a hard link, as some safe writers do."""
    new = file.with_name("#new#")
    new.write_bytes(content)
    file.unlink()
    file.hardlink_to(new)
    new.unlink()


def bit_by_bit(file: Path, content: bytes) -> None:
    """A slow writer, which never leaves it as it is for long."""
    with file.open("wb", buffering=0) as output:
        for number in range(len(content)):
            output.write(content[number : number + 1])
            time.sleep(0.004)


def and_never_closed(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_TRUNC)
    os.write(descriptor, content)
    and_never_closed.kept.append(descriptor)


and_never_closed.kept = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while and_never_closed.kept:
        os.close(and_never_closed.kept.pop())


SAVES = [
    in_place,
    rename_over,
    keep_the_old,
    keep_the_old_elsewhere,
    remove_and_create,
    link_over,
    bit_by_bit,
    and_never_closed,
]


@pytest.mark.parametrize("save", SAVES, ids=lambda save: save.__name__)
def test_a_save_is_noticed_whole_however_it_is_done(
    watching: Watch, file: Path, noticed: Noticed, save: Callable[[Path, bytes], None]
):
    for content in (b"def create_network(): pass", b"and once more"):
        save(file, content)
        noticed.wait_for("handler.py", content)
    assert all(one == {"handler.py": file.read_bytes()} for one in noticed.times[-1:])


@pytest.mark.usefixtures("watching")
def test_what_is_saved_last_of_many_is_noticed_last(file: Path, noticed: Noticed):
    for number in range(30):
        (in_place, rename_over, keep_the_old)[number % 3](file, b"number %d" % number)
    noticed.wait_for("handler.py", b"number 29")
    noticed.still()
    assert noticed.times[-1] == {"handler.py": b"number 29"}


@pytest.mark.usefixtures("watching")
def test_what_an_editor_keeps_beside_it_is_not_noticed(file: Path, noticed: Noticed):
    for name in (".handler.py.swp", "handler.py~", "4913", ".#handler.py", "#handler.py#", "handler.py.bak", "x.pyc"):
        path = file.with_name(name)
        path.write_bytes(b"something")
        path.write_bytes(b"else")
    (file.parent / "__pycache__").mkdir()
    (file.parent / "__pycache__" / "handler.cpython-311.pyc").write_bytes(b"")
    assert noticed.still() == 0


@pytest.mark.usefixtures("watching")
def test_content_that_is_the_same_is_not_noticed(file: Path, noticed: Noticed):
    file.write_bytes(b"first")
    rename_over(file, b"first")
    file.touch()
    file.chmod(0o600)
    assert noticed.still() == 0


@pytest.mark.usefixtures("watching")
def test_going_back_is_noticed_too(file: Path, noticed: Noticed):
    in_place(file, b"second")
    noticed.wait_for("handler.py", b"second")
    in_place(file, b"first")
    noticed.wait_for("handler.py", b"first")


@pytest.mark.usefixtures("watching")
def test_a_file_that_stays_away_is_noticed_and_so_is_its_return(file: Path, noticed: Noticed):
    file.unlink()
    noticed.wait_for("handler.py", None)
    file.write_bytes(b"first")
    noticed.wait_for("handler.py", b"first")


@pytest.mark.usefixtures("watching")
def test_a_folder_that_is_replaced_is_still_watched(file: Path, noticed: Noticed):
    folder = file.parent
    folder.rename(folder.with_name("old"))
    folder.mkdir()
    file.write_bytes(b"second")
    noticed.wait_for("handler.py", b"second")
    rename_over(file, b"third")
    noticed.wait_for("handler.py", b"third")
    shutil.rmtree(folder)
    noticed.wait_for("handler.py", None)
    folder.mkdir()
    in_place(file, b"fourth")
    noticed.wait_for("handler.py", b"fourth")
    in_place(file, b"fifth")
    noticed.wait_for("handler.py", b"fifth")


def test_a_link_is_watched_where_it_leads(way: str, tmp_path: Path, noticed: Noticed):
    real = tmp_path / "dotfiles" / "mine.py"
    real.parent.mkdir()
    real.write_bytes(b"first")
    link = tmp_path / "work" / "handler.py"
    link.parent.mkdir()
    link.symlink_to(real)
    watch = Watch([link], noticed, poll=way == "polling").start()
    rename_over(real, b"second")
    noticed.wait_for("handler.py", b"second")
    link.unlink()
    link.write_bytes(b"a file of its own")
    noticed.wait_for("handler.py", b"a file of its own")
    assert watch.way == way, watch.why
    watch.stop()


def test_several_files_are_watched_and_told_apart(way: str, tmp_path: Path, noticed: Noticed):
    files = [tmp_path / f"bug_{number}.py" for number in range(6)]
    for path in files[:5]:
        path.write_bytes(b"broken")
    watch = Watch(files, noticed, poll=way == "polling").start()
    files[3].write_bytes(b"mended")
    noticed.wait_for("bug_3.py", b"mended")
    files[5].write_bytes(b"new")
    noticed.wait_for("bug_5.py", b"new")
    watch.stop()
    assert {name for one in noticed.times for name in one} == {"bug_3.py", "bug_5.py"}


def test_modules_beside_it_are_watched_if_wanted(way: str, file: Path, noticed: Noticed):
    folder = file.parent
    (folder / "helpers.py").write_bytes(b"first")
    watch = Watch([file], noticed, modules=True, poll=way == "polling").start()
    (folder / "helpers.py").write_bytes(b"second")
    noticed.wait_for("helpers.py", b"second")
    rename_over(folder / "new.py", b"new")
    noticed.wait_for("new.py", b"new")
    (folder / "new.py").unlink()
    noticed.wait_for("new.py", None)
    for name in ("flycheck_handler.py", "handler_flymake.py", ".#handler.py", "#handler.py#", "a-b.py", "x.pyi"):
        (folder / name).write_bytes(b"something")
    in_place(file, b"second")
    noticed.wait_for("handler.py", b"second")
    noticed.still()
    assert {name for one in noticed.times for name in one} == {"helpers.py", "new.py", "handler.py"}
    assert watch.way == way, watch.why
    watch.stop()


@pytest.mark.parametrize(("way", "most"), [("events", 20), ("polling", 150)])
def test_a_save_is_noticed_in_time(watching: Watch, file: Path, noticed: Noticed, most: int):
    took = []
    for number in range(16):
        content = b"save %d" % number
        file.write_bytes(content)
        saved = time.monotonic()
        noticed.wait_for("handler.py", content)
        took.append((time.monotonic() - saved) * 1000)
    assert sorted(took)[4] <= most, took  # the machine may have been busy with something else most of the time


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_after_its_end_nothing_is_noticed_and_nothing_is_left(file: Path, noticed: Noticed):
    before = descriptors()
    threads = threading.active_count()
    for poll in (False, True):
        watch = Watch([file], noticed, poll=poll).start()
        watch.stop()
        watch.stop()
    file.write_bytes(b"second")
    assert noticed.still() == 0
    assert (descriptors(), threading.active_count()) == (before, threads)


def test_where_the_kernel_has_no_more_to_tell_it_polls(file: Path, noticed: Noticed, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(watch, "INotify", refuse)
    watching = Watch([file], noticed).start()
    assert (watching.way, watching.why) == ("polling", "the kernel does not tell of changes here (Too many open files)")
    file.write_bytes(b"second")
    noticed.wait_for("handler.py", b"second")
    watching.stop()


SILENT = """
    import subprocess, sys, time
    from pathlib import Path
    from workshop.course.mounts import kind_of_file_system, silent
    from workshop.course.watch import Watch

    home = Path(sys.argv[1])
    for name in ("below", "above", "work", "seen"):
        (home / name).mkdir()
    (home / "below" / "handler.py").write_bytes(b"first")
    options = f"lowerdir={home}/below,upperdir={home}/above,workdir={home}/work"
    subprocess.run(["mount", "-t", "overlay", "-o", options, "none", str(home / "seen")], check=True)
    file = home / "seen" / "handler.py"
    assert kind_of_file_system(file) == "overlay" and not silent(file)
    found = []
    watch = Watch([file], lambda paths: found.append(file.read_bytes())).start()
    assert watch.way == "events", watch.why
    for content in (b"second", b"third"):
        (home / "below" / "handler.py").write_bytes(content)  # behind the back of the file system that is watched
        end = time.monotonic() + 10
        while found[-1:] != [content]:
            assert time.monotonic() < end, found
            time.sleep(0.01)
    assert watch.way == "polling"
    print(watch.why)
    watch.stop()
"""


@pytest.mark.kernel
def test_a_file_system_that_turns_out_not_to_tell_is_polled(tmp_path: Path):
    done = subprocess.run(
        ["unshare", "--mount", sys.executable, "-c", textwrap.dedent(SILENT), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("the file system did not tell of a change\n", "")


MOUNTS = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:25 / /mnt/my\040class rw - nfs4 server:/export rw
31 22 0:26 / /home/ann/mac rw - fuse.sshfs ann@mac: rw
32 31 0:27 / /home/ann/mac/fast rw shared:2 master:1 - tmpfs none rw
33 22 0:28 / /mnt/d rw - 9p D:\134 rw
34 22 0:29 / /old rw - nfs server:/x rw
35 22 0:30 / /old rw - ext4 /dev/vdb rw
garbage
"""


@pytest.mark.parametrize(
    ("path", "kind", "polls"),
    [
        ("/home/ann/handler.py", "ext4", False),
        ("/mnt/my class/handler.py", "nfs4", True),
        ("/mnt/my classes/handler.py", "ext4", False),
        ("/home/ann/mac/handler.py", "fuse.sshfs", True),
        ("/home/ann/mac/fast/handler.py", "tmpfs", False),
        ("/mnt/d/handler.py", "9p", True),
        ("/old/handler.py", "ext4", False),
    ],
)
def test_a_file_system_on_which_others_write_is_polled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, kind: str, polls: bool
):
    (tmp_path / "mountinfo").write_text(MOUNTS)
    look = mounts.kind_of_file_system
    monkeypatch.setattr(mounts, "kind_of_file_system", lambda place: look(place, tmp_path / "mountinfo"))
    assert mounts.kind_of_file_system(Path(path)) == kind
    assert bool(mounts.silent(Path(path))) is polls


def test_where_nobody_knows_the_file_system_events_are_tried(tmp_path: Path):
    assert mounts.kind_of_file_system(tmp_path, tmp_path / "absent") == ""
