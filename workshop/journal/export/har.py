"""Calls as HAR 1.2, the format that browsers' network tools and HTTP debuggers read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from http.client import responses
from typing import Any

from workshop import __version__
from workshop.journal.calls import Call
from workshop.journal.export.curl import body_of, url_of

ACCEPT = "application/vnd.docker.plugins.v1.2+json"
"""What Docker says it accepts, on every call."""


def har(calls: Iterable[Call]) -> str:
    """Calls as one HAR document. What HAR has no place for is in fields that begin with ``_``."""
    log = {
        "version": "1.2",
        "creator": {"name": "docker-network-workshop", "version": __version__},
        "entries": [_entry(call) for call in calls],
    }
    return json.dumps({"log": log}, indent=1) + "\n"


def _entry(call: Call) -> dict[str, Any]:
    waited = max(0.0, call.waited_ms or 0.0) + max(0.0, call.held_ms or 0.0)
    handled = max(0.0, call.duration_ms or 0.0)
    return {
        "startedDateTime": datetime.fromtimestamp(call.started or call.finished or 0, UTC).isoformat(
            timespec="milliseconds"
        ),
        "time": waited + handled,
        "request": _request(call),
        "response": _response(call),
        "cache": {},
        "timings": {"blocked": waited, "send": 0, "wait": handled, "receive": 0},
        "comment": f"call {call.number}, {call.state.value}",
        "_call": call.number,
        "_host": call.host,
        "_error": call.error,
        "_kernel": [command.command for command in call.commands],
    }


def _request(call: Call) -> dict[str, Any]:
    body = body_of(call)
    request = {
        "method": "POST",
        "url": url_of(call),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [{"name": "Host", "value": "plugin"}, {"name": "Accept", "value": ACCEPT}],
        "queryString": [],
        "headersSize": -1,
        "bodySize": _size(body or ""),
    }
    if body is not None:
        # Docker sends no Content-Type; HAR asks for one.
        request["postData"] = {"mimeType": "application/json", "params": [], "text": body}
    return request


def _response(call: Call) -> dict[str, Any]:
    body = "" if call.answer is None else json.dumps(call.answer, separators=(",", ":"))
    status = call.status or 0  # 0: not answered (yet)
    mime = "application/json"
    return {
        "status": status,
        "statusText": responses.get(status, ""),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": [{"name": "Content-Type", "value": mime}] if call.answer is not None else [],
        "content": {"size": _size(body), "mimeType": mime, "text": body},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": _size(body),
    }


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
