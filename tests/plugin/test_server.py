"""What is on the wire: always JSON, the right status, a sentence that names what was wrong."""

from __future__ import annotations

import json
import socket
import stat
import threading
import time

import pytest

from workshop.errors import CannotHere, WorkshopError
from workshop.plugin.app import CONTENT_TYPE
from workshop.plugin.server import Server, tcp, unix_socket
from workshop.protocol import NETWORK_ROUTES

pytestmark = pytest.mark.kernel
POOL = [{"Pool": "10.9.0.0/24", "Gateway": "10.9.0.1/24"}]


def test_every_route_of_the_table_is_answered_with_json_in_dockers_content_type(served):
    for route in NETWORK_ROUTES:
        status, kind, text = served.send(route.path, "{}")
        assert kind == CONTENT_TYPE, route.path
        assert isinstance(json.loads(text), dict)
        assert status == (200 if route.request is None or not route.request.__required_keys__ else 400), route.path


def test_activation_and_capabilities_are_what_docker_expects(served):
    assert json.loads(served.send("/Plugin.Activate")[2]) == {"Implements": ["NetworkDriver", "IpamDriver"]}
    answer = json.loads(served.send("/NetworkDriver.GetCapabilities")[2])
    assert answer == {"Scope": "local", "ConnectivityScope": "local", "GwAllocChecker": True}


@pytest.mark.parametrize(
    ("path", "body", "method", "status", "words"),
    [
        ("/NetworkDriver.CreateNetwork", b"", "POST", 400, "NetworkDriver.CreateNetwork: the body is empty"),
        ("/NetworkDriver.CreateNetwork", b"{", "POST", 400, "the body is not JSON"),
        (
            "/NetworkDriver.CreateNetwork",
            b"[]",
            "POST",
            400,
            "expected a JSON object with NetworkID, got a list",
        ),
        ("/NetworkDriver.CreateNetwork", b"{}", "POST", 400, "NetworkID is missing"),
        (
            "/NetworkDriver.CreateNetwork",
            b'{"NetworkID": 5}',
            "POST",
            400,
            "NetworkID: expected a string, got a whole",
        ),
        (
            "/NetworkDriver.Join",
            b'{"NetworkID": "a", "EndpointID": ""}',
            "POST",
            400,
            "EndpointID: expected a string that",
        ),
        ("/NetworkDriver.CreateNetwork", b"\xff\xfe", "POST", 400, "the body is not JSON"),
        ("/NetworkDriver.CreateNetwork", b"{}", "GET", 405, "expected POST, got GET"),
        ("/NetworkDriver.CreateNetwork", b"{}", "PUT", 405, "expected POST, got PUT"),
        ("/NetworkDriver.Nothing", b"{}", "POST", 404, "/NetworkDriver.Nothing is an unknown route"),
        ("/", b"", "GET", 404, "unknown route"),
        ("/VolumeDriver.Create", b"{}", "POST", 404, "a route that this plugin does not answer"),
        ("/NetworkDriver.Join/../x", b"{}", "POST", 404, "unknown route"),
    ],
)
def test_a_bad_call_is_refused_in_words(served, path, body, method, status, words):
    got, kind, text = served.send(path, body, method)
    assert got == status
    assert kind == CONTENT_TYPE
    assert words in json.loads(text)["Err"]


def test_a_body_is_read_whatever_its_content_type(served):
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/html", "application/json"):
        status, _, text = served.send("/NetworkDriver.DeleteNetwork", b'{"NetworkID": "n"}', **{"Content-Type": kind})
        assert (status, json.loads(text)) == (200, {}), kind


def test_unknown_fields_and_null_pass(served):
    body = json.dumps({"NetworkID": "n" * 64, "IPv4Data": None, "IPv6Data": None, "Options": None, "Tomorrow": 1})
    assert served.send("/NetworkDriver.CreateNetwork", body)[0] == 200
    assert served.call("DeleteNetwork", NetworkID="n" * 64) == {"status": 200}


def test_a_huge_body_is_refused(served):
    status, kind, text = served.send("/NetworkDriver.CreateNetwork", b" " * (5 << 20))
    assert (status, kind) == (413, CONTENT_TYPE)
    assert "larger than 4 MiB" in json.loads(text)["Err"]


def test_broken_http_is_answered_with_json(served):
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(5)
        one.connect(str(served.path))
        one.sendall(b"POST /NetworkDriver.Join HTTP/1.1\r\nHost: x\r\nContent-Length: nonsense\r\n\r\n")
        answer = b""
        while chunk := one.recv(4096):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 400 " in head.splitlines()[0]
    assert "broken" in json.loads(body)["Err"]


def test_a_drivers_error_is_err_with_status_200(served):
    answer = served.call("CreateEndpoint", NetworkID="no" * 32, EndpointID="e" * 64, Interface={})
    assert answer["status"] == 200
    assert "there is no network nonononono" in answer["Err"]


def test_a_mistake_in_a_handler_is_told_without_a_traceback(served, monkeypatch):
    def broken(request, host):
        return {}["nothing"]

    monkeypatch.setitem(served.plugin.pipeline.handlers, "discover_new", broken)
    status, _, text = served.send("/NetworkDriver.DiscoverNew", b'{"DiscoveryType": 1}')
    assert status == 500
    assert "discover_new failed: KeyError" in json.loads(text)["Err"]
    assert "Traceback" not in text


def test_an_answer_that_docker_cannot_read_is_told(served, monkeypatch):
    monkeypatch.setitem(served.plugin.pipeline.handlers, "join", lambda request, host: {"Gateway": 5})
    answer = served.call("Join", NetworkID="n", EndpointID="e")
    assert "Gateway: expected a string" in answer["Err"]


def test_what_a_handler_made_is_taken_back_if_its_answer_cannot_be_given(served, monkeypatch):
    network = {"NetworkID": "d" * 64, "IPv4Data": [{"Pool": "10.8.0.0/24", "Gateway": "10.8.0.1/24"}]}
    real = served.plugin.pipeline.handlers["create_network"]

    def unreadable(request, host):
        real(request, host)
        return {"Err": 5}

    monkeypatch.setitem(served.plugin.pipeline.handlers, "create_network", unreadable)
    assert "answered what Docker cannot read" in served.call("CreateNetwork", **network)["Err"]
    assert served.links() == set()
    monkeypatch.undo()

    def no_space(key, row):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(served.plugin.host.store.networks, "put", no_space)
    assert "No space left" in served.call("CreateNetwork", **network)["Err"]
    assert served.links() == set()


def test_what_a_browser_sends_is_refused_and_noted(served):
    before = served.journal.last
    for header in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        status, kind, text = served.send("/NetworkDriver.DeleteNetwork", b'{"NetworkID": "n"}', **header)
        assert (status, kind) == (403, CONTENT_TYPE)
        assert "browsers are not answered" in json.loads(text)["Err"]
    served.send("/NetworkDriver.Join", b"", method="FROB")
    finished = [event.data["status"] for event in served.journal.since(before) if event.kind == "call.finished"]
    assert finished == [403, 403, 405]


def test_a_journal_that_cannot_be_written_does_not_stop_the_plugin(served, monkeypatch):
    def full(event, text):
        served.journal.problem = "the disk is full"

    monkeypatch.setattr(served.journal, "_write", full)
    assert served.call("DeleteNetwork", NetworkID="n") == {"status": 200}
    assert served.journal.since(served.journal.last - 1)[0].kind == "call.finished"
    served.journal.problem = ""


def test_a_mac_that_is_none_is_refused_by_name(served):
    served.call("CreateNetwork", NetworkID="c" * 64, IPv4Data=POOL)
    for mac in ("hello", "02:42", "zz:zz:zz:zz:zz:zz", "01:00:00:00:00:01"):
        interface = {"Address": "10.9.0.2/24", "MacAddress": mac}
        answer = served.call("CreateEndpoint", NetworkID="c" * 64, EndpointID="e" * 64, Interface=interface)
        assert answer["status"] == 200 and "Interface.MacAddress" in answer["Err"], mac
    assert served.call("DeleteNetwork", NetworkID="c" * 64) == {"status": 200}


def test_calls_on_one_network_keep_their_order_and_others_do_not_wait(served, monkeypatch):
    order, gate, first_is_in = [], threading.Event(), threading.Event()

    def slow(request, host):
        order.append(request["EndpointID"])
        if request["EndpointID"] == "1":
            first_is_in.set()
            gate.wait(5)
        return {}

    monkeypatch.setitem(served.plugin.pipeline.handlers, "leave", slow)
    threads = [threading.Thread(target=served.call, args=["Leave"], kwargs={"NetworkID": "a", "EndpointID": "1"})]
    threads[0].start()
    assert first_is_in.wait(5)
    for number in ("2", "3", "4"):
        threads.append(
            threading.Thread(target=served.call, args=["Leave"], kwargs={"NetworkID": "a", "EndpointID": number})
        )
        threads[-1].start()
        time.sleep(0.05)
    assert served.call("Leave", NetworkID="b", EndpointID="x") == {"status": 200}
    assert order == ["1", "x"]
    gate.set()
    for thread in threads:
        thread.join(5)
    assert order == ["1", "x", "2", "3", "4"]


def test_every_call_is_in_the_journal_with_what_the_kernel_was_told(served):
    before = served.journal.last
    served.call("CreateNetwork", NetworkID="c" * 64, IPv4Data=POOL)
    served.call("DeleteNetwork", NetworkID="c" * 64)
    events = served.journal.since(before)
    assert [e.seq for e in events] == list(range(before + 1, before + 1 + len(events)))
    kinds = [e.kind for e in events]
    assert kinds[0] == "call.started" and kinds.count("call.finished") == 2
    commands = [e.data["command"] for e in events if e.kind == "kernel"]
    assert any(command.startswith("ip link add wsbcccccccccc") for command in commands)
    assert {e.call for e in events if e.kind == "kernel"} <= {e.call for e in events if e.kind == "call.started"}


def test_the_socket_is_for_its_owner_alone(served):
    assert stat.S_IMODE(served.path.stat().st_mode) == 0o600


def test_a_stale_socket_is_replaced_and_a_live_one_is_not(served, tmp_path):
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(tmp_path / "workshop.sock"))
    stale.close()
    place = unix_socket(tmp_path, "workshop")
    place.remove()
    with pytest.raises(WorkshopError, match="Another plugin answers"):
        unix_socket(served.path.parent, "workshop")
    (tmp_path / "other.sock").write_text("not a socket")
    with pytest.raises(WorkshopError, match="is no socket"):
        unix_socket(tmp_path, "other")
    assert (tmp_path / "other.sock").read_text() == "not a socket"


def test_a_server_that_is_woken_by_somebody_else_as_well_ends_in_good_order(monkeypatch):
    """Whoever tells the serving thread to end may be overtaken by it: the write that wakes it comes when it is gone."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(lambda environ, start_response: [], listener)
    server.start()
    trigger, write = server._server.trigger, server._server.trigger._physical_pull

    def late():
        write()
        server._thread.join(30)
        assert not server._thread.is_alive()
        write()

    monkeypatch.setattr(trigger, "_physical_pull", late)
    server.stop()
    assert listener.fileno() == -1


def test_a_server_that_retires_hangs_up_where_nothing_is_asked_and_answers_what_is():
    begun, go_on = threading.Event(), threading.Event()

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            begun.set()
            go_on.wait(10)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"{}"]

    listener = socket.create_server(("127.0.0.1", 0))
    address = listener.getsockname()
    server = Server(app, listener)
    server.start()
    asked = b"POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    with socket.create_connection(address, 10) as idle, socket.create_connection(address, 10) as busy:
        idle.sendall(asked % b"quick")
        answer = b""
        while not answer.endswith(b"{}"):
            answer += idle.recv(4096)
        busy.sendall(asked % b"slow")
        assert begun.wait(10)
        server.retire()
        assert idle.recv(4096) == b""
        go_on.set()
        answer = b"".join(iter(lambda: busy.recv(4096), b""))
        assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"{}")
        assert b"Connection: close" in answer
    server.stop()


def test_a_tcp_plugin_writes_where_it_is(tmp_path):
    place = tcp("127.0.0.1", 0, tmp_path, "workshop", "spec")
    assert (tmp_path / "workshop.spec").read_text() == place.address + "\n"
    with pytest.raises(CannotHere, match="cannot be listened on"):
        tcp("127.0.0.1", place.listener.getsockname()[1], tmp_path, "other", "json")
    place.remove()
    assert list(tmp_path.iterdir()) == []
    place = tcp("127.0.0.1", 0, tmp_path, "workshop", "json")
    assert json.loads((tmp_path / "workshop.json").read_text()) == {"Name": "workshop", "Addr": place.address}
    place.remove()


def test_a_plugin_that_ends_leaves_the_socket_of_the_one_that_came_after_it(tmp_path):
    place = unix_socket(tmp_path, "workshop")
    place.hide()
    after = unix_socket(tmp_path, "workshop")
    place.remove()
    assert after.path.is_socket()
    after.remove()
    assert not after.path.exists()
