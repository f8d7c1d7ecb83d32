"""Starting and ending containers: processes, sandboxes and attachments together."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable

from workshop.lab.engine.attachments import Attachments
from workshop.lab.engine.boxes import Boxes
from workshop.lab.engine.model import Container, Sandbox, timestamp
from workshop.lab.engine.mounting import Mounting
from workshop.lab.engine.process import Output, Process
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.versions import Version


class Runtime:
    """Starts the containers of one engine and takes down those that end.

    ``changed`` is called when a container's addresses may be others, ``ended`` with a container whose process has
    ended, while it is locked.
    """

    def __init__(
        self,
        version: Version,
        boxes: Boxes,
        attachments: Attachments,
        mounting: Mounting,
        changed: Callable[[], None],
        ended: Callable[[Container], None],
    ) -> None:
        self._version, self._boxes, self._attachments = version, boxes, attachments
        self._mounting = mounting
        self._changed, self._ended = changed, ended

    def start(self, container: Container) -> None:
        """Start a container that is locked. Raises Refusal, with everything undone."""
        version = self._version
        sandbox = container.sandbox = self._boxes.new_sandbox()
        if container.output.finished:
            container.output = Output()
        try:
            if version.process_first:
                self._boxes.spawn(container, sandbox, self._mounting.mount(container))
            try:
                self._attachments.connect_all(container, sandbox)
            except Refusal as error:
                raise Refusal(version.set_up_prefix + error.message, error.status) from None
            if not version.process_first:
                self._boxes.spawn(container, sandbox, self._mounting.mount(container))
                self._attachments.move_links_in(sandbox)
        except BaseException:
            self._take_down(container, sandbox)
            raise
        self._changed()
        container.state, container.started, container.started_at = "running", timestamp(), time.time()
        container.error, container.exit_code = "", 0
        container.process.go()

    def watch(self, container: Container) -> None:
        """Take a container that was started down when its process ends."""
        threading.Thread(
            target=self._watch, args=(container, container.sandbox, container.process), daemon=True
        ).start()

    def stop(self, container: Container, timeout: float | None = None) -> bool:
        """SIGTERM, and SIGKILL after ``timeout`` seconds; False if it does not run."""
        process = container.process
        if not container.running or process is None:
            return False
        seconds = container.stop_timeout if timeout is None else timeout
        process.kill(signal.SIGTERM)
        if not self.wait(container, max(0.0, seconds)):
            process.kill(signal.SIGKILL)
            self.wait(container)
        return True

    def kill(self, container: Container, number: int) -> None:
        """Send a signal. Raises Refusal if it does not run."""
        process = container.process
        if not container.running or process is None:
            raise Refusal(f"Container {container.id} is not running", 409)
        process.kill(number)
        if number == signal.SIGKILL:
            self.wait(container)

    def wait(self, container: Container, timeout: float | None = None) -> bool:
        """Wait until it has ended, and is gone if it was to be removed then; whether it has within ``timeout``."""

        def over() -> bool:
            return container.gone or not (container.running or (container.auto_remove and container.state != "created"))

        with container.ended:
            return container.ended.wait_for(over, timeout)

    def _watch(self, container: Container, sandbox: Sandbox, process: Process) -> None:
        code = process.wait()
        container.output.finish()
        with container.lock:
            self._take_down(container, sandbox)
            container.exit_code = code
            container.state, container.finished, container.finished_at = "exited", timestamp(), time.time()
            self._ended(container)
        with container.ended:
            container.ended.notify_all()

    def _take_down(self, container: Container, sandbox: Sandbox) -> None:
        self._attachments.release(container, sandbox)
        self._boxes.remove(container, sandbox)
        self._mounting.unmount(container)
        self._changed()
