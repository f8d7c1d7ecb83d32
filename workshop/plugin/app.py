"""The Flask app: every request goes to the pipeline, and every answer is JSON, errors included."""

from __future__ import annotations

import json

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from workshop.errors import InvalidCall
from workshop.plugin.pipeline import Pipeline

CONTENT_TYPE = "application/vnd.docker.plugins.v1.2+json"
"""What Docker says it accepts."""
LARGEST_BODY = 4 << 20
"""Bytes of a body that are read at most: Docker's largest are a few thousand."""
GONE = "workshop.gone"
"""Where the server puts a function into the WSGI environment that tells whether the client has hung up."""
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


def create_app(pipeline: Pipeline) -> Flask:
    """The app for one host's plugin. Bodies are read whatever their Content-Type: Docker sends none."""
    app = Flask("workshop.plugin", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY

    def refuse(status: int, text: str) -> Response:
        return _json(*pipeline.refuse(request.method, request.path, InvalidCall(status, text)))

    @app.before_request
    def keep_browsers_out() -> Response | None:
        """A web page could send a form to a plugin that listens on TCP. Docker sends neither of these headers."""
        if request.headers.get("Origin") or request.headers.get("Sec-Fetch-Site"):
            return refuse(403, "this is a plugin for Docker: browsers are not answered")
        return None

    def answer(**_: str) -> Response:
        try:
            body = request.get_data(cache=False)
        except RequestEntityTooLarge:
            return refuse(413, f"the body is larger than {LARGEST_BODY >> 20} MiB")
        return _json(*pipeline.call(request.method, request.path, body, request.environ.get(GONE, lambda: False)))

    for rule in ("/", "/<path:path>"):
        app.add_url_rule(rule, view_func=answer, methods=list(_METHODS), endpoint=rule, provide_automatic_options=False)

    @app.errorhandler(HTTPException)
    def refuse_otherwise(error: HTTPException) -> Response:
        return refuse(error.code or 500, f"{request.method} {request.path[:200]}: {error.description or error.name}")

    @app.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        return _json(500, {"Err": f"the plugin failed: {type(error).__name__}"})

    return app


def _json(status: int, value: dict) -> Response:
    return Response(json.dumps(value) + "\n", status, content_type=CONTENT_TYPE)
