"""Namespaces that outlive who made them: each is a mount on a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.shell import run
from workshop.kernel import mounts, pinned
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel


def test_a_namespace_stays_at_its_path_when_whoever_made_it_lets_go(tmp_path):
    path = tmp_path / "netns" / "blue"
    made = pinned.make(path)
    made.close()
    found = pinned.at(path)
    assert found is not None
    assert (found.id, found.name) == (made.id, "blue")
    assert found.id != Namespace.current().id
    assert run("nsenter", f"--net={path}", "ip", "-br", "link").stdout.split()[0] == "lo"
    found.close()
    assert pinned.remove(path)
    assert (pinned.at(path), path.exists()) == (None, False)
    assert not pinned.remove(path)


def test_a_file_that_a_restart_of_the_machine_left_is_no_namespace_and_is_used_again(tmp_path):
    path = tmp_path / "blue"
    path.touch()
    assert pinned.at(path) is None
    made = pinned.make(path)
    try:
        found = pinned.at(path)
        assert found is not None and found.id == made.id
        found.close()
    finally:
        made.close()
        assert pinned.remove(path)


def test_nothing_is_left_where_it_cannot_be_pinned(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(1, "not allowed")

    monkeypatch.setattr(pinned, "mount", refuse)
    with pytest.raises(PermissionError):
        pinned.make(tmp_path / "blue")
    assert list(tmp_path.iterdir()) == []


def test_what_is_mounted_nowhere_is_refused_with_both_places(tmp_path):
    with pytest.raises(OSError, match=f"mount /nowhere on {tmp_path}/nothing: No such file"):
        mounts.mount("/nowhere", str(tmp_path / "nothing"), None, mounts.MS_BIND)


def test_the_folder_is_shared_first_so_that_ip_puts_no_second_one_on_top_of_it(tmp_path: Path, monkeypatch) -> None:
    folder = tmp_path / "netns"
    monkeypatch.setattr(pinned, "FOLDER", folder)
    try:
        for name in ("wsn1", "wsn2"):
            pinned.make(folder / name).close()
        run("mount", "--make-shared", folder)  # what `ip netns add` tries before it mounts
        told = Path("/proc/self/mountinfo").read_text()
        assert [told.count(f" {folder}{name} ") for name in ("", "/wsn1", "/wsn2")] == [1, 1, 1]
        assert pinned.remove(folder / "wsn1") and pinned.remove(folder / "wsn2")
        assert list(folder.iterdir()) == []
    finally:
        mounts.unmount(folder)
