"""Real Docker Engines for tests, side by side: each in a network and a mount namespace of its own.

An engine holds one image, ``busybox``, made from this machine's busybox. It sees ``plugins_dir`` as its
``/run/docker/plugins``. A plugin belongs into its network namespace, where the test starts it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from tests.support import trees
from tests.support.shell import Result, inside, path_of, run, until
from workshop.kernel.namespaces import Namespace

IMAGE = "busybox"
HOME = "WORKSHOP_TESTS_ENGINE"
"""An environment variable that marks each process of an engine, so that none is missed when it ends."""

_START = """
set -eu
mount --make-rprivate /
if [ {root} != / ]; then
  mount --bind {root} {root}
  mkdir -p {root}{home}
  for dir in /proc /sys /dev {home}; do mount --rbind $dir {root}$dir; done
  cd {root}
  mkdir -p .old
  pivot_root . .old  # not chroot: `docker exec` would then see this machine's files, not the container's
  umount -l .old  # the folder stays: removing it would take away what another engine has just put on it
fi
mount -t tmpfs tmpfs /run
mkdir -p /run/docker/plugins
mount --bind {home}/plugins /run/docker/plugins
{dockerd}
"""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("engine", timeout=60)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Engine:
    """One Docker Engine. ``version`` is one of ``trees.VERSIONS``; ``iptables`` is ``"nft"`` or ``"legacy"``.

    ``namespace`` is its network namespace, which stays when the engine is restarted.
    """

    def __init__(self, version: str, *, iptables: str = "nft") -> None:
        self.version, self.iptables = version, iptables
        self.root = trees.root_of(version)
        self.client = trees.client(version, self.root)
        self.home = Path(tempfile.mkdtemp(prefix="ws-engine-", dir="/var/tmp"))
        self.plugins_dir, self.socket = self.home / "plugins", self.home / "docker.sock"
        self.namespace = Namespace.create()
        self._mounts = -1
        self._daemon: subprocess.Popen[bytes] | None = None
        self._log = (self.home / "dockerd.log").open("ab")

    # -- life

    def up(self) -> Engine:
        """Start it and give it the image. Raises AssertionError with its log if it does not answer."""
        self.plugins_dir.mkdir()
        self.exec("ip", "link", "set", "lo", "up")
        self.start()
        if not self.docker("images", "-q", IMAGE).stdout:
            archive = self.home / "image.tar"
            _write_image(archive)
            self.docker("import", archive, f"{IMAGE}:latest")
            archive.unlink()
        return self

    def start(self) -> None:
        """Start the daemon, in the mount namespace that it had before if it had one."""
        (self.home / "docker.pid").unlink(missing_ok=True)
        home = shlex.quote(str(self.home))
        dockerd = (
            f"exec dockerd -H unix://{home}/docker.sock --data-root {home}/data --exec-root {home}/exec"
            f" --pidfile {home}/docker.pid"
        )
        enter = ["nsenter", f"--net={path_of(self.namespace)}"]
        if self._mounts < 0:
            script = _START.format(root=shlex.quote(str(self.root)), home=home, dockerd=dockerd)
            command = [*enter, "unshare", "--mount", "--propagation", "private", "sh", "-c", script]
        else:
            command = [*enter, f"--mount=/proc/{os.getpid()}/fd/{self._mounts}", "sh", "-c", dockerd]
        self._daemon = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            env={**os.environ, **self.environment(), HOME: str(self.home)},
        )
        if not until(lambda: self._daemon.poll() is not None or self.answers(), 60) or not self.answers():
            raise AssertionError(f"Docker Engine {self.version} does not start:\n{self.log()[-2000:]}")
        if self._mounts < 0:
            self._mounts = os.open(f"/proc/{self._daemon.pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)

    def settle(self) -> None:
        """Let Docker's own driver make what it makes once and keeps, so that nobody else is blamed for it."""
        network, ranges = "settle", ("--ipv6", "--subnet", "10.99.0.0/24", "--subnet", "fd00:99:ffff::/64")
        self.docker("network", "create", "-d", "bridge", *ranges, network)
        self.docker("run", "--rm", "--net", network, "-p", "19999:80", IMAGE, "true")
        self.docker("network", "rm", network)

    def stop(self) -> None:
        """End the daemon with SIGTERM; it stops its containers. After half a minute it is killed."""
        if self._daemon is None:
            return
        self._daemon.terminate()
        try:
            self._daemon.wait(30)
        except subprocess.TimeoutExpired:
            self._daemon.kill()
            self._daemon.wait(10)
        self._daemon = None

    def kill(self) -> None:
        """End the daemon and its containerd with SIGKILL, which they cannot answer; the containers go on."""
        daemon, self._daemon = self._daemon, None
        if daemon is None:
            return
        pids = [pid for pid in self._processes() if _parent(pid) == daemon.pid]
        daemon.kill()
        daemon.wait(10)
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 10)

    def restart(self) -> None:
        """Stop it and start it again; the network namespace stays, and containers that always restart."""
        self.stop()
        self.start()

    def down(self) -> None:
        """Stop it and remove all that it left behind: containers, processes, the namespace, its folder."""
        with contextlib.suppress(Exception):
            if names := self.docker("ps", "-aq", check=False).stdout.split():
                self.docker("rm", "-f", *names, check=False)
        self.stop()
        until(lambda: not [os.kill(pid, signal.SIGKILL) for pid in self._processes()], 10)
        if self._mounts >= 0:
            os.close(self._mounts)
        self._mounts = -1
        self.namespace.close()
        self._log.close()
        until(lambda: shutil.rmtree(self.home, ignore_errors=True) or not self.home.exists(), 10)

    def _processes(self) -> list[int]:
        wanted, found = f"{HOME}={self.home}".encode(), []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return found

    # -- talking to it

    def environment(self) -> dict[str, str]:
        """What a plugin beside this engine needs: the same iptables, and the same lock for it."""
        path = os.environ.get("PATH", "/usr/bin:/bin")
        path = ":".join(dict.fromkeys([*path.split(":"), "/usr/sbin", "/usr/bin", "/sbin", "/bin"]))
        if self.iptables == "legacy":
            path = f"{self._legacy()}:{path}"
        return {"PATH": path, "XTABLES_LOCKFILE": str(self.home / "xtables.lock")}

    def _legacy(self) -> Path:
        """A folder where ``iptables`` and the like are the legacy programs, for this engine only."""
        folder = self.home / "legacy"
        program = shutil.which("xtables-legacy-multi") or "/usr/sbin/xtables-legacy-multi"
        if not folder.exists():
            folder.mkdir()
            for family in ("iptables", "ip6tables"):
                for verb in ("", "-save", "-restore"):
                    (folder / (family + verb)).symlink_to(program)
        return folder

    def docker(self, *arguments: str | Path, check: bool = True, timeout: float = 90) -> Result:
        """The docker client of the engine's own version. Raises CommandFailed if it ends with an error."""
        return run(
            self.client,
            "-H",
            f"unix://{self.socket}",
            *arguments,
            check=check,
            timeout=timeout,
            env={"HOME": str(self.home)},
        )

    def exec(self, *command: str | Path, check: bool = True, timeout: float = 60) -> Result:
        """Run a program in the engine's network namespace."""
        return inside(self.namespace, *command, check=check, timeout=timeout)

    def api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """One request to the engine's HTTP API: status and JSON (or text)."""
        connection = _Connection(self.socket)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"} if text else {})
            answer = connection.getresponse()
            said = answer.read().decode()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(said) if said else None
        except ValueError:
            return answer.status, said

    def answers(self) -> bool:
        """Whether the daemon answers now."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.api("GET", "/_ping")[0] == 200
        return False

    def log(self) -> str:
        """All that the daemon said so far."""
        return (self.home / "dockerd.log").read_text(errors="replace")

    def inspect(self, name: str) -> dict[str, Any]:
        """A container, a network or an image, as Docker tells it."""
        return json.loads(self.docker("inspect", name).stdout)[0]

    def sandbox(self, container: str) -> Namespace:
        """A running container's network namespace; the caller closes it."""
        return Namespace.of_process(self.inspect(container)["State"]["Pid"])


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _write_image(archive: Path) -> None:
    """A busybox image's files as a tar archive: one program, and a link for each of its names."""
    busybox = shutil.which("busybox")
    assert busybox, "there is no busybox; `apt install busybox-static` has one"
    with tarfile.open(archive, "w") as tar:
        for folder in ("bin", "etc", "proc", "sys", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        program = tar.gettarinfo(Path(busybox).resolve(), "bin/busybox")
        with Path(busybox).resolve().open("rb") as file:
            tar.addfile(program, file)
        for applet in run(busybox, "--list").stdout.split():
            if applet != "busybox":
                entry = tarfile.TarInfo(f"bin/{applet}")
                entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(entry)
