"""Containers: creating, starting, stopping and removing them, and attaching them to networks."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from workshop.kernel.namespaces import Namespace
from workshop.lab.engine import files, requests
from workshop.lab.engine.boxes import Boxes
from workshop.lab.engine.endpoints import Connector
from workshop.lab.engine.model import Attachment, Container, Network, Sandbox, timestamp
from workshop.lab.engine.names import NAME, new_id, new_name
from workshop.lab.engine.networks import Networks
from workshop.lab.engine.process import Output, Process
from workshop.lab.engine.refusal import Refusal, command_status
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
        host: Namespace,
        folder: Path,
        tell: Callable[..., None],
    ) -> None:
        self._version, self._networks, self._connector = version, networks, connector
        self._boxes, self._tell = Boxes(version, host, folder), tell
        self._all: dict[str, Container] = {}
        self._gone: dict[str, int] = {}
        self._lock, self._names_lock = threading.RLock(), threading.Lock()

    def prepare(self) -> None:
        """Make what containers need on the machine."""
        self._boxes.prepare()

    def clear(self) -> None:
        """Remove every container, at once, and all that they needed."""

        def remove(container: Container) -> None:
            with suppress(Refusal):
                self.remove(container, force=True)

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(remove, self.all()))
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
        container = requests.container_of(body, new_id(), name, self._find_or_keep)
        for key, wish in container.attachments.items():
            self._check(key, wish, early=True)
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
        self._tell_of(container)
        return container

    def start(self, container: Container) -> bool:
        """Start it; False if it runs already. Raises Refusal, with everything undone."""
        with container.lock:
            if container.id not in self._all:
                raise Refusal(f"No such container: {container.id}", 404)
            if container.running:
                return False
            try:
                self._start(container)
            except Refusal as error:
                container.error = error.message
                container.exit_code = command_status(error.message) or 128
                if container.auto_remove:
                    self._forget(container)
                raise
        return True

    def stop(self, container: Container, timeout: float | None = None) -> bool:
        """SIGTERM, and SIGKILL after ``timeout`` seconds; False if it does not run."""
        process = container.process
        if not container.running or process is None:
            return False
        wait = container.stop_timeout if timeout is None else timeout
        process.kill(signal.SIGTERM)
        if not self._wait_ended(container, max(0.0, wait)):
            process.kill(signal.SIGKILL)
            self._wait_ended(container, None)
        return True

    def kill(self, container: Container, number: int) -> None:
        """Send a signal. Raises Refusal if it does not run."""
        process = container.process
        if not container.running or process is None:
            raise Refusal(f"Container {container.id} is not running", 409)
        process.kill(number)
        if number == signal.SIGKILL:
            self._wait_ended(container, None)

    def remove(self, container: Container, force: bool = False) -> None:
        """Remove it; one that runs only with ``force``. Raises Refusal."""
        if container.running:
            if not force:
                text = self._version.remove_running
                raise Refusal(text.format(id=container.id, name=container.name), 409)
            with suppress(Refusal):
                self.kill(container, signal.SIGKILL)
        with container.lock:
            self._forget(container)

    def wait(self, key: str) -> int:
        """The exit code of a container, once it has ended; known for a while after it was removed."""
        with self._lock:
            if key in self._gone:
                return self._gone[key]
        container = self.find(key)
        self._wait_ended(container, None)
        return container.exit_code

    def connect(self, container: Container, network: Network, wish: Attachment) -> None:
        """`docker network connect`: at once if it runs, else at its next start. Raises Refusal."""
        with container.lock:
            wish.network_id = network.id
            self._check(network.id, wish, early=True)
            if container.running:
                self._check(network.id, wish, early=False)
                wish.endpoint = self._connector.connect(container, container.sandbox, network, wish, live=True)
            container.attachments.pop(network.id, None)
            container.attachments[network.id] = wish
        self.refresh_names()

    def disconnect(self, container: Container, network: Network) -> None:
        """`docker network disconnect`. Raises Refusal if it is not connected."""
        with container.lock:
            wish = container.attachments.get(network.id)
            if wish is None:
                raise Refusal(f"container {container.id} is not connected to network {network.name}", 403)
            if container.running and wish.endpoint is not None:
                self._connector.disconnect(container.sandbox, wish.endpoint)
            del container.attachments[network.id]
        self.refresh_names()

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

    def _start(self, container: Container) -> None:
        version, prefix = self._version, self._version.set_up_prefix
        sandbox = container.sandbox = self._boxes.new_sandbox()
        if container.output.finished:
            container.output = Output()
        try:
            if version.process_first:
                self._boxes.spawn(container, sandbox)
            try:
                self._attach_all(container, sandbox, live=version.process_first)
            except Refusal as error:
                raise Refusal(prefix + error.message, error.status) from None
            if not version.process_first:
                self._boxes.spawn(container, sandbox)
                self._connector.populate_all(sandbox)
        except BaseException:
            self._take_down(container, sandbox)
            raise
        self.refresh_names()
        container.state, container.started, container.started_at = "running", timestamp(), time.time()
        container.error, container.exit_code = "", 0
        container.process.go()
        self._tell_of(container)
        threading.Thread(target=self._watch, args=(container, sandbox, container.process), daemon=True).start()

    def _attach_all(self, container: Container, sandbox: Sandbox, live: bool) -> None:
        for key, wish in list(container.attachments.items()):
            network = self._networks.find(key)
            if network.driver_name in ("null", "host"):
                continue
            del container.attachments[key]
            wish.network_id = network.id
            container.attachments[network.id] = wish
            self._check(network.id, wish, early=False)
            wish.endpoint = self._connector.connect(container, sandbox, network, wish, live=live)

    def _watch(self, container: Container, sandbox: Sandbox, process: Process) -> None:
        code = process.wait()
        container.output.finish()
        with container.lock:
            self._take_down(container, sandbox)
            container.exit_code = code
            container.state, container.finished, container.finished_at = "exited", timestamp(), time.time()
            self._tell_of(container)
            if container.auto_remove:
                self._forget(container)
        with container.ended:
            container.ended.notify_all()

    def _take_down(self, container: Container, sandbox: Sandbox) -> None:
        self._connector.release(sandbox)
        for wish in container.attachments.values():
            wish.endpoint = None
        self._boxes.remove(container, sandbox)
        self.refresh_names()

    def _forget(self, container: Container) -> None:
        with self._lock:
            if self._all.pop(container.id, None) is None:
                return
            self._gone[container.id] = container.exit_code
            if len(self._gone) > REMEMBERED:
                del self._gone[next(iter(self._gone))]
        if not container.output.finished:
            container.output.finish()
        self._tell(containers={container.id: None})
        with container.ended:
            container.ended.notify_all()

    def _wait_ended(self, container: Container, timeout: float | None) -> bool:
        def over() -> bool:
            gone = container.id not in self._all
            return gone or not (container.running or (container.auto_remove and container.state != "created"))

        with container.ended:
            return container.ended.wait_for(over, timeout)

    def _check(self, key: str, wish: Attachment, *, early: bool) -> None:
        try:
            network = self._networks.find(key)
        except Refusal:
            return  # told when it starts
        requests.check_addresses(network, wish, self._version, early=early)

    def _find_or_keep(self, key: str) -> str:
        try:
            return self._networks.find(key).id
        except Refusal:
            return key  # Docker finds out when it starts

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

    def _tell_of(self, container: Container) -> None:
        self._tell(**self.told(container))
