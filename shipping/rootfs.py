"""A folder that a process can have as its root: a Python, some programs, and every library that these need.

All of it comes from this machine, so no registry is asked, and it fits this machine's kernel and architecture.
"""

from __future__ import annotations

import compileall
import re
import shutil
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from py_compile import PycInvalidationMode

from packaging.requirements import Requirement

LEFT_OUT = (
    *("test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3"),
    *("site-packages", "dist-packages"),
)
"""Folders of the standard library, and of packages, that a server does not need."""

LOADED_LATER = ("libgcc_s.so.1",)
"""Libraries that a process loads when it needs them, and that nothing is linked with: this one to end a thread."""

_LIBRARY = re.compile(r"(?:=>\s+)?(/\S+)\s+\(0x")


class Rootfs:
    """The folder that is made, at ``path``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        version = sysconfig.get_python_version()
        self.library = Path("usr/lib") / f"python{version}"
        self._needing: list[Path] = []
        """Files whose libraries have to be there too."""

    def skeleton(self) -> None:
        """The folders that every process expects, and who root is."""
        for folder in ("dev", "etc", "proc", "run", "sys", "tmp", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "var"):
            (self.path / folder).mkdir(parents=True, exist_ok=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (self.path / name).symlink_to(f"usr/{name}")
        (self.path / "var/run").symlink_to("../run")
        (self.path / "etc/passwd").write_text("root:x:0:0:root:/:/bin/false\n")
        (self.path / "etc/group").write_text("root:x:0:\n")
        for name in ("protocols", "services", "ethertypes"):
            if Path("/etc", name).exists():
                shutil.copy(Path("/etc", name), self.path / "etc" / name)

    def python(self) -> Path:
        """This Python with its standard library; its path as the process has it."""
        program = self.path / "usr/bin/python3"
        shutil.copy(Path(sys.executable).resolve(), program)
        self._needing.append(Path(sys.executable).resolve())
        source = Path(sysconfig.get_path("stdlib"))
        self._tree(source, self.path / self.library, ("config-*", *LEFT_OUT))
        return Path("/usr/bin/python3")

    def distributions(self, *names: str) -> list[str]:
        """Installed distributions, with all that they require; their names."""
        wanted, found = list(names), dict[str, metadata.Distribution]()
        while wanted:
            name = wanted.pop()
            if name.lower() in found:
                continue
            each = found[name.lower()] = metadata.distribution(name)
            needs = [Requirement(line) for line in each.requires or ()]
            wanted += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
        for each in found.values():
            for file in each.files or ():
                self._file_of(each, file)
        return sorted(found)

    def folder(self, source: Path, place: Path) -> None:
        """A folder of our own."""
        self._tree(source, self.path / place, ("__pycache__",))

    def program(self, path: Path, *names: str) -> None:
        """A program, at the place where it is on this machine, and further ``names`` that it is called by."""
        real = path.resolve()
        self._copy(real)
        self._needing.append(real)
        for name in (path.name, *names):
            link = self.path / "usr/sbin" / name
            if not link.exists():
                link.symlink_to(f"/{_usr(real)}")

    def libraries(self) -> None:
        """Every library that what was copied needs."""
        compiled = [*self.path.rglob("*.so"), *self.path.rglob("*.so.*")]
        needed = set[Path]()
        for file in [*self._needing, *compiled]:
            said = subprocess.run(["ldd", file], capture_output=True, text=True, check=False).stdout
            needed |= {Path(found) for found in _LIBRARY.findall(said)}
        loaded_later = {library.parent / name for library in needed for name in LOADED_LATER}
        for library in sorted(needed | {path for path in loaded_later if path.exists()}):
            self._copy(library)

    def compile(self) -> None:
        """Have Python's files compiled: the process cannot write what it would compile at each start."""
        compileall.compile_dir(
            self.path / "usr/lib",
            quiet=2,
            workers=0,
            stripdir=str(self.path),
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )

    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.lstat().st_size for file in self.path.rglob("*") if not file.is_symlink() and file.is_file())

    def _file_of(self, distribution: metadata.Distribution, file: metadata.PackagePath) -> None:
        parts = file.parts
        if (
            ".." in parts
            or parts[0].startswith("__editable__")
            or parts[0].endswith(".pth")
            or set(parts) & set(LEFT_OUT)
        ):
            return
        source = Path(str(distribution.locate_file(file)))
        if source.is_file() and "__pycache__" not in parts:
            target = self.path / self.library / "site-packages" / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)

    def _tree(self, source: Path, target: Path, without: tuple[str, ...]) -> None:
        shutil.copytree(
            source, target, ignore=shutil.ignore_patterns("__pycache__", *without), symlinks=False, dirs_exist_ok=True
        )

    def _copy(self, file: Path) -> None:
        """A file to where it is on this machine, under its own name even if that is a link there."""
        target = self.path / _usr(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copy(file.resolve(), target)


def _usr(path: Path) -> Path:
    """Where a file goes: Debian's ``/bin`` and ``/lib`` are links to ``/usr``."""
    inside = path.relative_to("/")
    return Path("usr", *inside.parts) if inside.parts[0] in ("bin", "sbin", "lib", "lib64") else inside
