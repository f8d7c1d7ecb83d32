"""Containers in the lab: where their links are, what they are called, what is left of them."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.lab.inside import Bench, bench, in_lab
from workshop.engine_api import EngineError

VERSIONS = ("20.10", "26.1", "28.5")


def interfaces(lab: Bench, container: str) -> dict[str, str]:
    """Names of a container's interfaces, with their IPv4 addresses."""
    _, text = lab.execute(container, "ip", "-o", "-4", "addr")
    lines = [line.split() for line in text.splitlines()]
    return {words[1]: words[3] for words in lines if words[1] != "lo"}


@pytest.mark.parametrize("version", VERSIONS)
@in_lab
def test_a_reconnected_interface_gets_the_versions_next_name(version: str) -> None:
    with bench(version) as lab:
        for number in (1, 2):
            lab.network(f"n{number}", f"10.{number}.0.0/24")
        lab.run("box", "n1")
        lab.api.post("/networks/n2/connect", {"Container": "box"})
        assert interfaces(lab, "box") == {"eth0": "10.1.0.2/24", "eth1": "10.2.0.2/24"}
        lab.api.post("/networks/n1/disconnect", {"Container": "box"})
        lab.api.post("/networks/n1/connect", {"Container": "box"})
        again = "eth0" if version == "28.5" else "eth2"
        assert interfaces(lab, "box") == {again: "10.1.0.2/24", "eth1": "10.2.0.2/24"}


@pytest.mark.parametrize("version", VERSIONS)
@in_lab
def test_a_container_with_two_networks_gets_them_back_when_it_starts_again(version: str) -> None:
    with bench(version) as lab:
        lab.network("n1", "10.1.0.0/24")
        lab.network("n2", "10.2.0.0/24")
        lab.run("box", "n1")
        lab.api.post("/networks/n2/connect", {"Container": "box", "EndpointConfig": {"Aliases": ["web"]}})
        start = len(lab.recorder.calls)
        lab.api.post("/containers/box/stop", t="0")
        # the real engines were seen to hand external connectivity on to the network that is left for a moment
        stopped = "RevokeExternalConnectivity Leave ProgramExternalConnectivity DeleteEndpoint"
        assert lab.routes(start) == f"{stopped} RevokeExternalConnectivity Leave DeleteEndpoint".split()
        lab.api.post("/containers/box/start")
        assert sorted(interfaces(lab, "box").values()) == ["10.1.0.2/24", "10.2.0.2/24"]
        _, routes = lab.execute("box", "ip", "route")
        assert "default via 10.1.0.1" in routes, "n1 comes before n2"


@pytest.mark.parametrize("version", VERSIONS)
@in_lab
def test_a_static_mac_and_address_arrive_in_the_container(version: str) -> None:
    with bench(version) as lab:
        lab.network("n", "10.9.0.0/24")
        wish = {"MacAddress": "02:42:0a:09:00:32", "IPAMConfig": {"IPv4Address": "10.9.0.50"}}
        lab.run("box", "n", endpoint=wish)
        created = next(call for call in lab.recorder.calls if call["path"].endswith("CreateEndpoint"))
        assert created["body"]["Interface"]["MacAddress"] == "02:42:0a:09:00:32"
        assert created["body"]["Options"]["com.docker.network.endpoint.macaddress"] == "AkIKCQAy"
        assert "02:42:0a:09:00:32" in lab.execute("box", "ip", "link")[1]
        assert interfaces(lab, "box") == {"eth0": "10.9.0.50/24"}


@in_lab
def test_containers_find_each_other_by_name_alias_and_short_id_while_they_run() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        lab.network("other", "10.8.0.0/24")
        lab.run("asks", "n")
        key = lab.run("web", "n", endpoint={"Aliases": ["shop"]})
        lab.run("far", "other")

        def found(name: str) -> str:
            return lab.execute("asks", "getent", "hosts", name)[1].split(" ")[0]

        assert [found("web"), found("shop"), found(key[:12])] == ["10.9.0.3"] * 3
        assert found("far") == ""
        lab.api.post("/networks/n/connect", {"Container": "far"})
        assert found("far") == "10.9.0.4"
        lab.api.delete("/containers/web", force="1")
        assert found("web") == "" and found("asks") == "10.9.0.2"


@in_lab
def test_a_container_has_a_name_files_and_processes_of_its_own() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        lab.run("box", "n", Hostname="shop", Env=["MOOD=good"])
        assert lab.execute("box", "hostname")[1].strip() == "shop"
        assert lab.execute("box", "cat", "/etc/hosts")[1].splitlines()[-1].split() == [
            "10.9.0.2",
            "box",
            lab.engine.containers.find("box").short_id,
        ]
        assert lab.execute("box", "sh", "-c", "echo $MOOD; cat /proc/1/comm")[1].split() == ["good", "sleep"]
        assert lab.execute("box", "sh", "-c", "exit 7") == (7, "")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("route", ["CreateEndpoint", "Join", "ProgramExternalConnectivity", "EndpointOperInfo"])
@in_lab
def test_a_container_whose_start_failed_leaves_nothing(version: str, route: str) -> None:
    with bench(version) as lab:
        before = lab.links()
        lab.network("n", "10.9.0.0/24", fail=route)
        carries_on = version == "28.5" and route == "EndpointOperInfo"
        if carries_on:
            lab.run("box", "n")
            return
        with pytest.raises(EngineError, match=f"told to fail at {route}"):
            lab.run("box", "n")
        assert lab.links() == before
        assert lab.api.get("/networks/n")["Containers"] == {}
        assert lab.api.get("/containers/box/json")["State"]["Status"] == "created"
        lab.network("good", "10.8.0.0/24")
        lab.api.delete("/containers/box")
        lab.run("dox", "good")
        assert interfaces(lab, "dox") == {"eth0": "10.8.0.2/24"}


@pytest.mark.parametrize("version", VERSIONS)
@in_lab
def test_a_link_that_cannot_be_named_goes_back_to_the_host(version: str) -> None:
    with bench(version) as lab:
        before = lab.links()
        lab.network("n", "10.9.0.0/24", prefix="averyveryverylongprefix")
        with pytest.raises(EngineError, match="numerical result out of range"):
            lab.run("box", "n")
        assert lab.links() == before, "DeleteEndpoint finds the link where it made it"


@pytest.mark.parametrize("version", VERSIONS)
@in_lab
def test_answers_that_make_no_sense_are_refused_in_words(version: str) -> None:
    answers: dict[str, tuple[str, Any, str]] = {
        "mac": ("CreateEndpoint", {"Interface": {"MacAddress": "zz"}}, "invalid MAC address"),
        "text": ("CreateEndpoint", {"Interface": {"MacAddress": 7}}, "cannot unmarshal number"),
        "list": ("Join", [], "cannot unmarshal array"),
        "routes": ("Join", {"StaticRoutes": "x"}, "cannot unmarshal string"),
        "kind": ("Join", {"StaticRoutes": [{"Destination": "10.0.0.0/8", "RouteType": "x"}]}, "RouteType"),
        "destination": ("Join", {"StaticRoutes": [{"Destination": "x"}]}, "invalid CIDR address: x"),
        "far": ("Join", {"InterfaceName": {"SrcName": "", "DstPrefix": ""}, "Gateway": "1.2.3.4"}, "gateway"),
    }
    with bench(version) as lab:
        usual = lab.recorder.answer
        for number, (name, (route, answer, error)) in enumerate(answers.items()):
            lab.network(name, f"10.{number}.0.0/24")

            def bent(path: str, body: Any, route: str = route, answer: Any = answer) -> tuple[int, Any]:
                return (200, answer) if path.endswith(f".{route}") else usual(path, body)

            lab.recorder.answer = bent
            with pytest.raises(EngineError, match=error):
                lab.run(name, name)
            lab.recorder.answer = usual
            assert lab.api.get(f"/networks/{name}")["Containers"] == {}


@in_lab
def test_keys_of_answers_may_be_written_in_any_case() -> None:
    with bench() as lab:
        usual = lab.recorder.answer

        def lower(value: Any) -> Any:
            if isinstance(value, dict):
                return {key.lower(): lower(entry) for key, entry in value.items()}
            return value

        lab.recorder.answer = lambda path, body: (lambda status, answer: (status, lower(answer)))(*usual(path, body))
        lab.network("n", "10.9.0.0/24")
        lab.run("box", "n")
        assert interfaces(lab, "box") == {"eth0": "10.9.0.2/24"}


@in_lab
def test_twenty_containers_start_side_by_side() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        before, errors = lab.links(), []

        def start(number: int) -> None:
            try:
                lab.run(f"c{number}", "n")
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=start, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not errors
        residents = lab.api.get("/networks/n")["Containers"].values()
        addresses = {resident["IPv4Address"] for resident in residents}
        assert addresses == {f"10.9.0.{last}/24" for last in range(2, 22)}
        begun = time.monotonic()
        lab.engine.stop()
        assert time.monotonic() - begun < 10
        assert lab.links() == before


@in_lab
def test_a_container_held_by_its_plugin_does_not_hold_the_others() -> None:
    with bench() as lab:
        lab.network("slow", "10.1.0.0/24")
        quick = lab.network("quick", "10.2.0.0/24")
        usual, gate = lab.recorder.answer, threading.Event()

        def held(path: str, body: Any) -> tuple[int, Any]:
            if path.endswith("Join") and body["NetworkID"] != quick:
                gate.wait(20)
            return usual(path, body)

        lab.recorder.answer = held
        thread = threading.Thread(target=lab.run, args=("waits", "slow"))
        thread.start()
        try:
            lab.run("passes", "quick")
            assert lab.api.get("/containers/waits/json")["State"]["Status"] == "created"
        finally:
            gate.set()
            thread.join(20)
        assert lab.api.get("/containers/waits/json")["State"]["Status"] == "running"


@in_lab
def test_a_network_without_gateway_has_a_second_interface_that_leads_out() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24", nogw="1")
        lab.run("box", "n")
        assert interfaces(lab, "box") == {"eth0": "10.9.0.2/24", "eth1": "172.18.0.2/16"}
        code, text = lab.execute("box", "ping", "-c", "1", "192.0.2.1")
        assert code == 0, text


@in_lab
def test_the_sandboxs_path_is_its_namespace_while_it_runs() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        lab.run("box", "n")
        key = Path(lab.api.get("/containers/box/json")["NetworkSettings"]["SandboxKey"])
        pid = lab.api.get("/containers/box/json")["State"]["Pid"]
        assert key.stat().st_ino == Path(f"/proc/{pid}/ns/net").stat().st_ino
        lab.api.post("/containers/box/stop", t="0")
        assert not key.exists() and not Path(f"/proc/{pid}").exists()


@in_lab
def test_a_container_that_ends_by_itself_gives_its_endpoint_back() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        key = lab.run("box", "n", "sh", "-c", "exit 5")
        assert lab.api.post(f"/containers/{key}/wait")["StatusCode"] == 5
        assert lab.routes()[-3:] == ["RevokeExternalConnectivity", "Leave", "DeleteEndpoint"]
        assert lab.api.get("/containers/box/json")["State"]["ExitCode"] == 5


@in_lab
def test_events_name_networks_endpoints_and_containers_and_say_what_docker_did() -> None:
    with bench() as lab:
        network = lab.network("n", "10.9.0.0/24")
        key = lab.run("box", "n")
        lab.api.delete("/containers/box", force="1")
        lab.api.delete("/networks/n")
        told = lab.events
        assert {"networks": {network: {"name": "n", "driver": "recorder"}}} in told
        states = [event["containers"][key] for event in told if key in event.get("containers", {})]
        assert [state and state["state"] for state in states] == ["created", "running", "exited", None]
        endpoints = [event["endpoints"] for event in told if "endpoints" in event]
        assert [list(entry.values())[0] is None for entry in endpoints] == [False, True]
        did = " ".join(event["did"] for event in told if "did" in event)
        assert "as eth0 and gave it" in did and "10.9.0.1 on n the default gateway" in did and "returned eth0" in did
        assert told[-1] == {"networks": {network: None}}
        assert json.dumps(told)
