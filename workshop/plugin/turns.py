"""Taking turns: calls on one network in the order in which they came, calls on different networks side by side."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Hashable, Iterator


class Turns:
    """A queue for each key, there only while somebody is in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[Hashable, deque[threading.Event]] = {}

    @contextlib.contextmanager
    def take(self, key: Hashable | None) -> Iterator[None]:
        """Wait until all who asked for ``key`` before are done; ``None`` waits for nobody."""
        if key is None:
            yield
            return
        mine = threading.Event()
        with self._lock:
            queue = self._queues.setdefault(key, deque())
            queue.append(mine)
            if queue[0] is mine:
                mine.set()
        mine.wait()
        try:
            yield
        finally:
            with self._lock:
                queue.popleft()
                if queue:
                    queue[0].set()
                else:
                    del self._queues[key]
