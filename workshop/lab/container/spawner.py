"""Where the processes of containers come from: a small process that forks one for each.

A fork of it takes about a millisecond, where a Python that starts afresh takes thirty. It begins in the network
namespace of the host, and makes a mount namespace with what all containers have in common.

The engine sends, on the socket that the spawner was started with, one message for each process, which carries three
descriptors: the process's control socket, its standard output and its standard error. All else is said on the control
socket, in JSON:

=================  ===================================================================================================
engine, at first   what to run; with the four namespaces of a container as descriptors, if it is to run in there
process            ``error`` (Docker's words for why it cannot be run, or empty), ``pid``, ``broken`` if nothing came
                   of it; with the descriptors of its own namespaces, if it has got some
engine             the number of a signal; ``go``, without which a container's first process does not start
process            its exit code, as its last word
=================  ===================================================================================================
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
from contextlib import suppress
from fcntl import ioctl
from typing import Any, NoReturn

from workshop.lab.container import mounts, system, volumes
from workshop.lab.container.command import become, find, without_folder

KINDS = (
    ("net", system.CLONE_NEWNET),
    ("uts", system.CLONE_NEWUTS),
    ("mnt", system.CLONE_NEWNS),
    ("pid", system.CLONE_NEWPID),
)
"""The namespaces of a container, in the order in which their descriptors are handed over."""

LONGEST = 1 << 20
"""Bytes of the longest message."""

QUICK = ("ping", "nc", "ip_show")
"""Stand-ins that load fast enough to be loaded in advance."""

_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def main(descriptor: int) -> NoReturn:
    """Make what containers have in common, then a process for each message, until the engine is gone."""
    engine = socket.socket(fileno=descriptor)
    settings = json.loads(engine.recv(LONGEST))
    error = ""
    try:
        mounts.set_up_common(settings["sandboxes"], settings["programs"], settings["applets"])
    except OSError as problem:
        error = str(problem)
    for name in QUICK:
        importlib.import_module(f"workshop.lab.applets.{name}")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that watch over containers
    gc.disable()
    gc.freeze()  # so that a child does not copy what it only looks at
    while True:
        message, descriptors, _, _ = socket.recv_fds(engine, 16, 3)
        if not message:
            os._exit(0)
        control, outputs = socket.socket(fileno=descriptors[0]), descriptors[1:]
        if error:
            say(control, error=error, broken=True)
        else:
            try:
                child = os.fork()
            except OSError as problem:
                say(control, error=str(problem), broken=True)
            else:
                if child == 0:
                    engine.close()
                    watch_over(control, outputs, settings)
        control.close()
        for output in outputs:
            os.close(output)


def say(control: socket.socket, descriptors: tuple[int, ...] = (), **message: Any) -> None:
    """Tell the engine something, unless it is gone."""
    with suppress(OSError):
        socket.send_fds(control, [json.dumps(message).encode()], list(descriptors))


def watch_over(control: socket.socket, outputs: list[int], settings: dict[str, Any]) -> NoReturn:
    """Make one process, do with it what the engine says, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        data, inside, _, _ = socket.recv_fds(control, LONGEST, len(KINDS))
        request = json.loads(data)
        if inside:
            system.setns(inside[-1], system.CLONE_NEWPID)
        else:
            system.unshare(system.CLONE_NEWPID)
        reading, writing = os.pipe()
        child = os.fork()
    except (OSError, ValueError) as problem:
        say(control, error=str(problem), broken=True)
        os._exit(127)
    if child == 0:
        os.close(writing)
        be_born(control, outputs, request, inside, reading, settings)
    os.close(reading)
    for descriptor in (*outputs, *inside):
        os.close(descriptor)
    os.write(writing, f"{child:<16}".encode())
    code = attend(control, child, writing)
    with suppress(OSError):
        control.send(str(code).encode())
    os._exit(0)


def attend(control: socket.socket, child: int, pipe: int) -> int:
    """Do what the engine orders until the child ends, and give its exit code. If the engine is gone, end the child."""
    wake, bell = os.pipe()
    os.set_blocking(bell, False)
    signal.set_wakeup_fd(bell)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    listening: list[Any] = [control, wake]
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        ready, _, _ = select.select(listening, [], [])
        if wake in ready:
            os.read(wake, 512)
        if control in ready:
            order = b""
            with suppress(ConnectionError):
                order = control.recv(16)
            if order == b"go":
                with suppress(OSError):
                    os.write(pipe, order)
                continue
            with suppress(ProcessLookupError):
                os.kill(child, int(order) if order else signal.SIGKILL)
            if not order:
                listening.remove(control)


def be_born(
    control: socket.socket,
    outputs: list[int],
    request: dict[str, Any],
    inside: list[int],
    pipe: int,
    settings: dict[str, Any],
) -> NoReturn:
    """Enter the container, or make it, and become the command once the engine says so."""
    try:
        system.die_with_parent(signal.SIGKILL)
        for number, output in enumerate(outputs, 1):
            os.dup2(output, number)
        number = int(os.read(pipe, 16))
        if inside:
            for descriptor, (_, flag) in zip(inside[:-1], KINDS[:-1], strict=True):
                system.setns(descriptor, flag)
        else:
            make_container(request, settings)
        path, error = find(request["command"], request["env"])
        if inside and (problem := without_folder(request)):
            path, error = None, problem
    except (OSError, ValueError) as problem:
        say(control, error=str(problem), broken=True)
        os._exit(127)
    own = () if inside else tuple(os.open(f"/proc/self/ns/{name}", os.O_RDONLY) for name, _ in KINDS)
    say(control, own, error=error, pid=number)
    if path is None or not (inside or os.read(pipe, 16) == b"go"):
        os._exit(127)
    become(path, request, settings["stand_ins"])


def make_container(request: dict[str, Any], settings: dict[str, Any]) -> None:
    """Go on in new namespaces of one's own, the PID namespace aside, and make them what a container expects."""
    own_network = request["network"] == "new"
    system.unshare(system.CLONE_NEWUTS | (system.CLONE_NEWNET if own_network else 0))
    socket.sethostname(request["hostname"])
    places = [volumes.Place(*each) for each in request.get("volumes") or ()]
    mounts.set_up_own([tuple(pair) for pair in request["files"]], settings["needed"], own_network, places)
    if own_network:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            ioctl(end, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
