"""Containers: creating, finding, starting, stopping and removing them, and attaching them to networks."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any

from workshop.kernel.namespaces import Namespace
from workshop.lab.engine import files, requests
from workshop.lab.engine.attachments import Attachments
from workshop.lab.engine.boxes import Boxes
from workshop.lab.engine.connector import Connector
from workshop.lab.engine.model import Attachment, Container, Network
from workshop.lab.engine.mounting import Mounting
from workshop.lab.engine.names import NAME, new_id, new_name
from workshop.lab.engine.networks import Networks
from workshop.lab.engine.process import Output, Process
from workshop.lab.engine.refusal import Refusal, command_status
from workshop.lab.engine.runtime import Runtime
from workshop.lab.engine.versions import Version

REMEMBERED = 1000
"""So many removed containers' exit codes are kept for whoever still waits for them."""


class Containers:
    """The containers of one engine. ``folder`` holds their files and the sandboxes; ``host`` is where they
    run.
    """

    def __init__(
        self,
        version: Version,
        networks: Networks,
        connector: Connector,
        mounting: Mounting,
        host: Namespace,
        folder: Path,
        tell: Callable[..., None],
    ) -> None:
        self._version, self._mounting, self._tell = version, mounting, tell
        self._boxes = Boxes(version, host, folder)
        self._attachments = Attachments(version, networks, connector, self.refresh_names)
        self._runtime = Runtime(version, self._boxes, self._attachments, mounting, self.refresh_names, self._after_end)
        self._all: dict[str, Container] = {}
        self._gone: dict[str, int] = {}
        self._lock, self._names_lock = threading.RLock(), threading.Lock()

    def prepare(self) -> None:
        """Make what containers need on the machine."""
        self._boxes.prepare()

    def close(self) -> None:
        """Take back what ``prepare`` made."""
        self._boxes.clear()

    def all(self) -> list[Container]:
        """Every container, the newest first."""
        return sorted(self._all.values(), key=lambda container: container.born, reverse=True)

    def find(self, key: str) -> Container:
        """A container by ID, name, or the beginning of its ID. Raises Refusal (404)."""
        everyone = list(self._all.values())
        bare = key.removeprefix("/")
        exact = [c for c in everyone if c.id == key] or [c for c in everyone if c.name == bare]
        found = exact or [c for c in everyone if key and c.id.startswith(key)]
        if not found:
            raise Refusal(f"No such container: {key}", 404)
        if len(found) > 1:
            raise Refusal(f"Multiple IDs found with provided prefix: {key}", 400)
        return found[0]

    def create(self, body: dict[str, Any], name: str = "") -> Container:
        """What `docker create` asks for, as the Engine API's body. Raises Refusal."""
        if name and not NAME.fullmatch(name):
            raise Refusal(f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed", 400)
        container = requests.container_of(body, new_id(), name, self._attachments.network_id)
        for key, wish in container.attachments.items():
            self._attachments.check(key, wish, early=True)
        with self._lock:
            taken = {each.name: each.id for each in self._all.values()}
            if name in taken:
                raise Refusal(
                    f'Conflict. The container name "/{name}" is already in use by container "{taken[name]}". '
                    "You have to remove (or rename) that container to be able to reuse that name.",
                    409,
                )
            container.name = name or new_name(taken)
            container.output = Output()
            self._all[container.id] = container
        try:
            self._mounting.take(container)
        except BaseException:
            self._forget(container, with_volumes=True)
            raise
        self._tell_of(container)
        return container

    def start(self, container: Container) -> bool:
        """Start it; False if it runs already. Raises Refusal, with everything undone."""
        with container.lock:
            if container.gone:
                raise Refusal(f"No such container: {container.id}", 404)
            if container.running:
                return False
            try:
                self._runtime.start(container)
            except Refusal as error:
                container.error = error.message
                container.exit_code = (command_status(error.message) if "exec: " in error.message else None) or 128
                if container.auto_remove:
                    self._forget(container, with_volumes=True)
                raise
            self._tell_of(container)
            self._runtime.watch(container)
        return True

    def run(self, body: dict[str, Any], name: str = "") -> Container:
        """`docker run -d`: create and start. Raises Refusal; a container that could not start is there all the same."""
        container = self.create(body, name)
        self.start(container)
        return container

    def stop(self, container: Container, timeout: float | None = None) -> bool:
        """SIGTERM, and SIGKILL after ``timeout`` seconds; False if it does not run."""
        return self._runtime.stop(container, timeout)

    def kill(self, container: Container, number: int) -> None:
        """Send a signal. Raises Refusal if it does not run."""
        self._runtime.kill(container, number)

    def remove(self, container: Container, force: bool = False, with_volumes: bool = False) -> None:
        """Remove it; one that runs only with ``force``. ``with_volumes``: those without a name, too. Raises Refusal."""
        while True:
            if container.running:
                if not force:
                    text = self._version.remove_running
                    raise Refusal(text.format(id=container.id, name=container.name), 409)
                with suppress(Refusal):
                    self.kill(container, signal.SIGKILL)
            with container.lock:
                if not container.running:  # nobody has started it meanwhile
                    self._forget(container, with_volumes)
                    return

    def clear(self, patience: float, give_up: Callable[[], None]) -> None:
        """Remove all. When no container has gone for ``patience`` seconds, ``give_up`` is called, which is to make
        sure that nobody waits for a plugin any longer; the rest is then removed without moving links back.
        """

        def abandon() -> None:
            for container in self.all():
                if container.sandbox is not None:
                    container.sandbox.abandoned = True
            give_up()

        if not patience:
            abandon()
        with ThreadPoolExecutor(16) as pool:
            pending = {pool.submit(self._remove_somehow, container) for container in self.all()}
            while pending:
                done, pending = wait(pending, patience or None, FIRST_COMPLETED)
                if not done:
                    abandon()
                    patience = 0

    def wait(self, key: str) -> int:
        """The exit code of a container, once it has ended; known for a while after it was removed."""
        with self._lock:
            if key in self._gone:
                return self._gone[key]
        container = self.find(key)
        self._runtime.wait(container)
        return container.exit_code

    def connect(self, container: Container, network: Network, wish: Attachment) -> None:
        """`docker network connect`: at once if it runs, else at its next start. Raises Refusal."""
        self._attachments.connect(container, network, wish)

    def disconnect(self, container: Container, network: Network) -> None:
        """`docker network disconnect`. Raises Refusal if it is not connected."""
        self._attachments.disconnect(container, network)

    def execute(self, container: Container, command: list[str], env: list[str], workdir: str, out: Output) -> Process:
        """Start another process in a running container. Raises Refusal."""
        with container.lock:
            if not container.running:
                raise Refusal(f"container {container.id} is not running", 409)
            return self._boxes.beside(container, command, env, workdir, out)

    def refresh_names(self) -> None:
        """Bring the hosts file of every running container up to date."""
        with self._names_lock:
            running = [container for container in self.all() if container.sandbox is not None]
            for container in running:
                others = [other for other in running if other is not container]
                with suppress(OSError):
                    files.write_hosts(self._boxes.files_of(container), container, others)

    def told(self, container: Container) -> dict[str, Any]:
        """The data of a `docker` event that tells of one container."""
        sandbox, process = container.sandbox, container.process
        entry = {
            "name": container.name,
            "image": container.image,
            "sandbox": sandbox.key if sandbox else None,
            "pid": process.pid if process else None,
            "state": container.state,
        }
        return {"containers": {container.id: entry}}

    def _after_end(self, container: Container) -> None:
        self._tell_of(container)
        if container.auto_remove:
            self._forget(container, with_volumes=True)

    def _remove_somehow(self, container: Container) -> None:
        with suppress(Refusal):
            self.remove(container, force=True)

    def _forget(self, container: Container, with_volumes: bool = False) -> None:
        with self._lock:
            if self._all.pop(container.id, None) is None:
                return
            container.gone = True
            self._gone[container.id] = container.exit_code
            if len(self._gone) > REMEMBERED:
                del self._gone[next(iter(self._gone))]
        if not container.output.finished:
            container.output.finish()
        self._mounting.release(container, with_volumes)
        self._tell(containers={container.id: None})
        with container.ended:
            container.ended.notify_all()

    def _tell_of(self, container: Container) -> None:
        self._tell(**self.told(container))
