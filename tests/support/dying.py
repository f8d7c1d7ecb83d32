"""The plugin's death before any step of a call: nothing from there on is done, and nothing is tidied up."""

from __future__ import annotations

import contextlib
import json

from workshop.kernel import programs, removal


class Killed(BaseException):
    """Stands for the process's death: no handler of errors sees it, and nothing is tidied up."""


def killed(*_, **__):
    """A step that is never done."""
    raise Killed


STEPS = range(1, 60)
"""More steps than any call has."""


def die_in(served, route, request):
    """Let a call be answered by a plugin that may die meanwhile."""
    with contextlib.suppress(Killed):
        served.plugin.pipeline.call("POST", f"/NetworkDriver.{route}", json.dumps(request).encode())


def die_at(served, count, monkeypatch):
    """Let the process 'die' before its ``count``-th step: nothing from there on is done.

    A step is a change of kernel or memory, or the note in the journal that a call was begun or done.
    """
    host, done = served.plugin.host, [0]

    def guarded(function, counts=lambda *_: True):
        def call(*arguments, **keywords):
            done[0] += bool(counts(*arguments))
            if done[0] >= count:
                raise Killed
            return function(*arguments, **keywords)

        return call

    real = type(host.kernel)._with_trace
    monkeypatch.setattr(type(host.kernel), "_with_trace", lambda self, name, method: guarded(real(self, name, method)))
    monkeypatch.setattr(removal, "remove", guarded(removal.remove))
    for one in (host.store.networks, host.store.endpoints, host.store.calls):
        for name in ("put", "drop"):
            monkeypatch.setattr(one, name, guarded(getattr(one, name)))
    monkeypatch.setattr(programs, "run", guarded(programs.run))
    monkeypatch.setattr(type(host.ports), "hold", guarded(type(host.ports).hold))
    append = guarded(served.journal.append, lambda kind, *_: kind.startswith("call."))
    monkeypatch.setattr(served.journal, "append", append)
    return lambda: done[0] >= count
