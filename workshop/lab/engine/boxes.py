"""What a container is made of on the machine: its files, its first process, its sandbox's path."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from workshop.kernel.mounts import MS_BIND, mount, unmount
from workshop.kernel.namespaces import Namespace
from workshop.lab.applets import install
from workshop.lab.engine import files, requests
from workshop.lab.engine import sandbox as os_sandbox
from workshop.lab.engine.model import Container, Sandbox
from workshop.lab.engine.names import new_id
from workshop.lab.engine.process import Output, Process
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.spawner import Spawner
from workshop.lab.engine.versions import Version


class Boxes:
    """Makes and removes what containers are made of, below ``folder``, on ``host``."""

    def __init__(self, version: Version, host: Namespace, folder: Path) -> None:
        self._version, self._folder = version, folder
        self._sandboxes, self._programs = folder / "netns", folder / "programs"
        self._spawner = Spawner(host, self._sandboxes, self._programs)

    def prepare(self) -> None:
        """Make the folders. That of the sandboxes is a mount of its own, so a container can let go of it at
        once.
        """
        self._sandboxes.mkdir(parents=True, exist_ok=True)
        mount("tmpfs", str(self._sandboxes), "tmpfs", 0)
        install.install(self._programs)
        self._spawner.start()

    def clear(self) -> None:
        """Remove the folders."""
        self._spawner.stop()
        unmount(self._sandboxes)
        for folder in (self._programs, self._folder / "containers"):
            files.remove(folder)
        for folder in (self._sandboxes, self._folder):
            with suppress(OSError):
                folder.rmdir()

    def new_sandbox(self) -> Sandbox:
        """A sandbox that has a path already, but no namespace yet."""
        key = new_id()
        return Sandbox(key, str(self._sandboxes / key[:12]))

    def spawn(self, container: Container, sandbox: Sandbox, volumes: list[tuple[str, str, bool]]) -> None:
        """Make the container's first process, waiting for ``go``, and bind its network namespace to the
        sandbox's path. ``volumes`` are folders, where each is to be seen, and whether it is read-only there.

        :raises Refusal: if the command cannot be run, in the version's words.
        """
        request = {
            "command": container.command,
            "env": requests.environment(container.env, container, self._programs),
            "workdir": container.workdir,
            "unrunnable": self._version.unrunnable_status,
            "hostname": container.hostname,
            "network": "host" if container.mode == "host" else "new",
            "capabilities": container.capabilities,
            "files": files.make(self.files_of(container), container),
            "volumes": volumes,
        }
        process = container.process = Process(request, self._spawner, container.output)
        if process.error:
            denied = ": permission denied" if process.error.endswith("is a directory") else ""
            raise Refusal(self._version.exec_error.format(error=process.error) + denied, 400)
        sandbox.namespace = Namespace(os.dup(process.namespaces[0]))
        Path(sandbox.key).touch()
        mount(f"/proc/self/fd/{process.namespaces[0]}", sandbox.key, None, MS_BIND)
        os_sandbox.lower_loopback(sandbox, self._version)

    def beside(self, container: Container, command: list[str], env: list[str], folder: str, out: Output) -> Process:
        """Make a further process in a running container. Raises Refusal."""
        request = {
            "command": command,
            "env": requests.environment([*container.env, *env], container, self._programs),
            "workdir": folder or container.workdir,
            "unrunnable": self._version.unrunnable_status,
            "capabilities": container.capabilities,
        }
        return Process(request, self._spawner, out, beside=container.process)

    def remove(self, container: Container, sandbox: Sandbox) -> None:
        """End the container's processes, and remove its sandbox and files."""
        if container.process is not None:
            container.process.kill()
            container.process.wait()
            container.process.close()
            container.process = None
        unmount(Path(sandbox.key))
        Path(sandbox.key).unlink(missing_ok=True)
        if sandbox.namespace is not None:
            sandbox.namespace.close()
        container.sandbox = None
        files.remove(self.files_of(container))

    def files_of(self, container: Container) -> Path:
        """The folder of the files that the container sees as its own."""
        return self._folder / "containers" / container.id
