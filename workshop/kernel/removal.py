"""Removing a link without waiting for its memory.

When the kernel removes a link, it first takes it out of sight, with its addresses, routes and peer. Then it waits, for
some 20 ms, until nobody can be reading of it any more, and gives back its memory; only then does it answer. Whoever
asked for the link to be gone need not wait for that, least of all Docker, which starts and ends containers one by one.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading
from collections.abc import Callable

from pyroute2.netlink.exceptions import NetlinkError

from workshop.kernel.namespaces import Namespace

_DELLINK, _REQUEST_AND_ANSWER = 17, 0x05
_HEADER, _LINK, _ANSWER = struct.Struct("=IHHII"), struct.Struct("=BxHiII"), struct.Struct("=i")
_LOOK = 0.0005  # seconds between two looks whether it is gone


def remove(namespace: Namespace, index: int, is_there: Callable[[int], bool]) -> None:
    """Delete a link, with its peer if it has one; it is gone when this returns.

    ``is_there`` has to ask the kernel in a way that waits for changes that are under way, as RTM_GETLINK for one link
    does on all kernels so far: else it would be gone before its addresses and routes.

    :raises NetlinkError: if there is no such link, or the kernel refuses.
    """
    if not is_there(index):
        raise _refusal(errno.ENODEV)
    failed: list[Exception] = []
    done = threading.Event()

    def ask() -> None:
        try:
            _ask(namespace, index)
        except Exception as error:  # whatever it is: who asked has to know
            failed.append(error)
        finally:
            done.set()

    threading.Thread(target=ask, name=f"removing {index}", daemon=True).start()
    while not done.wait(_LOOK) and is_there(index):
        pass
    if failed:
        raise failed[0]


def _ask(namespace: Namespace, index: int) -> None:
    """Ask for the removal, and wait for the kernel's answer. Raises NetlinkError if it refuses."""
    body = _LINK.pack(socket.AF_UNSPEC, 0, index, 0, 0)
    with namespace.entered(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0) as end:
        end.send(_HEADER.pack(_HEADER.size + len(body), _DELLINK, _REQUEST_AND_ANSWER, 1, 0) + body)
        number = -_ANSWER.unpack_from(end.recv(1 << 16), _HEADER.size)[0]
    if number:
        raise _refusal(number)


def _refusal(number: int) -> NetlinkError:
    return NetlinkError(number, os.strerror(number))
