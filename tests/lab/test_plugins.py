"""How the engine finds plugins, what it remembers of them, and what it makes of those that are no use."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.lab.inside import FakeClock, bench, in_lab
from workshop.cli.docker import docker as commands
from workshop.engine_api import EngineError
from workshop.lab.engine.decoding import PluginFailure, field
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.remote import Plugin, Plugins
from workshop.lab.engine.versions import VERSIONS

fast = pytest.mark.fast


class Answers:
    """A server on a unix socket that sends the same bytes to whoever asks."""

    def __init__(self, path: Path, status: str, body: str) -> None:
        self.end = socket.socket(socket.AF_UNIX)
        self.end.bind(str(path))
        self.end.listen(8)
        self._reply = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                end, _ = self.end.accept()
            except OSError:
                return
            with end:
                asked = b""
                while b"\r\n\r\n{}" not in asked:
                    asked += end.recv(65536)
                end.sendall(self._reply)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        ("200 OK", "", "EOF"),
        ("200 OK", "<html>", "invalid character '<' looking for beginning of value"),
        ("200 OK", "[]", "cannot unmarshal array"),
        ("200 OK", '{"err": "no"}', "remote: no"),
        ("404 Not Found", "404", "NetworkDriver.Join: 404"),
        ("500 Oops", '{"Err": "broken"}', "NetworkDriver.Join: broken"),
    ],
)
@fast
def test_a_bad_answer_is_told_as_docker_tells_it(tmp_path: Path, status: str, body: str, error: str) -> None:
    server = Answers(tmp_path / "p.sock", status, body)
    plugin = Plugin("p", f"unix://{tmp_path}/p.sock", VERSIONS["28.5"], FakeClock())
    with pytest.raises(PluginFailure, match=error.replace("[", r"\[")) as caught:
        plugin.call("NetworkDriver.Join", {})
    assert caught.value.missing == (status.startswith("404"))
    server.end.close()


@fast
def test_a_plugin_that_is_gone_is_tried_again_for_fifteen_seconds(tmp_path: Path) -> None:
    clock = FakeClock()
    plugin = Plugin("p", f"unix://{tmp_path}/p.sock", VERSIONS["20.10"], clock)
    with pytest.raises(PluginFailure, match="connect: no such file or directory"):
        plugin.call("NetworkDriver.Join", {})
    assert clock.slept == [1, 2, 4, 8]


@fast
def test_a_plugin_that_hangs_up_is_tried_again_too(tmp_path: Path) -> None:
    clock = FakeClock()
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(str(tmp_path / "p.sock"))
        end.listen(8)

        heads: list[bytes] = []

        def hang_up() -> None:
            for _ in range(5):
                with end.accept()[0] as asking:
                    heads.append(asking.recv(4096))

        threading.Thread(target=hang_up, daemon=True).start()
        plugin = Plugin("p", f"unix://{tmp_path}/p.sock", VERSIONS["28.5"], clock)
        with pytest.raises(PluginFailure, match='Join": EOF$'):
            plugin.call("NetworkDriver.Join", {"NetworkID": "n"})
    assert clock.slept == [1, 2, 4, 8]
    assert b"Content-Length: 0" not in heads[0]
    assert all(b"Content-Length: 0" in head for head in heads[1:]), "the body is sent once"


@fast
def test_keys_are_found_whatever_their_case() -> None:
    assert field({"interfacename": 1}, "InterfaceName") == 1
    assert field({"A": 1, "a": 2}, "a") == 2
    assert field(None, "A") is None


@fast
def test_a_plugin_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match='plugin "nope" not found'):
        Plugins((tmp_path,), VERSIONS["28.5"], FakeClock()).get("nope")


@pytest.mark.parametrize("kind", ["spec", "json"])
@in_lab
def test_a_plugin_may_be_named_by_a_file(kind: str) -> None:
    with bench() as lab:
        address = f"unix://{lab.plugins}/elsewhere"
        (lab.plugins / "recorder.sock").rename(lab.plugins / "elsewhere")
        text = f"{address}\n" if kind == "spec" else json.dumps({"Name": "recorder", "Addr": address})
        (lab.plugins / f"recorder.{kind}").write_text(text)
        lab.network("n")
        assert lab.routes()[:2] == ["Plugin.Activate".rpartition(".")[2], "GetCapabilities"]
        (lab.plugins / "elsewhere").rename(lab.plugins / "recorder.sock")


@in_lab
def test_a_plugin_is_asked_who_it_is_only_once() -> None:
    with bench() as lab:
        lab.network("a")
        lab.network("b")
        assert lab.routes().count("Activate") == lab.routes().count("GetCapabilities") == 1


@pytest.mark.parametrize(
    ("capabilities", "error"),
    [({"Scope": "galactic"}, "could not resolve driver"), ({"Scope": "global"}, "not a swarm manager")],
)
@in_lab
def test_a_scope_that_is_no_use_here_is_refused(capabilities: dict[str, Any], error: str) -> None:
    with bench(capabilities=capabilities) as lab, pytest.raises(EngineError, match=error):
        lab.network("n")


@in_lab
def test_a_plugin_may_do_without_gateway_addresses() -> None:
    with bench() as lab:
        usual = lab.recorder.answer

        def skips(path: str, body: Any) -> tuple[int, Any]:
            return (200, {"SkipIPv4": True}) if path.endswith("GwAllocCheck") else usual(path, body)

        lab.recorder.answer = skips
        lab.network("n", "10.9.0.0/24", nogw="1")
        assert lab.recorder.calls[-1]["body"]["IPv4Data"] == [{"AddressSpace": "LocalDefault", "Pool": "10.9.0.0/24"}]
        lab.run("box", "n")
        created = next(call for call in lab.recorder.calls if call["path"].endswith("CreateEndpoint"))
        assert created["body"]["Interface"]["Address"] == "10.9.0.1/24"


@in_lab
def test_an_err_from_delete_network_is_only_logged_and_the_subnet_is_free_again() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24", fail="DeleteNetwork")
        lab.api.delete("/networks/n")
        lab.network("n", "10.9.0.0/24")


@in_lab
def test_a_network_whose_making_failed_leaves_name_and_subnet_free() -> None:
    with bench() as lab:
        with pytest.raises(EngineError, match="^remote: told to fail at CreateNetwork$"):
            lab.network("n", "10.9.0.0/24", fail="CreateNetwork")
        lab.network("n", "10.9.0.0/24")


@in_lab
def test_a_network_in_use_is_not_removed() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        lab.run("box", "n")
        with pytest.raises(EngineError, match='network n has active endpoints \\(name:"box" id:'):
            lab.api.delete("/networks/n")
        lab.api.delete("/containers/box", force="1")
        lab.api.delete("/networks/n")
        assert lab.routes()[-1] == "DeleteNetwork"


@pytest.mark.parametrize("route", ["RevokeExternalConnectivity", "Leave", "DeleteEndpoint", "DeleteNetwork"])
@pytest.mark.parametrize("version", sorted(VERSIONS))
@in_lab
def test_an_err_while_removing_is_only_logged_and_the_commands_succeed(version: str, route: str) -> None:
    def docker(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(commands, ["-H", str(lab.socket), *words], standalone_mode=False)
        return result.return_value or 0, result.output

    with bench(version) as lab:
        lab.network("n", "10.9.0.0/24", fail=route)
        lab.run("box", "n")
        assert docker("rm", "-f", "box") == (0, "box\n")
        assert lab.routes()[-3:] == ["RevokeExternalConnectivity", "Leave", "DeleteEndpoint"]
        assert docker("network", "rm", "n") == (0, "n\n")
        assert lab.routes()[-1] == "DeleteNetwork"
        lab.network("n", "10.9.0.0/24")
        lab.run("box", "n")
        assert lab.execute("box", "ip", "-o", "-4", "addr", "show", "eth0")[1].split()[3] == "10.9.0.2/24"


@in_lab
def test_removing_by_force_forgives_only_what_is_not_there() -> None:
    def docker(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(commands, ["-H", str(lab.socket), *words], standalone_mode=False)
        return result.return_value or 0, result.output

    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        lab.run("box", "n")
        assert docker("network", "rm", "-f", "nowhere")[0] == 0
        code, text = docker("network", "rm", "-f", "n")
        assert code == 1 and "has active endpoints" in text
        code, text = docker("network", "rm", "nowhere")
        assert code == 1 and "network nowhere not found" in text


@fast
def test_a_plugin_that_was_given_up_is_called_no_more(tmp_path: Path) -> None:
    server = Answers(tmp_path / "p.sock", "200 OK", "{}")
    plugin = Plugin("p", f"unix://{tmp_path}/p.sock", VERSIONS["28.5"], FakeClock())
    assert plugin.call("NetworkDriver.Join", {}) == {}
    plugin.give_up()
    with pytest.raises(PluginFailure, match=r"^NetworkDriver\.Join: the engine does not wait"):
        plugin.call("NetworkDriver.Join", {})
    server.end.close()
