"""The folder that is the managed plugin's root: what is in it runs with nothing else there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shipping.rootfs import Rootfs
from workshop.kernel import programs


def inside(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program with the folder as its root."""
    clean = {"PATH": "/usr/sbin:/usr/bin"}
    return subprocess.run(["chroot", folder, *command], capture_output=True, text=True, env=clean, timeout=60)


@pytest.mark.kernel
def test_a_program_runs_with_nothing_but_what_was_copied(tmp_path: Path):
    rootfs = Rootfs(tmp_path / "root")
    rootfs.skeleton()
    rootfs.program(Path(programs.find("nft")))
    assert inside(rootfs.path, "nft", "--version").returncode == 127, "its libraries are not there yet"
    rootfs.libraries()
    result = inside(rootfs.path, "nft", "--version")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("nftables v")


@pytest.mark.kernel
def test_a_program_has_further_names(tmp_path: Path):
    rootfs = Rootfs(tmp_path / "root")
    rootfs.skeleton()
    rootfs.program(Path(programs.find("xtables-nft-multi")), "iptables-nft", "ip6tables-nft")
    rootfs.libraries()
    for name in ("iptables-nft", "ip6tables-nft"):
        assert inside(rootfs.path, name, "--version").stdout.startswith(name.removesuffix("-nft") + " v")


def test_distributions_come_with_what_they_require_and_without_tests(tmp_path: Path):
    rootfs = Rootfs(tmp_path)
    assert {"flask", "jinja2", "werkzeug", "markupsafe", "click"} <= {
        name.lower() for name in rootfs.distributions("Flask")
    }
    packages = rootfs.path / rootfs.library / "site-packages"
    assert (packages / "flask/app.py").is_file()
    assert (packages / "markupsafe/__init__.py").is_file()
    assert not list(packages.rglob("__pycache__"))
    assert not (packages / "pytest").exists()


def test_folders_of_our_own_are_copied_whole_but_for_what_python_has_compiled(tmp_path: Path):
    source = tmp_path / "source"
    (source / "__pycache__").mkdir(parents=True)
    (source / "__pycache__/a.pyc").write_bytes(b"")
    (source / "a.py").write_text("A = 1\n")
    (source / "tests").mkdir()
    rootfs = Rootfs(tmp_path / "root")
    rootfs.folder(source, Path("usr/lib/ours"))
    assert sorted(file.name for file in Path(tmp_path / "root/usr/lib/ours").iterdir()) == ["a.py", "tests"]


def test_what_is_compiled_holds_no_path_of_this_machine(tmp_path: Path):
    rootfs = Rootfs(tmp_path / "root")
    module = rootfs.path / "usr/lib/ours/a.py"
    module.parent.mkdir(parents=True)
    module.write_text("def f():\n    return 1\n")
    rootfs.compile()
    (compiled,) = module.parent.glob("__pycache__/*.pyc")
    assert str(tmp_path).encode() not in compiled.read_bytes()
    assert rootfs.size() == module.stat().st_size + compiled.stat().st_size
