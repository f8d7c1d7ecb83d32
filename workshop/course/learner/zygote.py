"""The zygote: a process with everything imported, which forks one for the learner's code in a few milliseconds."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence

from workshop.errors import CannotHere, WorkshopError

_START = "import sys; sys.path[:] = {path!r}; from workshop.course.learner.forkserver import serve; serve({descriptor})"


def refused(why: str) -> CannotHere:
    """The machine does not give a process the namespaces, or the rights in them, that a learner's process needs."""
    return CannotHere(
        f"This machine gives no process to your code: {why}.", "`python -m workshop doctor` says what it lacks."
    )


class Zygote:
    """A process that forks learners' processes: one for each load, with nothing of the last one left in it.

    It lives in the namespaces of the process that starts it: start it in the lab's. It is a program of its own and no
    fork of this process, so it knows nothing of the plugin, the journal, or the dashboard's token, and may be started
    at any time. It imports what it needs while this process goes on; if it should die, it is started anew when needed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @classmethod
    def start(cls) -> Zygote:
        """A zygote that has begun to import; who asks it for a process waits until it has ended."""
        zygote = cls()
        zygote._begin()
        return zygote

    @property
    def pid(self) -> int | None:
        """The number of its process, if it runs."""
        return self._process.pid if self._process else None

    def fork(self, descriptors: Sequence[int]) -> int:
        """Fork a learner's process, which is given ``descriptors`` (see ``forkserver``); a pidfd of it.

        :raises WorkshopError: if that is not possible.
        """
        with self._lock:
            for attempt in (1, 2):
                if self._process is None:
                    self._begin()
                try:
                    return self._ask(descriptors)
                except (OSError, EOFError) as error:
                    self._end()
                    if attempt == 2:
                        raise WorkshopError(
                            f"The process that starts your code has ended ({error or 'it said nothing'}).",
                            "Start the command again.",
                        ) from None
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End it, and with it every process that it forked."""
        with self._lock:
            self._end()

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        path = [os.path.abspath(each) for each in sys.path]  # noqa: PTH100 - "" is the folder that we are in
        code = _START.format(path=path, descriptor=theirs.fileno())
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # Ctrl-C is for us alone
            )
        finally:
            theirs.close()
        self._control.settimeout(30)

    def _ask(self, descriptors: Sequence[int]) -> int:
        assert self._control is not None
        socket.send_fds(self._control, [b"fork"], list(descriptors))
        data, received, _, _ = socket.recv_fds(self._control, 4096, 1)
        if not data:
            raise EOFError
        said = json.loads(data)
        if "error" in said:
            raise refused(said["error"])
        os.set_inheritable(received[0], False)
        return received[0]

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
                self._process.wait()
            self._process = None
