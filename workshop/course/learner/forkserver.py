"""The zygote's own program: import, wait, fork. One thread, so that what it forks is whole."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import socket
import sys

from workshop.kernel.namespaces import CLONE_NEWPID, setns, unshare

HANDED = ("control", "notes", "stdout", "stderr", "trace", "status", "network")
"""The descriptors that come with an order to fork, in order.

``control`` carries calls and answers, ``notes`` what is told on the way (messages of JSON, also from processes that the
learner forks), ``trace`` is where the process writes where it is, ``network`` the namespace to be in. ``status`` stays
with the zygote, which writes there how the process ended.
"""


def serve(descriptor: int) -> None:
    """Answer orders on the socket ``descriptor`` until its other end is closed. Never returns."""
    control = socket.socket(fileno=descriptor)
    _import_all()
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    gc.collect()
    gc.freeze()  # pages that no collection touches stay shared with what is forked
    os.dup2(os.open(os.devnull, os.O_RDWR), 2)
    lock = _lock_file()
    _clean_environment()
    running: dict[int, tuple[int, int]] = {}
    poll = select.poll()
    poll.register(control, select.POLLIN)
    while True:
        for ready, _ in poll.poll():
            if ready == control.fileno():
                data, descriptors, _, _ = socket.recv_fds(control, 64, len(HANDED))
                if not data:
                    os._exit(0)  # what was forked is killed by the kernel: see confine.die_with_parent
                started = _fork(control, own, lock | dict(zip(HANDED, descriptors, strict=True)))
                if started is not None:
                    pidfd, pid, status = started
                    running[pidfd] = (pid, status)
                    poll.register(pidfd, select.POLLIN)
            else:
                poll.unregister(ready)
                _tell_end(ready, *running.pop(ready))


def _import_all() -> None:
    """What a handler is likely to need; also what the first use of pyroute2 would build."""
    import asyncio  # noqa: F401
    import ipaddress  # noqa: F401
    import logging  # noqa: F401

    from pyroute2 import IPRoute

    import workshop.course.learner.child  # noqa: F401
    import workshop.protocol.types  # noqa: F401

    with contextlib.suppress(OSError), IPRoute() as ip:
        ip.link("get", index=1)
    sys.dont_write_bytecode = True  # the learner's folder is for the learner's files


def _clean_environment() -> None:
    """What handlers, and programs that they run, see of ours is nothing; ``ip`` is found, also for users."""
    for name in [name for name in os.environ if name.startswith("WORKSHOP_")]:
        del os.environ[name]
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def _lock_file() -> dict[str, int]:
    """What iptables is to lock in the lab, opened here: its path may lead through a ``/proc`` that is hidden later."""
    with contextlib.suppress(OSError, KeyError):
        return {"lock": os.open(os.environ["XTABLES_LOCKFILE"], os.O_RDWR | os.O_CLOEXEC)}
    return {}


def _fork(control: socket.socket, own: int, given: dict[str, int]) -> tuple[int, int, int] | None:
    """A new process, first of a PID namespace: its pidfd, its number, and where to write how it ended."""
    try:
        unshare(CLONE_NEWPID)  # for the child; this process stays where it is
        try:
            pid = os.fork()
        except OSError:
            setns(own, CLONE_NEWPID)
            raise
    except OSError as error:
        for name in HANDED:
            os.close(given[name])
        control.send(json.dumps({"error": error.strerror or str(error)}).encode())
        return None
    if pid == 0:
        from workshop.course.learner import child

        child.begin({name: descriptor for name, descriptor in given.items() if name != "status"})
    setns(own, CLONE_NEWPID)
    pidfd = os.pidfd_open(pid)
    for name in HANDED:
        if name != "status":
            os.close(given[name])
    socket.send_fds(control, [json.dumps({"pid": pid}).encode()], [pidfd])
    return pidfd, pid, given["status"]


def _tell_end(pidfd: int, pid: int, status: int) -> None:
    _, code = os.waitpid(pid, 0)
    with contextlib.suppress(OSError):
        os.write(status, str(os.waitstatus_to_exitcode(code)).encode())
    os.close(status)
    os.close(pidfd)
