"""The dashboard as a server: where it listens, whom it answers, how it ends."""

from __future__ import annotations

import json
import socket
import time
from typing import Any
from urllib.parse import quote

import pytest
from flask import Blueprint, Flask
from simple_websocket import ConnectionError as Refused

from tests.dashboard.conftest import is_free
from workshop.dashboard import Dashboard, about, guard, server
from workshop.dashboard.views import IMPORT_MAP
from workshop.errors import UsageError, WorkshopError

HERE = {"Host": "127.0.0.1"}


def test_the_page_names_engine_and_driver_and_has_one_import_map(get: Any) -> None:
    status, body, headers = get("/")
    assert status == 200
    assert "practice engine 28.5" in body
    assert "driver bridge" in body
    assert body.count(f'<script type="importmap">{IMPORT_MAP}</script>') == 1
    assert headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "path", ["/", "/api/snapshot", "/static/js/main.js", "/static/js/graphviz-worker.js", "/nowhere"]
)
def test_every_answer_carries_the_binding_headers(get: Any, path: str) -> None:
    _, _, headers = get(path)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "'unsafe-eval'" not in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]", "localhost:8080"])
def test_names_of_this_machine_are_answered(get: Any, host: str) -> None:
    assert get("/api/snapshot", Host=host)[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.5",
        "[::2]",
        "10.0.0.1:80",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/snapshot", "/static/js/main.js", "/socket.io/?EIO=4&transport=websocket"])
def test_any_other_host_name_gets_403_and_one_sentence(get: Any, host: str, path: str) -> None:
    status, body, _ = get(path, Host=host)
    assert status == 403
    assert body == "This dashboard answers only to its own address on this machine; open the one it printed.\n"


def test_another_site_cannot_read_over_http(get: Any, dashboard: Dashboard) -> None:
    assert get("/api/snapshot", Origin="http://evil.example")[0] == 403
    assert get("/api/snapshot", Origin="null")[0] == 403
    assert get("/api/snapshot", Origin=f"http://127.0.0.1:{dashboard.port}")[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_another_site_cannot_open_the_socket(connect: Any, origin: str) -> None:
    with pytest.raises(Refused) as refused:
        connect(origin=origin)
    assert refused.value.status_code == 403


def test_a_socket_without_an_origin_is_refused(get: Any) -> None:
    assert get("/socket.io/?EIO=4&transport=websocket")[0] == 403


def test_polling_is_not_offered(get: Any, dashboard: Dashboard) -> None:
    origin = f"http://127.0.0.1:{dashboard.port}"
    assert get("/socket.io/?EIO=4&transport=polling", Origin=origin)[0] == 400


def test_what_is_not_there_is_answered_in_json(get: Any) -> None:
    status, body, headers = get("/nowhere")
    assert status == 404
    assert headers["Content-Type"] == "application/json"
    assert '"error"' in body


@pytest.mark.parametrize("path", ["/static/../pyproject.toml", "/static/%2e%2e/pyproject.toml", "/static/js/"])
def test_only_our_static_files_are_served(get: Any, path: str) -> None:
    assert get(path)[0] == 404


def test_a_view_that_changes_something_needs_the_token() -> None:
    app = Flask("test")
    app.config[guard.TOKEN_KEY] = "secret"
    done: list[bool] = []

    @app.post("/change")
    @guard.needs_token
    def change() -> dict[str, bool]:
        done.append(True)
        return {"done": True}

    client = app.test_client()
    for headers in (
        {},
        {guard.TOKEN_HEADER: "wrong"},
        {guard.TOKEN_HEADER: "secret2"},
        {guard.TOKEN_HEADER: "é"},
    ):
        answer = client.post("/change", headers=headers)
        assert answer.status_code == 403
        assert "token" in answer.json["error"]
    assert not done
    assert client.post("/change", headers={guard.TOKEN_HEADER: "secret"}).status_code == 200
    assert done


def test_the_address_carries_the_token_in_its_fragment(dashboard: Dashboard) -> None:
    assert dashboard.url == f"http://127.0.0.1:{dashboard.port}/#token={dashboard.token}"
    assert len(dashboard.token) >= 24


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org", ""])
def test_it_listens_on_loopback_only(journal: Any, drawing: Any, host: str) -> None:
    with pytest.raises(UsageError, match="loopback address such as 127.0.0.1"):
        Dashboard(journal, drawing, address=(host, 0))


def test_a_taken_port_is_one_sentence_with_a_remedy(journal: Any, drawing: Any, dashboard: Dashboard) -> None:
    with pytest.raises(WorkshopError, match=f"port {dashboard.port}.*another port"):
        Dashboard(journal, drawing, address=("localhost", dashboard.port))


def test_a_socket_that_was_bound_before_is_used_and_stays_open(journal: Any, drawing: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        made = Dashboard(journal, drawing, sock=sock)
        assert made.port == sock.getsockname()[1]
        made.start()
        assert not is_free(made.port)
        made.stop()
        assert sock.fileno() >= 0


def test_it_stops_within_a_second_and_hangs_up(journal: Any, drawing: Any, dashboard: Dashboard, connect: Any) -> None:
    browser = connect()
    began = time.monotonic()
    dashboard.stop()
    assert time.monotonic() - began < 1
    assert browser.closed()
    assert is_free(dashboard.port)
    again = Dashboard(journal, drawing, address=("127.0.0.1", dashboard.port))
    again.start()
    again.stop()


def test_a_part_may_tell_something_while_the_dashboard_is_made(journal: Any, drawing: Any) -> None:
    def part(emit: Any) -> Blueprint:
        emit("early", {})
        return Blueprint("early", __name__)

    assert "early" in Dashboard(journal, drawing, parts=[part]).app.blueprints


def test_who_comes_beyond_the_most_connections_is_hung_up_on(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 1)
    asked = b"GET /favicon.ico HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection((dashboard.host, dashboard.port), timeout=5) as one:
        one.sendall(asked)
        assert one.recv(12) == b"HTTP/1.1 302"
        with socket.create_connection((dashboard.host, dashboard.port), timeout=5) as other:
            assert other.recv(12) == b""
        one.sendall(asked)
        assert one.recv(12)


def test_missing_libraries_are_said_with_the_command_that_brings_them(
    get: Any, dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dashboard.problem == ""
    monkeypatch.setattr("workshop.vendor.missing", lambda folder: ["graphviz.js"])
    assert "python -m workshop.vendor" in dashboard.problem
    status, body, _ = get("/")
    assert status == 200
    assert "python -m workshop.vendor" in body
    assert "main.js" not in body


def test_each_browser_gets_the_picture_as_it_wishes(get: Any, drawing: Any) -> None:
    drawing.now["seq"] = 7
    status, body, _ = get("/api/picture?high=700&open=4:1/2&open=4:1&shut=%22%3Cb%3E&hosts=alpha")
    told = json.loads(body)
    assert status == 200 and told["seq"] == 7
    assert json.loads(told["dot"]) == {"high": 700, "open": ["4:1/2", "4:1"], "shut": ['"<b>'], "hosts": ["alpha"]}
    for wrong in ("-1", "x", "1e3", "99999999", "²"):
        assert get(f"/api/picture?high={quote(wrong)}")[0] == 400
    assert json.loads(get("/api/graph")[1]) == drawing.now


def test_what_is_known_of_a_link_is_asked_for_and_what_is_gone_is_said(journal: Any, drawing: Any) -> None:
    class Known:
        def all(self, identity: str) -> dict[str, Any]:
            if identity != "4:1/2":
                raise WorkshopError("That link or namespace is gone.")
            return {"id": identity}

        def counters(self, identity: str) -> dict[str, Any]:
            return {"links": {identity: 1}}

    client = Dashboard(journal, drawing, parts=[about.part(Known())]).app.test_client()
    assert b'data-can="about"' in client.get("/", headers=HERE).data
    assert client.get("/api/about?id=4:1/2", headers=HERE).json == {"id": "4:1/2"}
    assert client.get("/api/about/counters?id=4:1/2", headers=HERE).json == {"links": {"4:1/2": 1}}
    gone = client.get("/api/about?id=9", headers=HERE)
    assert (gone.status_code, gone.json) == (404, {"error": "That link or namespace is gone."})
    for wrong in ("", "x" * 101):
        assert client.get(f"/api/about?id={wrong}", headers=HERE).status_code == 400
