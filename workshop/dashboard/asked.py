"""What a request's body says, and how errors are answered: the same for all parts of the dashboard."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request

from workshop.errors import CannotHere, UsageError, WorkshopError

LARGEST_BODY = 20_000
"""Bytes of a request's body that are read, but for a learner's file."""


def body() -> dict[str, Any]:
    """The request's JSON object. Raises UsageError if there is none."""
    request.max_content_length = LARGEST_BODY
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise UsageError("The request's body must be a JSON object.")
    return found


def explain(error: WorkshopError) -> Any:
    """The answer to a request that went wrong: ``{"error": sentence}``."""
    status = 400 if isinstance(error, UsageError) else 503 if isinstance(error, CannotHere) else 409
    return jsonify(error=str(error)), status
