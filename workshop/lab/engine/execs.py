"""Further processes in running containers, as `docker exec` makes them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from workshop.lab.engine.containers import Containers
from workshop.lab.engine.model import Container
from workshop.lab.engine.names import new_id
from workshop.lab.engine.process import Output, Process
from workshop.lab.engine.refusal import Refusal, command_status
from workshop.lab.engine.versions import Version

KEPT = 200
"""So many ended processes can still be asked for their exit code."""


@dataclass
class Exec:
    """One process beside a container's own. ``exit_code`` is None until it has ended."""

    container: Container
    command: list[str]
    env: list[str]
    workdir: str
    output: Output = field(default_factory=Output)
    started: bool = False
    exit_code: int | None = None
    process: Process | None = None
    ended: threading.Event = field(default_factory=threading.Event, repr=False)


@dataclass(frozen=True)
class Ended:
    """What became of a process: its exit code, and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str


class Execs:
    """The further processes of one engine, by ID."""

    def __init__(self, containers: Containers, version: Version) -> None:
        self._containers, self._version = containers, version
        self._all: dict[str, Exec] = {}

    def create(self, container: Container, body: dict[str, Any]) -> str:
        """Prepare one; its ID. Raises Refusal if the container does not run, or there is no command."""
        if not container.running:
            raise Refusal(f"container {container.id} is not running", 409)
        command = [str(word) for word in body.get("Cmd") or []]
        if not command:
            raise Refusal("No exec command specified", 400)
        key = new_id()
        self._all[key] = Exec(container, command, list(body.get("Env") or []), str(body.get("WorkingDir") or ""))
        if len(self._all) > KEPT:
            ended = (old for old, each in self._all.items() if each.exit_code is not None)
            self._all.pop(next(ended, ""), None)
        return key

    def start(self, key: str, detached: bool = False) -> Output:
        """Start it; what it writes. A command that cannot be run says so in its output, as Docker has it.

        :raises Refusal: if it was started before; ``detached``, also if the command cannot be run.
        """
        run = self._find(key)
        if run.started:
            raise Refusal(f"exec {key} has already been started", 409)
        run.started = True
        process = run.process = self._containers.execute(run.container, run.command, run.env, run.workdir, run.output)
        text = self._why_not(process.error)
        if text:
            run.output.add("stdout", f"{text}\n".encode())

        def watch() -> None:
            code = process.wait()
            run.exit_code = self._status(process.error) if process.error else code
            process.close()
            run.output.finish()
            run.ended.set()

        threading.Thread(target=watch, daemon=True).start()
        if text and detached:
            raise Refusal(text, 400)
        return run.output

    def _why_not(self, error: str) -> str:
        if not error:
            return ""
        denied = ": permission denied" if error.endswith("is a directory") else ""
        lead = "OCI runtime exec failed: exec failed: unable to start container process: "
        lead += "" if error.startswith("chdir ") else "exec: "
        return f"{lead}{error}{self._version.exec_tail}{denied}"

    def _status(self, error: str) -> int:
        return (command_status(error) if self._version.exec_tells_apart else None) or 126

    def run(
        self,
        container: Container,
        command: list[str],
        *,
        env: Iterable[str] = (),
        workdir: str = "",
        timeout: float = 30,
    ) -> Ended:
        """`docker exec`, from the beginning to the end: what became of the command.

        :raises Refusal: if the container does not run.
        :raises TimeoutError: if it takes longer than ``timeout`` seconds; it is killed then.
        """
        key = self.create(container, {"Cmd": command, "Env": list(env), "WorkingDir": workdir})
        self.start(key)
        run = self._all.pop(key)
        if not run.ended.wait(timeout):
            assert run.process is not None
            run.process.kill()
            raise TimeoutError(f"{' '.join(command)} did not end within {timeout:g} s")
        assert run.exit_code is not None
        written = {"stdout": b"", "stderr": b""}
        for stream, data in run.output.read():
            written[stream] += data
        return Ended(run.exit_code, *(data.decode(errors="replace") for data in written.values()))

    def clear(self) -> None:
        """Know nothing of all that were."""
        self._all.clear()

    def inspect(self, key: str) -> dict[str, Any]:
        """GET /exec/ID/json."""
        run = self._find(key)
        running = run.started and run.exit_code is None
        return {"ID": key, "Running": running, "ExitCode": run.exit_code, "ContainerID": run.container.id}

    def _find(self, key: str) -> Exec:
        if key not in self._all:
            raise Refusal(f"No such exec instance: {key}", 404)
        return self._all[key]
