"""Network namespaces: opening them, making them, and being in one with one thread.

A namespace is known by the device and inode of its file, as the kernel knows it; paths and processes come and go.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
_libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWUSER, CLONE_NEWPID = 0x00020000, 0x40000000, 0x10000000, 0x20000000
_here = threading.local()


def unshare(flags: int) -> None:
    """Give the calling thread namespaces of its own. Raises OSError."""
    if _libc.unshare(flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"unshare: {os.strerror(number)}")


def setns(descriptor: int, flags: int = CLONE_NEWNET) -> None:
    """Put the calling thread into the namespace that ``descriptor`` refers to. Raises OSError."""
    if _libc.setns(descriptor, flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"setns: {os.strerror(number)}")


def _now() -> tuple[int, int]:
    """The calling thread's namespace, as device and inode."""
    stat = Path("/proc/thread-self/ns/net").stat()
    return stat.st_dev, stat.st_ino


def device() -> int:
    """The device of the kernel's own file system on which all namespaces are files."""
    return Path("/proc/thread-self/ns/net").stat().st_dev


class Namespace:
    """A network namespace, held open by a descriptor.

    ``id`` is ``"device:inode"``. The descriptor keeps the namespace alive until ``close()``. ``name`` is what ``ip``
    calls it in a command: without one, that of process 1, which is the machine's own.
    """

    def __init__(self, descriptor: int, name: str = "1") -> None:
        self.descriptor, self.name = descriptor, name
        stat = os.fstat(descriptor)
        self.key = (stat.st_dev, stat.st_ino)
        self.id = f"{stat.st_dev}:{stat.st_ino}"

    @classmethod
    def current(cls) -> Namespace:
        """The calling thread's namespace."""
        return cls.at("/proc/thread-self/ns/net")

    @classmethod
    def of_process(cls, pid: int) -> Namespace:
        """The namespace of a process. Raises OSError if it is gone."""
        return cls.at(f"/proc/{pid}/ns/net")

    @classmethod
    def at(cls, path: str | Path) -> Namespace:
        """The namespace at a path such as a ``SandboxKey``. Raises OSError."""
        return cls(os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    @classmethod
    def create(cls) -> Namespace:
        """A new, empty namespace, with its loopback still down. Needs CAP_SYS_ADMIN."""

        def make() -> Namespace:
            unshare(CLONE_NEWNET)
            return cls.current()

        return in_thread(make)

    def enter(self) -> None:
        """Put the calling thread into this namespace for good. Costs nothing if it is known to be there already."""
        if getattr(_here, "key", None) != self.key:
            if _now() != self.key:
                setns(self.descriptor)
            _here.key = self.key

    def run(self, function: Callable[[], T]) -> T:
        """What ``function`` gives when called in this namespace, in a thread that ends afterwards."""

        def inside() -> T:
            self.enter()
            return function()

        return in_thread(inside)

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Be in this namespace for the length of a ``with``; then back where the thread was.

        A netlink socket that is opened meanwhile, or a program that is started, stays in it. setns needs CAP_SYS_ADMIN
        even where the thread is there already, so it is not called then.
        """
        if getattr(_here, "key", None) == self.key or _now() == self.key:
            yield
            return
        before, key = Namespace.current(), getattr(_here, "key", None)
        try:
            setns(self.descriptor)
            _here.key = self.key
            yield
        finally:
            setns(before.descriptor)
            _here.key = key
            before.close()

    def close(self) -> None:
        """Let go of the namespace."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __repr__(self) -> str:
        return f"Namespace({self.id})"


def in_thread(function: Callable[[], T]) -> T:
    """What ``function`` gives when called in a thread of its own, whose namespaces nobody else sees."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()
