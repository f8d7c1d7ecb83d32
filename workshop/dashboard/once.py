"""Requests that may come twice and are to be done once.

A browser breaks off what is on its way when the machine's network changes, as it does when a container starts. The page
then asks again, with the same word in a header, and gets the answer to what it asked the first time.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from flask import Response, current_app, make_response, request

HEADER = "X-Workshop-Once"
"""Carries a word that the page makes up for each thing that it wants done."""

KEPT, LONGEST = 50, 64
"""How many answers are remembered, and how long a word may be."""

_PATIENCE = 120.0  # seconds that a second request waits for the first one's answer


class _Answer:
    def __init__(self) -> None:
        self.ready = threading.Event()
        self.status, self.body = 500, b'{"error": "It is not known what came of it. Look, and try again."}'

    def response(self) -> Response:
        return Response(self.body, self.status, content_type="application/json")


class Once:
    """What was asked with which word, and what was answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, _Answer] = OrderedDict()

    def __call__(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """Decorator for a view that changes something: the same word again gets the same answer."""

        @functools.wraps(view)
        def done_once(*args: Any, **kwargs: Any) -> Any:
            word = request.headers.get(HEADER, "")
            if not word or len(word) > LONGEST:
                return view(*args, **kwargs)
            word = f"{request.path} {word}"
            with self._lock:
                known = self._answers.get(word)
                answer = known or self._answers.setdefault(word, _Answer())
                while len(self._answers) > KEPT:
                    self._answers.popitem(last=False)
            if known is not None:
                answer.ready.wait(_PATIENCE)
                return answer.response()
            try:
                made = _make(view, *args, **kwargs)
                answer.status, answer.body = made.status_code, made.get_data()
            finally:
                answer.ready.set()
            return made

        return done_once


def _make(view: Callable[..., Any], *args: Any, **kwargs: Any) -> Response:
    try:
        return make_response(view(*args, **kwargs))
    except Exception as error:  # as the app would answer it; what is nobody's answer is raised again
        return make_response(current_app.handle_user_exception(error))
