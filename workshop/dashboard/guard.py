"""Who may ask: the Host and Origin checks, the session's token, and the headers that bind the page."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, request

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
"""The names under which a browser on this machine may ask, beside the bound address."""

TOKEN_HEADER = "X-Workshop-Token"
TOKEN_KEY = "WORKSHOP_TOKEN"
"""Where a request carries the token, and where the app's configuration keeps it."""

_WRONG_HOST = "This dashboard answers only to its own address on this machine; open the one it printed."
_WRONG_ORIGIN = "Another site's page may not ask this dashboard; open it at the address it printed."
_WRONG_TOKEN = "This needs the session's token; open the dashboard at the address it printed."


def host_name(host: str) -> str:
    """The name in a Host header, without port and brackets: ``[::1]:80`` is ``::1``."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


class Guard:
    """WSGI middleware around everything, Socket.IO too: a wrong Host or Origin gets a 403 and one sentence.

    A name that leads to this machine (DNS rebinding) fails by its Host, another site's page by its Origin. Without
    ``names`` any Host will do: where everybody may ask, and for what everybody may read.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], names: Iterable[str] | None) -> None:
        self._app = app
        self._names = None if names is None else frozenset(name.lower() for name in names)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        origin = environ.get("HTTP_ORIGIN")
        is_socket = environ.get("PATH_INFO", "").startswith("/socket.io")
        if self._names is not None and host_name(host) not in self._names:
            return _refuse(start_response, _WRONG_HOST)
        if (is_socket or origin is not None) and origin != f"http://{host}":
            return _refuse(start_response, _WRONG_ORIGIN)
        if is_socket:
            # to compress what does not leave the machine would only take time, here and in the browser
            environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return self._app(environ, start_response)


def _refuse(start_response: Callable[..., Any], sentence: str) -> Iterable[bytes]:
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
    start_response("403 FORBIDDEN", [*headers, ("Content-Length", str(len(sentence) + 1))])
    return [f"{sentence}\n".encode()]


def needs_token(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator for every view that changes anything: without the session's token it answers 403."""

    @functools.wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        sent = request.headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(sent.encode(), current_app.config[TOKEN_KEY].encode()):
            return jsonify(error=_WRONG_TOKEN), 403
        return view(*args, **kwargs)

    return checked


def content_security_policy(*inline_scripts: str) -> str:
    """The policy of every answer: our own files only, and of inline scripts only these, by their hashes.

    ``wasm-unsafe-eval`` lets Graphviz's WebAssembly be compiled; it does not allow ``eval``.
    """
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in inline_scripts
    ]
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(["'self'", "'wasm-unsafe-eval'", *hashes]),
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def style_nonce() -> str:
    """A word that lets the scripts of the page that is being answered add styles, as the editor does; for it alone."""
    g.style_nonce = secrets.token_urlsafe(16)
    return g.style_nonce


def add_headers(app: Flask, policy: str) -> None:
    """Put the binding headers on every answer of ``app``."""

    @app.after_request
    def headers(response: Response) -> Response:
        nonce = g.get("style_nonce")
        own = policy.replace("style-src 'self'", f"style-src 'self' 'nonce-{nonce}'") if nonce else policy
        response.headers["Content-Security-Policy"] = own
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        return response
