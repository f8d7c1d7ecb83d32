"""A virtual machine with Debian's own kernel, for what this machine's kernel may lack: ipvlan, VLANs, netem, dummies.

Inside it is this machine as it is, seen through 9p with a layer of memory on top: the same programs, the same
virtual environment, the same checkout, at the same paths. What is written there is gone with it. It has no
network but its own loopback.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support import debian_kernel
from tests.support.leftovers import MARK
from tests.support.shell import CommandFailed, Result, run, until

ROOT = Path(__file__).resolve().parents[2]

PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "cpio": "cpio",
    "modprobe": "kmod",
    "depmod": "kmod",
    "busybox": "busybox-static",
    "setpriv": "util-linux",
    "dpkg-deb": "dpkg",
    "apt-get": "apt",
    "apt-cache": "apt",
}
"""What it takes, and the Debian package of each."""

BOOT = 240
"""Seconds until it has started. Where the processor is emulated it takes about 20, on an idle machine."""

ACCELERATOR = os.environ.get("WORKSHOP_VM_ACCELERATOR", "tcg")
"""How qemu runs it. Emulation works everywhere; ``kvm`` is faster where it can be relied on."""

_MODULES = ("virtio_pci", "9pnet_virtio", "9p", "overlay")
"""What the kernel needs to find its files; all else it loads by itself when it is asked for."""

_INIT = """\
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
for module in {modules}; do modprobe $module; done
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 root /below
mount -t tmpfs tmpfs /above
mkdir /above/upper /above/work
mount -t overlay -o lowerdir=/below,upperdir=/above/upper,workdir=/above/work overlay /root
cd /root
mkdir -p proc sys dev run lib/modules
mount -t proc proc proc
mount -t sysfs sys sys
mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm
mount -t devpts pts dev/pts
mount -t cgroup2 cgroup sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=262144 modules lib/modules
mkdir run/jobs
mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 jobs run/jobs
ip link set lo up
umount /proc
exec switch_root /root /bin/sh /run/jobs/agent
"""

_AGENT = """\
cd /run/jobs
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
: > ready
while :; do
  for job in *.job; do
    if [ -e "$job" ]; then
      name=${job%.job}
      sh "$job" < /dev/null > "$name.out" 2> "$name.err"
      echo $? > "$name.new"
      rm "$job"
      mv "$name.new" "$name.code"
    fi
  done
  sleep 0.2
done
"""


def missing() -> str | None:
    """Why there can be no such machine here, or ``None``."""
    if platform.machine() != "x86_64":
        return f"it has an x86-64 kernel, and the programs here are for {platform.machine()}"
    absent = sorted(
        {package for program, package in PROGRAMS.items() if shutil.which(program, path=debian_kernel.PATH) is None}
    )
    if absent:
        return f"missing: {', '.join(absent)}"
    if not _is_static(_busybox()):
        return "this busybox needs libraries, and that of the package busybox-static does not"
    return debian_kernel.missing()


def _busybox() -> Path:
    return Path(shutil.which("busybox", path=debian_kernel.PATH) or "/bin/busybox")


def _is_static(program: Path) -> bool:
    """Whether a program starts without the loader of shared libraries, which it would name at its beginning."""
    with program.open("rb") as file:
        return b"/ld-" not in file.read(4096)


def _write_first_files(package: Path, archive: Path) -> None:
    """The few files that the kernel starts with: busybox, some modules, and the script that goes on from there."""
    with tempfile.TemporaryDirectory() as made:
        root, modules = Path(made), package / "lib/modules" / debian_kernel.version(package)
        for name in ("bin", "proc", "below", "above", "root"):
            (root / name).mkdir()
        shutil.copy(_busybox(), root / "bin/busybox")
        copied = root / "lib/modules" / debian_kernel.version(package)
        for file in [*debian_kernel.needed(package, _MODULES), *modules.glob("modules.*")]:
            place = copied / file.resolve().relative_to(modules.resolve())
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
        init = root / "init"
        init.write_text(_INIT.format(modules=" ".join(_MODULES)))
        init.chmod(0o755)
        run("sh", "-c", f"cd {made} && find . | cpio --quiet -o -H newc > {shlex.quote(str(archive))}")


# -- the machine


class VM:
    """One virtual machine: ``start``, ``run`` as often as you like, ``stop``."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="ws-vm-", dir="/var/tmp"))
        self._jobs, self._console = self.home / "jobs", self.home / "console"
        self._jobs.mkdir()
        self._count = 0
        self._qemu: subprocess.Popen[bytes] | None = None

    def start(self) -> VM:
        """Start it. Takes a while: see ``BOOT``.

        :raises AssertionError: with the end of what its console showed, if it does not start.
        """
        package = debian_kernel.kernel()
        (self._jobs / "agent").write_text(_AGENT)
        _write_first_files(package, self.home / "initramfs")
        command = ["setpriv", "--pdeathsig", "KILL", "qemu-system-x86_64", "-accel", ACCELERATOR, "-cpu", "max"]
        # one processor: two that are emulated spend half of their time waiting for each other
        # one processor: of two that are emulated, each spends half of its time waiting for the other
        command += ["-smp", "1", "-m", "2048", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"]
        command += ["-nic", "none", "-serial", f"file:{self._console}"]
        command += ["-kernel", *map(str, (package / "boot").glob("vmlinuz-*")), "-initrd", str(self.home / "initramfs")]
        command += ["-append", "console=ttyS0 panic=-1 quiet mitigations=off"]
        for tag, path, readonly in (
            ("root", "/", "on"),
            ("modules", f"{package}/lib/modules", "on"),
            ("jobs", self._jobs, "off"),
        ):
            share = f"local,path={path},mount_tag={tag},readonly={readonly},security_model=none,multidevs=remap"
            command += ["-virtfs", share]
        # it serves many tests: it is not what one test left behind
        env = {name: value for name, value in os.environ.items() if name != MARK}
        with (self.home / "qemu").open("wb") as said:
            self._qemu = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=env, start_new_session=True
            )
        ready = self._jobs / "ready"
        until(lambda: ready.exists() or not self.runs, BOOT)
        if not ready.exists():
            why = "it did not start in time" if self.runs else "it ended while starting"
            told = self._told()
            self.stop()
            raise AssertionError(f"the virtual machine: {why}\n{told}")
        return self

    def stop(self) -> None:
        """End it, and remove what was kept for it. Nothing in it is worth a farewell."""
        if self._qemu:
            self._qemu.kill()
            self._qemu.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._qemu is not None and self._qemu.poll() is None

    def run(
        self, *command: str | Path, check: bool = True, timeout: float = 300, env: dict[str, str] | None = None
    ) -> Result:
        """Run a program in it as root, in this checkout, and give what it said. ``env`` is added to a bare environment.

        After ``timeout`` seconds it is ended there, with code 124.

        :raises CommandFailed: if it ended with another code than 0 and ``check`` is true.
        :raises AssertionError: if the machine itself has ended.
        """
        self._count += 1
        job = self._jobs / f"{self._count}.job"
        settings = [f"export {name}={shlex.quote(value)}\n" for name, value in (env or {}).items()]
        words = shlex.join(str(word) for word in command)
        line = f"exec timeout --kill-after=5 {timeout} {words}\n"
        new = job.with_suffix(".unfinished")
        new.write_text(f"cd {shlex.quote(str(ROOT))}\n{''.join(settings)}{line}")
        new.rename(job)
        code = job.with_suffix(".code")
        answered = until(lambda: code.exists() or not self.runs, timeout + 60)
        assert answered and code.exists(), f"the virtual machine gave no answer to `{words}`\n{self._told()}"
        said = [job.with_suffix(end).read_text(errors="replace") for end in (".out", ".err")]
        result = Result([*command], int(code.read_text()), *said)
        if check and result.returncode:
            raise CommandFailed(result)
        return result

    def python(self, *arguments: str | Path, **how: object) -> Result:
        """Run this same Python in it, with this same virtual environment; otherwise as ``run``."""
        return self.run(sys.executable, *arguments, **how)  # type: ignore[arg-type]

    def _told(self) -> str:
        lines: list[str] = []
        for file in (self.home / "qemu", self._console):
            if file.exists():
                lines += file.read_text(errors="replace").splitlines()[-20:]
        return "\n".join(lines)
