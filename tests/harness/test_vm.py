"""Where there can be no virtual machine, it is said what is missing, before any time is spent."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import debian_kernel, kinds, vm


@pytest.fixture
def complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has every program; its busybox is what the linker calls static."""
    for name in vm.PROGRAMS:
        (tmp_path / name).write_bytes(b"\x7fELF")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(debian_kernel, "PATH", str(tmp_path))
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "debian"})
    return tmp_path


def test_with_all_that_it_takes_nothing_is_missing(complete: Path):
    assert vm.missing() is None


def test_programs_that_are_missing_are_named_by_their_packages(complete: Path):
    (complete / "qemu-system-x86_64").unlink()
    (complete / "depmod").unlink()
    assert vm.missing() == "missing: kmod, qemu-system-x86"
    assert {"kmod", "qemu-system-x86"} <= set(kinds.KINDS["vm"].remedy.replace("`", " ").split())


def test_a_busybox_that_needs_libraries_would_not_start_there(complete: Path):
    (complete / "busybox").write_bytes(b"\x7fELF" + b"/lib64/ld-linux-x86-64.so.2")
    assert "busybox-static" in (vm.missing() or "")


def test_another_processor_is_told_of(complete: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert "the programs here are for aarch64" in (vm.missing() or "")


def test_a_machine_that_is_not_debian_s_needs_a_kernel_that_is_kept(
    complete: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "other"})
    monkeypatch.setenv("WORKSHOP_VM_KERNELS", str(tmp_path / "kernels"))
    unknown = subprocess.CompletedProcess([], 100, "", "E: No packages found")
    monkeypatch.setattr(debian_kernel, "_apt", lambda *_, **__: unknown)
    assert "no package linux-image-amd64" in (vm.missing() or "")
    kept = tmp_path / "kernels/linux-image-6.1.0-1-amd64"
    kept.mkdir(parents=True)
    assert vm.missing() is not None, "one that was not unpacked to the end does not count"
    (kept / "complete").touch()
    assert vm.missing() is None
    assert debian_kernel.kernel.__wrapped__() == kept


def test_it_is_told_what_apt_says_if_the_kernel_cannot_be_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("WORKSHOP_VM_KERNELS", str(tmp_path))
    refused = subprocess.CompletedProcess([sys.executable], 100, "", "E: no network")
    monkeypatch.setattr(debian_kernel, "_apt", lambda *_, **__: refused)
    with pytest.raises(AssertionError, match="Debian's kernel cannot be fetched:\n(.*\n)*E: no network"):
        debian_kernel.kernel.__wrapped__()


def test_a_machine_that_does_not_start_says_why_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "setpriv").write_text("#!/bin/sh\necho 'qemu: no such accelerator' >&2\nexit 1\n")
    (tmp_path / "setpriv").chmod(0o755)
    (tmp_path / "boot").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(debian_kernel, "kernel", lambda: tmp_path)
    monkeypatch.setattr(vm, "_write_first_files", lambda *_: None)
    machine = vm.VM()
    with pytest.raises(AssertionError, match="it ended while starting\nqemu: no such accelerator"):
        machine.start()
    assert not machine.home.exists()
