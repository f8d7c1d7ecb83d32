"""Removing a link without waiting for its memory.

When the kernel removes a link, it first takes it out of sight, with its addresses, routes and peer. Then it waits, for
some 20 ms, until nobody can be reading of it any more, and gives back its memory; only then does it answer. Whoever
asked for the link to be gone need not wait for that, least of all Docker, which starts and ends containers one by one.
"""

from __future__ import annotations

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

    ``is_there`` asks the kernel in a way that waits for changes that are under way, as RTM_GETLINK does.

    :raises NetlinkError: if the kernel refuses.
    """
    refused: list[int] = []
    done = threading.Event()

    def ask() -> None:
        try:
            number = _ask(namespace, index)
            refused.extend([number] if number else ())
        except OSError as error:
            refused.append(error.errno or 0)
        finally:
            done.set()

    threading.Thread(target=ask, name=f"removing {index}", daemon=True).start()
    while not done.wait(_LOOK) and is_there(index):
        pass
    if refused:
        raise NetlinkError(refused[0], os.strerror(refused[0]))


def _ask(namespace: Namespace, index: int) -> int:
    """Ask for the removal, and wait for the kernel's answer: the number of its error, 0 if there is none."""
    body = _LINK.pack(socket.AF_UNSPEC, 0, index, 0, 0)
    with namespace.entered(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0) as end:
        end.send(_HEADER.pack(_HEADER.size + len(body), _DELLINK, _REQUEST_AND_ANSWER, 1, 0) + body)
        return -_ANSWER.unpack_from(end.recv(1 << 16), _HEADER.size)[0]
