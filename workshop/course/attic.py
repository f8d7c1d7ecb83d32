"""Removing links later: the kernel is busy for 20 to 40 ms with each, and keeps others waiting meanwhile.

Nobody who waits for a verdict needs to. While the attic is open, what the reference driver removes is only taken out
of sight: unplugged, down, without addresses, under another name, and neither ``View`` nor picture shows it. ``clear``
removes it for good. What a learner's handler removes is really removed, and so is everything on a real Docker.
"""

from __future__ import annotations

import contextlib
import threading

from workshop.course.eyes import Eyes
from workshop.course.hands import Hands
from workshop.kernel.kernel import Kernel
from workshop.kernel.namespaces import Namespace
from workshop.kernel.trace import Trace, traced
from workshop.topology.view import CHILDREN
from workshop.topology.wire import PUT_AWAY

_REALLY = ("vxlan", *CHILDREN)
"""Kinds that are really removed: a handler that asks the kernel for all tunnels gets to see them whatever they are
called, and while one is there, no other can have its VNI; what sits on another link may keep that from the next."""


class Attic(Kernel):
    """The kernel of one host, whose ``remove`` and ``remove_link`` put away while it is ``open``."""

    def __init__(self, namespace: Namespace, trace: Trace) -> None:
        super().__init__(namespace, trace)
        self.open = False
        self._eyes, self._hands = Eyes(namespace), Hands(namespace)
        self._lock = threading.Lock()

    def remove_link(self, index: int) -> None:
        """As of a Kernel, but that the link is put away, with its other end if that is here too."""
        if not self.open or self._kind(index) in _REALLY:
            super().remove_link(index)
            return
        with traced(self.trace, f"ip link del {self.name_of(index)}"), self._lock:
            self._put_away(index)

    def clear(self) -> None:
        """Remove what was put away. Takes its time, and does not keep others from putting away more."""
        with contextlib.closing(Hands(self.namespace)) as hands:
            with self._lock:
                gone = [row["index"] for row in self._eyes.links() if row["alias"] == PUT_AWAY]
            for index in gone:
                with contextlib.suppress(OSError):  # a pair goes as a whole
                    hands.remove(index)

    def close(self) -> None:
        """Let go of the namespace."""
        self._eyes.close()
        self._hands.close()
        super().close()

    def _kind(self, index: int) -> str | None:
        with self._lock:
            return next((row["kind"] for row in self._eyes.links() if row["index"] == index), None)

    def _put_away(self, index: int) -> None:
        rows = {row["index"]: row for row in self._eyes.links()}
        addresses = self._eyes.addresses()
        row = rows.get(index)
        if row is None:
            return
        pair = row["kind"] == "veth" and not row["elsewhere"] and row["other"] in rows
        for each in (index, row["other"]) if pair else (index,):
            with contextlib.suppress(OSError):
                self._hands.unplug(each, PUT_AWAY)
                self._hands.rename(each, f"gone{each}")
            for address in [one["address"] for one in addresses if one["index"] == each]:
                with contextlib.suppress(OSError):  # those of IPv6 go when a link goes down
                    self._hands.remove_address(each, address)
