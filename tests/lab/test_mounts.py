"""The files that a container sees: the machine's, which it cannot change, and its own."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from tests.lab.inside import bench, call_in_lab, in_lab
from tests.lab.ordinary import in_lab_as
from workshop.lab.container import mounts, read_only, system

ROOT = Path(__file__).resolve().parents[2]
ODD = ("a blank", "a\ttab", "two\nlines", "back\\slash", "octal\\040", "ümläut")


@pytest.mark.fast
@pytest.mark.parametrize("name", ODD)
def test_a_path_is_read_as_the_kernel_writes_it(name: str) -> None:
    written = os.fsencode(name).replace(b"\\", b"\\134")
    for byte in b" \t\n":
        written = written.replace(bytes([byte]), b"\\%03o" % byte)
    assert read_only.path_of(written) == name


def place_odd_mounts(folder: Path) -> list[Path]:
    """Mount something at places with odd names, one of which another mount hides; the folders."""
    for name in ODD:
        (folder / name).mkdir()
        system.mount("tmpfs", str(folder / name), "tmpfs", 0)
    (folder / "over" / "under").mkdir(parents=True)
    system.mount("tmpfs", str(folder / "over" / "under"), "tmpfs", 0)
    system.mount("tmpfs", str(folder / "over"), "tmpfs", 0)
    (folder / "file").touch()
    (folder / "source").touch()
    system.mount(str(folder / "source"), str(folder / "file"), None, system.MS_BIND)
    return [folder / name for name in (*ODD, "over")]


def writable(path: Path) -> bool:
    try:
        (path / "probe").touch()
    except OSError:
        return False
    return True


def unknown_to_this_kernel() -> None:
    raise OSError(errno.ENOSYS, "mount_setattr")


@pytest.mark.parametrize("who", ["me", "ordinary user"])
@pytest.mark.parametrize("kernel", ["new", "before 5.12"])
def test_all_mounts_are_made_read_only_whatever_they_are_called(
    kernel: str, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work() -> list[object]:
        system.mount("tmpfs", "/srv", "tmpfs", system.MS_NOSUID | system.MS_NODEV)
        folders, file = place_odd_mounts(Path("/srv")), Path("/srv/file")
        assert all(map(writable, folders))
        read_only.make_all_read_only()
        left = [point for point, _ in read_only.mounts() if read_only.can_be_written(point)]
        return [[str(path) for path in folders if writable(path)], os.access(file, os.W_OK), left]

    if kernel == "before 5.12":
        monkeypatch.setattr(system, "all_read_only", unknown_to_this_kernel)
    assert in_lab_as(who, work) == [[], False, []]


def test_a_mount_that_stays_writable_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = system.mount
    stubborn = {str(tmp_path / name) for name in ("folder", "file")}

    def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
        if target in stubborn and flags & system.MS_REMOUNT:
            raise PermissionError
        real(source, target, kind, flags, data)

    def work() -> list[object]:
        folder, file, source = (tmp_path / name for name in ("folder", "file", "source"))
        folder.mkdir()
        real("tmpfs", str(folder), "tmpfs", 0)
        (folder / "treasure").touch()
        source.write_text("treasure")
        file.touch()
        real(str(source), str(file), None, system.MS_BIND)
        read_only.one_by_one()
        return [list(folder.iterdir()), writable(folder), file.read_text()]

    monkeypatch.setattr(system, "mount", mount)
    assert call_in_lab(work) == [[], False, ""]


def test_what_can_be_written_and_not_be_hidden_stops_the_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = system.mount

    def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
        if target == str(tmp_path):
            raise PermissionError(1, f"mount on {target}: not permitted")
        real(source, target, kind, flags, data)

    def work() -> str:
        real("tmpfs", str(tmp_path), "tmpfs", 0)
        try:
            read_only.one_by_one()
        except OSError as error:
            return str(error)
        return "nothing was said"

    monkeypatch.setattr(system, "mount", mount)
    assert str(tmp_path) in call_in_lab(work)


def test_a_file_is_seen_where_a_link_leads_into_a_folder_that_is_new(tmp_path: Path) -> None:
    def work() -> str:
        system.mount("tmpfs", "/srv", "tmpfs", 0)
        source, target = tmp_path / "source", Path("/srv/resolv.conf")
        source.write_text("names")
        target.symlink_to("/run/resolve/stub.conf")
        mounts.set_up_own([(str(source), str(target))], [], own_network=False)
        return Path("/run/resolve/stub.conf").read_text()

    assert call_in_lab(work) == "names"


def test_what_is_needed_of_a_folder_that_is_new_stays_and_is_read_only(tmp_path: Path) -> None:
    def work() -> list[object]:
        system.mount("tmpfs", "/run", "tmpfs", 0)
        needed, other = Path("/run/lab/needed"), Path("/run/lab/other")
        for folder in (needed, other):
            folder.mkdir(parents=True)
        (needed / "program").write_text("text")
        read_only.make_all_read_only()
        mounts.set_up_own([], [str(needed), "/run/nowhere"], own_network=False)
        return [(needed / "program").read_text(), writable(needed), other.exists(), writable(Path("/run"))]

    assert call_in_lab(work) == ["text", False, False, True]


@pytest.mark.parametrize("who", ["me", "ordinary user"])
def test_a_container_changes_nothing_of_the_machine_and_has_scratch_of_its_own(who: str) -> None:
    script = "for place in %s; do touch $place/probe 2>/dev/null && echo $place; done; rm -f /tmp/probe"
    places = "/ /etc /usr/bin /var /root /home /dev /sys /proc /proc/sys/net/ipv4 /tmp /var/tmp /run /dev/shm"

    def work() -> list[str]:
        with bench() as lab:
            lab.network("n", "10.9.0.0/24")
            lab.run("box", "n")
            lab.run("other", "n")
            written = lab.execute("box", "sh", "-c", script % places)[1].split()
            sysctl = lab.execute("box", "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")[0]
            seen = lab.execute("other", "sh", "-c", "ls -d /*/probe /var/*/probe /dev/*/probe 2>/dev/null")[1].split()
            return [*written, str(sysctl == 0), *seen]

    assert in_lab_as(who, work) == ["/tmp", "/var/tmp", "/run", "/dev/shm", "False"]


@pytest.mark.parametrize("who", ["me", "ordinary user"])
def test_a_container_has_the_usual_devices_and_no_others(who: str) -> None:
    script = """
    echo $(ls /dev)
    echo lost > /dev/null; head -c 3 /dev/zero | wc -c; head -c 3 /dev/urandom | wc -c
    echo much 2>/dev/null > /dev/full || echo full
    echo to stdout > /dev/stdout; cat /dev/fd/9 9<<END
to fd 9
END
    """

    def work() -> list[str]:
        with bench() as lab:
            lab.network("n", "10.9.0.0/24")
            lab.run("box", "n")
            said = lab.execute("box", "sh", "-c", script)[1]
            terminal = "import os, pty; print(os.ttyname(pty.openpty()[1]))"
            return [*said.splitlines(), lab.execute("box", sys.executable, "-c", terminal)[1].strip()]

    names, *said = in_lab_as(who, work)
    devices = [name for name in mounts.DEVICES if Path("/dev", name).exists()]
    assert names.split() == sorted([*devices, *mounts.DEVICE_LINKS, "pts", "shm"])
    assert said == ["3", "3", "full", "to stdout", "to fd 9", "/dev/pts/0"]


@in_lab
def test_the_sockets_of_the_machines_services_are_not_seen() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        lab.run("box", "n")
        assert lab.execute("box", "ls", "/run")[1].split() == ["lock"]
        there = set(lab.execute("box", "ls", "/tmp")[1].split())
        shown = {path.parts[2] for path in (ROOT, Path(sys.prefix)) if path.parts[:2] == ("/", "tmp")}
        assert there == {lab.plugins.parent.name} | shown, "where the stand-ins are"
