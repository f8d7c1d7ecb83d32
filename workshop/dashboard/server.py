"""The dashboard as one object: its app, its server, and the thread that feeds the browsers."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Flask, jsonify
from flask_socketio import SocketIO, emit
from werkzeug.exceptions import HTTPException
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from workshop import resources, vendor
from workshop.dashboard import calls as calls_asked
from workshop.dashboard import guard
from workshop.dashboard import lesson as lessons
from workshop.dashboard.feed import Feed, Picture
from workshop.dashboard.lesson import Lesson
from workshop.dashboard.views import IMPORT_MAP, make_blueprint
from workshop.errors import UsageError, WorkshopError
from workshop.journal import Journal

Emit = Callable[[str, Any], None]
"""Sends one message (its name, and what it says as JSON) to every browser."""
Part = Callable[[Emit], Blueprint]
"""What a session adds to the dashboard: given how browsers are told something, it makes its routes."""

MOST_CONNECTIONS = 1_000
"""Each has a thread; whoever comes beyond them is hung up on, so that nobody at an open door can stop the session."""

_WAIT = 1.0  # seconds that a stop waits for the server's thread


def create_app(
    journal: Journal,
    feed: Feed,
    facts: dict[str, Any],
    token: str,
    plugin_of: calls_asked.PluginOf = lambda _host: None,
) -> Flask:
    """The Flask app that answers for one session; ``facts`` as in ``views.make_blueprint``."""
    app = Flask(
        "workshop.dashboard",
        template_folder=str(resources.path("templates")),
        static_folder=str(resources.path("static")),
        static_url_path="/static",
    )
    app.config[guard.TOKEN_KEY] = token
    app.json.sort_keys = False  # an answer is shown in the order in which it was written
    app.register_blueprint(make_blueprint(journal, feed, facts))
    app.register_blueprint(calls_asked.make_blueprint(journal, feed.story, plugin_of))
    guard.add_headers(app, guard.content_security_policy(IMPORT_MAP))

    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Any:
        return jsonify(error=error.description), error.code or 500

    return app


class Dashboard:
    """Shows one journal and one picture to browsers on this machine.

    ``address`` is a loopback address and a port (0: any free one). ``sock`` is a socket that is bound
    already, for a process that has since moved to another network namespace; it stays the caller's to close.
    ``token`` is the session's secret (made if not given). ``engine`` and ``driver`` are shown in the header,
    ``try_this`` is the command that the empty page proposes. With a ``lesson`` the page is an exercise's. ``parts`` are
    what else this session can do; the page asks for them by the names of their blueprints. ``plugin_of`` says where a
    host's plugin listens, for commands that repeat a call.

    ``for_all`` lets it answer on any address, and under any name: for a second dashboard, whose parts let nobody change
    anything, and whose token nobody is told.

    :raises UsageError: if the address is not a loopback address, unless it is ``for_all``.
    :raises WorkshopError: if the port is taken.
    """

    def __init__(
        self,
        journal: Journal,
        picture: Picture,
        *,
        address: tuple[str, int] = ("127.0.0.1", 0),
        sock: socket.socket | None = None,
        token: str | None = None,
        title: str = "docker network workshop",
        engine: str = "",
        driver: str = "bridge",
        try_this: str = "docker network create -d workshop shop",
        lesson: Lesson | None = None,
        parts: Iterable[Part] = (),
        for_all: bool = False,
        plugin_of: calls_asked.PluginOf = lambda _host: None,
    ) -> None:
        self._sock = sock if sock is not None else _bind(address)
        self._is_ours = sock is None
        bound = self._sock.getsockname()
        self.host, self.port = bound[:2] if for_all else _loopback(bound)
        self.token = token or secrets.token_urlsafe(24)
        self._sockets: SocketIO | None = None  # a part may have something to tell before there is one
        blueprints = [part(self._emit) for part in parts]
        facts = {
            "session": secrets.token_hex(8),
            "title": title,
            "engine": engine,
            "driver": driver,
            "try": try_this,
            "lesson": lesson is not None,
            "can": [blueprint.name for blueprint in blueprints],
        }
        self._feed = Feed(journal, picture, self._emit)
        self.app = create_app(journal, self._feed, facts, self.token, plugin_of)
        for blueprint in blueprints:
            self.app.register_blueprint(blueprint)
        if lesson is not None:
            self.app.register_blueprint(lessons.make_blueprint(lesson, lambda: self._emit("lesson", {})))
        sockets = SocketIO(
            self.app,
            async_mode="threading",
            transports=["websocket"],
            always_connect=True,  # the connection is told before the first picture
            ping_interval=5,
            ping_timeout=5,
        )
        sockets.on_event("connect", self._greet)
        self._sockets = sockets
        names = None if for_all else {self.host, *guard.LOOPBACK_NAMES}
        guarded = guard.Guard(self.app.wsgi_app, names)
        self.app.wsgi_app = guarded  # type: ignore[method-assign]
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address to open, with the session's token in its fragment, which browsers send to nobody."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/#token={self.token}"

    @property
    def problem(self) -> str:
        """Why the page cannot work, as a sentence with its remedy; empty if it can."""
        lacking = vendor.missing(resources.path("static") / "vendor")
        return f"The dashboard's browser libraries are not installed. {vendor.REMEDY}" if lacking else ""

    def start(self) -> None:
        """Answer from now on; returns once a browser can connect."""
        self._sock.listen(128)
        self._server = _Server(self._sock, self.app)
        self._feed.start()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="dashboard-server", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and let go of every browser; the journal and the picture stay the caller's.

        A second stop does nothing.
        """
        self._feed.stop()
        server, self._server = self._server, None
        if server is not None and self._thread is not None:
            server.shutdown()
            self._thread.join(_WAIT)
            server.hang_up()
            if self._sockets is not None:
                self._sockets.server.shutdown()
        if self._is_ours:
            self._sock.close()

    def _greet(self, _auth: Any = None) -> None:
        if self._feed.latest is not None:
            emit("picture", self._feed.latest)  # to the one who came; what it missed it asks for

    def _emit(self, name: str, message: Any) -> None:
        if self._sockets is not None:  # else nobody has come yet, and who comes asks
            self._sockets.emit(name, message)


class _Handler(WSGIRequestHandler):
    """One request's handler; the page's own requests are nobody's news."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # events are small and must not wait for one another

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class _Server(ThreadedWSGIServer):
    """A thread for each connection, all of which can be closed at once."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, sock: socket.socket, app: Flask) -> None:
        self._open: set[Any] = set()
        self._guard = threading.Lock()
        host, port = sock.getsockname()[:2]
        super().__init__(host, port, app, _Handler, fd=sock.fileno())

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            is_one_too_many = len(self._open) >= MOST_CONNECTIONS
            if not is_one_too_many:
                self._open.add(request)
        if is_one_too_many:
            self.shutdown_request(request)
        else:
            super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Close every connection, so that browsers know at once."""
        with self._guard:
            connections, self._open = self._open, set()
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it went by itself


def _bind(address: tuple[str, int]) -> socket.socket:
    host, port = _loopback(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except (OSError, OverflowError) as error:
        sock.close()
        why = getattr(error, "strerror", None) or error
        raise WorkshopError(
            f"The dashboard cannot listen on {host} port {port}: {why}.",
            "Choose another port, or 0 for any free one.",
        ) from None
    return sock


def _loopback(address: Any) -> tuple[str, int]:
    """Host and port of ``address``, its host as a loopback IP address."""
    host, port = address[:2]
    name = "127.0.0.1" if host == "localhost" else host
    try:
        is_loopback = ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise UsageError(
            f"The dashboard may not listen on {host}: it answers only on this machine.",
            "Give a loopback address such as 127.0.0.1.",
        )
    return name, port
