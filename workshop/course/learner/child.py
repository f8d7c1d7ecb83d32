"""The learner's process: gets its limits, loads the file, answers calls. The zygote forks it; it is no program.

It is the first process of a PID namespace: when it ends, the kernel kills whatever it started.
"""

from __future__ import annotations

import bdb
import contextlib
import faulthandler
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from os import getpid
from pathlib import Path
from typing import Any, NoReturn

from workshop.course.host import HandlersKernel, Host, frozen
from workshop.course.learner import confine, frames
from workshop.course.learner.answers import Unfit, as_json
from workshop.course.learner.faults import BROKEN, UNHEARD
from workshop.course.learner.functions import Handlers
from workshop.course.learner.loading import load
from workshop.course.learner.places import NO_KEYBOARD, Own, Place, asks_keyboard, text_of, worded
from workshop.course.learner.problem import Problem
from workshop.course.learner.programs import Programs
from workshop.errors import PluginError
from workshop.kernel.namespaces import Namespace, setns
from workshop.kernel.trace import Change

TELL_WHERE = signal.SIGRTMAX - 1
"""Makes the process write where its main thread is, whatever that does, to the descriptor ``trace``."""

GRACE = 0.2
"""Seconds in which threads that a call has started may end after it."""

_LONGEST_NOTE = 16_000
LIMIT = f"{confine.MEMORY // confine.MB} MB"
_exit = os._exit  # as it is before the learner's code, and what tells of it, come


def begin(given: dict[str, int]) -> NoReturn:
    """Be the learner's process, with these descriptors (see ``forkserver``). Never returns."""
    try:
        confine.die_with_parent()
        control, notes, own = _descriptors(given)
        trace = own["trace"]
        try:
            processes = confine.confine(own["network"])
        except OSError as error:
            control.sendall(frames.packed({"error": str(error)}))
            _exit(1)
        if processes is not None and "lock" in own:
            os.environ["XTABLES_LOCKFILE"] = f"/proc/1/fd/{own['lock']}"
        confine.offer(control, frames.packed({"ready": True}), processes)
        faulthandler.enable(trace, all_threads=False)
        faulthandler.register(TELL_WHERE, trace, all_threads=False)
        Child(control, notes, Namespace(own["network"])).serve()
    except BaseException:
        with contextlib.suppress(BaseException):
            traceback.print_exc()
    finally:
        _exit(BROKEN)


def _descriptors(given: dict[str, int]) -> tuple[socket.socket, socket.socket, dict[str, int]]:
    """Standard streams and high descriptors in place, all else closed."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(given["stdout"], 1)
    os.dup2(given["stderr"], 2)
    own = {
        name: confine.high(given[name]) for name in ("control", "notes", "trace", "network", "lock") if name in given
    }
    confine.close_all_but(set(own.values()))
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: PTH123, SIM115
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = open(number, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: PTH123, SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.__stdin__ = sys.stdin  # type: ignore[misc]
    return socket.socket(fileno=own["control"]), socket.socket(fileno=own["notes"]), own


class Child:
    """Answers the plugin's messages, one after the other."""

    def __init__(self, control: socket.socket, notes: socket.socket, namespace: Namespace) -> None:
        self._control, self._notes = control, notes
        self._pid = getpid()
        self._own: Own | None = None
        self._handlers: Handlers = {}
        self._spare = bytearray(1 << 20)  # to have something to give back when memory runs out
        self._namespace = namespace
        namespace.enter()
        self._host = Host(HandlersKernel(namespace, self._changed), lambda text: self._note({"log": text}))
        self._threads: set[threading.Thread] = set()
        os.register_at_fork(after_in_child=self._control.close)
        sys.breakpointhook = _no_debugger
        Programs(self._note, self._where, {control.fileno(), notes.fileno()}).install()

    def serve(self) -> None:
        """Read, do, answer, until the plugin has closed its end."""
        doing: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {"load": self._load, "call": self._call}
        while (message := self._hear()) is not None:
            answer = doing[message["do"]](message)
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    stream.flush()
            if getpid() != self._pid:  # a fork of the learner's that came back from the handler as well
                print(*answer.get("traceback", ()), sep="\n", end="", file=sys.stderr, flush=True)
                _exit(1 if "fault" in answer else 0)
            self._say({**answer, "id": message["id"]})

    def _hear(self) -> dict[str, Any] | None:
        try:
            return frames.read(self._control)
        except OSError:
            _exit(UNHEARD)

    def _say(self, answer: dict[str, Any]) -> None:
        try:
            self._control.sendall(frames.packed(answer))
        except OSError:
            _exit(UNHEARD)

    def _load(self, message: dict[str, Any]) -> dict[str, Any]:
        path = Path(message["path"])
        self._own = Own(path)
        with contextlib.suppress(OSError):
            os.chdir(path.parent)
        try:
            self._handlers = load(self._own, path, message["required"], message["routes"])
        except Problem as problem:
            return {"problem": problem.as_dict(), "traceback": problem.traceback}
        self._threads = set(threading.enumerate())
        return {"handlers": list(self._handlers)}

    def _call(self, message: dict[str, Any]) -> dict[str, Any]:
        function = self._handlers[message["route"]]
        setns(self._namespace.descriptor)  # a call before may have gone elsewhere, and not come back
        self._host.name = message["host"]
        self._host._volumes = Path(message["volumes"]) if message["volumes"] else None
        self._host._networks, self._host._endpoints = frozen(message["networks"]), frozen(message["endpoints"])
        assert self._own is not None
        here = self._own.of_function(function)
        try:
            text = as_json(function(message["request"], self._host))
        except PluginError as error:
            answer: dict[str, Any] = {"refused": text_of(error)}
        except Unfit as unfit:
            answer = _fault(unfit.kind, str(unfit), here)
        except MemoryError as error:
            self._spare.clear()
            place = self._own.of_error(error) or here
            answer = _fault("memory", f"it took more than {LIMIT} of memory", place) | {"last": True}
        except BaseException as error:
            answer = self._raised(error, here)
        else:
            answer = {"answer": json.loads(text)}
        left = self._left_threads()
        if left and "fault" not in answer:
            names = ", ".join(thread.name for thread in left)
            answer = _fault("threads", f"it left a thread running ({names}); join() it before you answer", here)
        return answer | {"last": True} if left else answer

    def _raised(self, error: BaseException, here: Place | None) -> dict[str, Any]:
        assert self._own is not None
        place = self._own.of_error(error) or here
        if isinstance(error, SystemExit):
            said = "" if error.code is None else repr(error.code)[:100]
            return _fault("exit", f"it called sys.exit({said}); a handler answers with return, or raises", place)
        if asked := asks_keyboard(error):
            return _fault("keyboard", f"it called {asked}; {NO_KEYBOARD}", place)
        return _fault("raised", worded(error), place) | {"traceback": self._own.traceback(error)}

    def _left_threads(self) -> list[threading.Thread]:
        """The threads that were not there before, and do not end in a moment."""
        left = [thread for thread in threading.enumerate() if thread not in self._threads]
        deadline = time.monotonic() + GRACE
        for thread in left:
            thread.join(max(0.0, deadline - time.monotonic()))
        return [thread for thread in left if thread.is_alive()]

    def _changed(self, change: Change) -> None:
        self._note({"change": vars(change)})

    def _note(self, message: Mapping[str, Any]) -> None:
        """Tell the plugin at once, in one piece, also from a process that the learner forked."""
        with contextlib.suppress(Exception):
            text = {key: value[:_LONGEST_NOTE] if isinstance(value, str) else value for key, value in message.items()}
            self._notes.send(json.dumps(text).encode())

    def _where(self) -> Place | None:
        return self._own.of_stack(sys._getframe(1)) if self._own else None


def _no_debugger(*_: Any, **__: Any) -> NoReturn:
    raise bdb.BdbQuit  # as the debugger's own end, which comes a line later and after a prompt


def _fault(kind: str, text: str, place: Place | None) -> dict[str, Any]:
    return {"fault": {"kind": kind, "text": text, "place": place}}
