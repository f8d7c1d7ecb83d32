"""Where Docker finds the plugin: a unix socket in its plugin folder, or TCP with a file that names the address."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask, ThreadedTaskDispatcher, WSGITask

from workshop.errors import CannotHere, UsageError, WorkshopError
from workshop.plugin.app import CONTENT_TYPE, GONE, LARGEST_BODY

THREADS = 64
"""Calls at the same time: those that wait for their turn, or are held, each keep one."""


class _JSONErrorTask(ErrorTask):
    """What waitress answers by itself to a broken HTTP request: JSON as everywhere else."""

    def execute(self) -> None:
        error = self.request.error
        self.status = f"{error.code} {error.reason}"
        body = json.dumps({"Err": f"the HTTP request is broken: {error.body or error.reason}"}).encode() + b"\n"
        self.response_headers = [
            ("Content-Type", CONTENT_TYPE),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Task(WSGITask):
    def get_environment(self) -> dict[str, Any]:
        environ = super().get_environment()
        environ[GONE] = self.channel.gone
        return environ

    def build_response_header(self) -> bytes:
        if self.channel.server.retires:
            self.set_close_on_finish()
        return super().build_response_header()


class _Channel(HTTPChannel):
    error_task_class = _JSONErrorTask
    task_class = _Task

    def service(self) -> None:
        super().service()
        if self.server.retires and not self.requests:  # it may have begun to after this answer's headers were written
            self.close_when_flushed = True
            self.server.pull_trigger()

    def is_idle(self) -> bool:
        """Whether nothing has been asked that is not answered. To be asked in the thread that watches connections."""
        return not (self.requests or self.request or self.total_outbufs_len)

    def gone(self) -> bool:
        """Whether the client has closed its unix socket. Over TCP that cannot be told from an end of sending."""
        looking = select.poll()
        try:
            looking.register(self.socket.fileno(), 0)
            return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in looking.poll(0))
        except (OSError, ValueError):  # it is closed here
            return True


class Server:
    """One listening socket and its threads. ``enter`` is called once in each thread, before its first call."""

    def __init__(
        self, app: Callable[..., Any], listener: socket.socket, enter: Callable[[], None] = lambda: None
    ) -> None:
        class Dispatcher(ThreadedTaskDispatcher):
            def handler_thread(self, thread_no: int) -> None:
                enter()
                super().handler_thread(thread_no)

        self._map: dict[int, Any] = {}
        dispatcher = Dispatcher()
        dispatcher.set_thread_count(THREADS)
        self._server = create_server(
            app,
            map=self._map,
            _dispatcher=dispatcher,
            sockets=[listener],
            threads=THREADS,
            ident=None,
            max_request_body_size=2 * LARGEST_BODY,
            connection_limit=1000,
            asyncore_use_poll=True,  # select() cannot watch descriptors from 1024 on
            clear_untrusted_proxy_headers=True,
        )
        self._server.channel_class = _Channel
        self._server.retires = False
        self._thread = threading.Thread(target=self._server.run, name="plugin", daemon=True)

    def start(self) -> None:
        """Answer calls from now on; the listener accepted them into its backlog before."""
        self._thread.start()

    def retire(self, patience: float = 1.0) -> None:
        """Close each connection with its next answer, so that the next call is sent to who comes after this one.

        Those on which nothing is asked are closed now: a call that is sent on one would be lost, and Docker asks again
        without its body.
        """
        self._server.retires = True
        done = threading.Event()

        def close_idle() -> None:
            for one in list(self._map.values()):
                if isinstance(one, _Channel) and one.is_idle():
                    one.close()
            done.set()

        if self._thread.is_alive():
            self._server.trigger.pull_trigger(close_idle)
            done.wait(patience)

    def stop(self, patience: float = 1.0) -> None:
        """Take no more calls, and wait at most ``patience`` seconds for those that run."""
        calls = self._server.task_dispatcher
        calls.shutdown(cancel_pending=True, timeout=patience)
        self.cut(patience)
        if not self._thread.is_alive() and not calls.threads:  # else somebody may still write to its trigger
            self._server.close()

    def cut(self, patience: float = 1.0) -> None:
        """Hang up on everybody, at once: calls that run go on, and nobody gets their answers."""
        if self._thread.is_alive():
            self._server.trigger.pull_trigger(self._hang_up)
            self._thread.join(patience)
        self._server.socket.close()

    def _hang_up(self) -> None:
        """Close every connection, in the thread that watches them, and let it end.

        The trigger that woke this thread stays open, for who wrote to it may not have returned yet.
        """
        for one in list(self._map.values()):
            if one not in (self._server, self._server.trigger):
                one.close()
        self._map.clear()


class Place:
    """What makes the plugin findable: the socket's path, or the file that names a TCP address. ``remove`` ends it.

    ``again`` makes it once more, after that. What stands at the path once this one is hidden is somebody else's.
    """

    def __init__(self, listener: socket.socket, address: str, path: Path, again: Callable[[], Place]) -> None:
        self.listener, self.address, self.path, self.again = listener, address, path, again
        self._is_shown = True

    def hide(self) -> None:
        """Docker finds the plugin no longer; who has found it is still answered."""
        if self._is_shown:
            self._is_shown = False
            self.path.unlink(missing_ok=True)

    def remove(self) -> None:
        """It is found no longer, and nobody listens there."""
        self.listener.close()
        self.hide()


def unix_socket(folder: Path, name: str) -> Place:
    """Listen on ``<folder>/<name>.sock``, for its owner alone. A socket that nobody listens on is replaced.

    :raises WorkshopError: if another plugin listens there, or the folder cannot be written.
    """
    path = folder / f"{name}.sock"
    if len(os.fsencode(path)) > 107:
        raise UsageError(
            f"The path {path} is too long for a socket.", "Give --plugin-dir a folder with a shorter path."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists() or path.is_symlink():
            _replace_stale(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listener.bind(os.fspath(path))
        finally:
            os.umask(before)
        listener.listen(256)
    except OSError as error:
        raise CannotHere(
            f"The socket {path} cannot be made ({error.strerror or error}).",
            "Run as root, or give --plugin-dir a folder that you may write.",
        ) from None
    return Place(listener, f"unix://{path}", path, lambda: unix_socket(folder, name))


def tcp(host: str, port: int, folder: Path, name: str, kind: str) -> Place:
    """Listen on TCP, and write ``<folder>/<name>.spec`` or ``.json`` (``kind``) that tells Docker where.

    :raises WorkshopError: if the address is taken or the folder cannot be written.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=256)
    except OSError as error:
        raise CannotHere(
            f"{host}:{port} cannot be listened on ({error.strerror or error}).", "Give another port."
        ) from None
    shown = f"[{host}]" if ":" in host else host
    address = f"tcp://{shown}:{listener.getsockname()[1]}"
    path = folder / f"{name}.{kind}"
    text = address if kind == "spec" else json.dumps({"Name": name, "Addr": address})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new")
        fresh.write_text(text + "\n")
        fresh.rename(path)
    except OSError as error:
        listener.close()
        raise CannotHere(
            f"{path} cannot be written ({error.strerror}).",
            "Run as root, or give --plugin-dir another folder.",
        ) from None
    taken = listener.getsockname()[1]
    return Place(listener, address, path, lambda: tcp(host, taken, folder, name, kind))


def _replace_stale(path: Path) -> None:
    if not path.is_socket():
        raise WorkshopError(f"{path} is there already and is no socket.", "Move it away, or give another --name.")
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
        probe.settimeout(1)
        try:
            probe.connect(os.fspath(path))
        except OSError as error:
            if error.errno in (errno.ECONNREFUSED, errno.ENOENT):
                path.unlink(missing_ok=True)
                return
            if error.errno == errno.EACCES:
                raise
        raise WorkshopError(f"Another plugin answers at {path}.", "End that one first, or give another --name.")
