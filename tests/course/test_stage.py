"""The stage: the reference driver goes on with what the learner made, and nothing stays when it ends."""

from __future__ import annotations

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.course.staged import BRIDGE, staged, told
from tests.lab.inside import in_lab
from tests.support.shell import until
from workshop.course.view import View
from workshop.errors import WorkshopError

pytestmark = pytest.mark.lab

TWO_CONTAINERS = """
    @scenario("one", checks=["bridge", "up"])
    def one(run):
        made, bridge = network(run)
        a, b = run.docker.run("aa", made), run.docker.run("bb", made)
        masters = {link.master.name for link in run.look().links if link.elsewhere and link.master}
        run.check("bridge", masters == {bridge.name}, expected=f"both on {bridge.name}", seen=str(masters))
        run.check_ping("up", a, b)
        run.check_ping("up", a, "10.90.1.1")
        run.check_ping("up", b, "192.0.2.1")
        run.docker.remove(a)
        run.docker.remove(b)
        run.docker.remove_network(made)
        run.check("bridge", not run.look().at(bridge.index), expected="no bridge", seen=run.told(run.look().links))
"""
PAIR = """
def create_endpoint(request, host):
    short = request["EndpointID"][:8]
    bridge = next(link["index"] for link in host.kernel.get_links(kind="bridge") if "wsb" in link.get("ifname"))
    host.kernel.link("add", ifname="in" + short, kind="veth", peer={"ifname": "out" + short})
    out = host.kernel.link_lookup(ifname="out" + short)[0]
    host.kernel.link("set", index=out, master=bridge, state="up")
    return {"Interface": {}}
"""


@in_lab
def test_the_driver_plugs_containers_into_the_learners_bridge() -> None:
    with staged(TWO_CONTAINERS) as tried:
        verdict = tried.judge(BRIDGE)
        assert verdict.passed, told(verdict)


@in_lab
def test_the_driver_gives_docker_the_learners_links() -> None:
    with staged(TWO_CONTAINERS, "create_endpoint") as tried:
        verdict = tried.judge(PAIR)
        assert verdict.passed, told(verdict)


@pytest.mark.parametrize("order", ["host end first", "container end first"])
@in_lab
def test_which_end_is_for_the_container_does_not_depend_on_the_order(order: str) -> None:
    handler = PAIR if order == "container end first" else PAIR.replace('"in"', '"tmp"').replace('"out"', '"in"')
    with staged(TWO_CONTAINERS, "create_endpoint") as tried:
        verdict = tried.judge(handler)
        assert verdict.passed, told(verdict)


@in_lab
def test_a_whole_driver_of_the_learners_goes_on_by_itself() -> None:
    handler = (
        BRIDGE
        + PAIR.replace('"wsb"', '"x"')
        + """
def join(request, host):
    gateway = host.network(request["NetworkID"])["IPv4Data"][0]["Gateway"].split("/")[0]
    name = "in" + request["EndpointID"][:8]
    return {"InterfaceName": {"SrcName": name, "DstPrefix": "eth"}, "Gateway": gateway}

def delete_endpoint(request, host):
    remove(host, "out" + request["EndpointID"][:8])
    return {}

def delete_network(request, host):
    remove(host, "x" + request["NetworkID"][:12])
    return {}

def remove(host, name):
    for index in host.kernel.link_lookup(ifname=name):
        host.kernel.link("del", index=index)
"""
    )
    with staged(TWO_CONTAINERS) as tried:
        verdict = tried.judge(handler)
        assert verdict.passed, told(verdict)
        assert not [
            link for link in View(tried.stage.stations[0].eyes).links if link.kind == "veth" and link.name != "eth0"
        ]


@in_lab
def test_networks_that_are_made_at_once_keep_their_own_links() -> None:
    scenarios = """
        from concurrent.futures import ThreadPoolExecutor

        @scenario("one", checks=["bridge"])
        def one(run):
            make = lambda n: run.docker.create_network(f"n{n}", subnet=f"10.90.{n}.0/24")
            with ThreadPoolExecutor(4) as pool:
                made = list(pool.map(make, range(1, 5)))
            run.docker.remove_network(made[1])
            left = {each for link in run.look().links if link.kind == "bridge" for each in link.addresses_of(4)}
            wanted = {"10.90.1.1/24", "10.90.3.1/24", "10.90.4.1/24"}
            run.check("bridge", left >= wanted and "10.90.2.1/24" not in left, expected=str(wanted), seen=str(left))
    """
    with staged(scenarios) as tried:
        verdict = tried.judge(BRIDGE)
        assert verdict.passed, told(verdict)


@in_lab
def test_links_that_the_learner_does_not_remove_are_not_removed_for_them() -> None:
    scenarios = """
        @scenario("one", checks=["bridge", "up"])
        def one(run):
            made, bridge = network(run)
            run.docker.remove_network(made)
            run.check("up", not run.look().at(bridge.index), seen=run.told(run.look().links))
    """
    with staged(scenarios) as tried:
        assert tried.judge(BRIDGE).passed, "the driver's DeleteNetwork removes them"
        verdict = tried.judge(BRIDGE + "\ndef delete_network(request, host):\n    return {}\n")
        assert [each.check for each in verdict.findings] == ["up", "left_behind"]


@in_lab
def test_a_network_that_was_made_without_a_bridge_is_said_so() -> None:
    scenarios = """
        @scenario("one", checks=["bridge"])
        def one(run):
            run.docker.run("aa", run.docker.create_network("n", subnet="10.90.1.0/24"))
    """
    with staged(scenarios) as tried:
        verdict = tried.judge("def create_network(request, host):\n    return {}\n")
        assert verdict.findings[0].docker is not None
        assert (
            "this network has no bridge to plug a container into: create_network made nothing"
            in verdict.findings[0].docker
        )


@in_lab
def test_an_option_that_only_the_learner_takes_does_not_stop_the_removal() -> None:
    scenarios = """
        @scenario("one", checks=["bridge"])
        def one(run):
            run.docker.create_network("n", subnet="10.90.1.0/24", options={"mtu": "very large"})
            run.check("bridge", True)
    """
    with staged(scenarios, engine="26.1") as tried:  # 28.5 asks the driver before, and it refuses
        verdict = tried.judge(BRIDGE)
        assert verdict.passed, told(verdict)


@in_lab
def test_without_a_driver_nothing_is_let_through() -> None:
    scenarios = """
        @scenario("one", checks=["up"])
        def one(run):
            made = run.docker.create_network("n", subnet="10.90.1.0/24")
            a, b = run.docker.run("aa", made), run.docker.run("bb", made)
            run.check_ping("up", a, b)
    """
    handler = (
        BRIDGE
        + PAIR.replace('"wsb"', '"x"')
        + """
def join(request, host):
    return {"InterfaceName": {"SrcName": "in" + request["EndpointID"][:8], "DstPrefix": "eth"}}

def delete_endpoint(request, host):
    host.kernel.link("del", index=host.kernel.link_lookup(ifname="out" + request["EndpointID"][:8])[0])
    return {}

def delete_network(request, host):
    host.kernel.link("del", index=host.kernel.link_lookup(ifname="x" + request["NetworkID"][:12])[0])
    return {}
"""
    )
    with staged(scenarios, driver="null") as tried:
        (finding,) = tried.judge(handler).findings
        assert finding.check == "up" and finding.expected.startswith("forward chain") and "policy drop" in finding.seen


@in_lab
def test_a_port_that_the_driver_publishes_is_reached_from_outside() -> None:
    scenarios = """
        @scenario("one", checks=["up"])
        def one(run):
            made, _ = network(run)
            run.docker.run("web", made, publish=["8080:80"], command=["httpd", "-f", "-p", "80"])
            run.check("up", run.connects(None, run.host_address(), 8080, 5), expected="an answer", seen="none")
    """
    with staged(scenarios.replace('["up"]', '["bridge", "up"]')) as tried:
        verdict = tried.judge(BRIDGE)
        assert verdict.passed, told(verdict)


@in_lab
def test_two_hosts_have_a_docker_a_plugin_and_a_learners_process_each() -> None:
    scenarios = """
        @scenario("one", checks=["bridge", "up"])
        def one(run):
            second = run.second
            run.check("up", (run.host, second.host) == ("alpha", "beta"))
            run.check("up", (run.host_address(), second.host_address()) == ("192.0.2.10", "192.0.2.11"))
            for number, each in enumerate((run, second), 1):
                before = each.look()
                made = each.docker.create_network("n", subnet=f"10.90.{number}.0/24")
                new = [link.addresses_of(4) for link in each.look().new_since(before)]
                run.check("bridge", new == [(f"10.90.{number}.1/24",)], seen=str(new))
                container = each.docker.run("aa", made)
                run.check("up", each.ping(container, "192.0.2.1") is None)
                run.check("up", len(each.calls("create_network")) == 1)
            run.check("up", second.docker.discover("192.0.2.10") == {})
    """
    with staged(scenarios, hosts=2) as tried:
        verdict = tried.judge(BRIDGE)
        assert verdict.passed, told(verdict)
        leak = tried.judge(BRIDGE + "\ndef delete_network(request, host):\n    return {}\n")
        assert [mark["host"] for each in leak.findings for mark in each.left_over] == ["alpha", "beta"]


@in_lab
def test_what_docker_remembers_of_a_plugin_is_asked_anew() -> None:
    scenarios = """
        @scenario("one", checks=["bridge"])
        def one(run):
            run.docker.create_network("n", subnet="10.90.1.0/24")
            run.check("bridge", len(run.calls("activate")) == 1, seen=str(run.calls("activate")))

        @scenario("two", checks=["bridge"])
        def two(run):
            one(run)
    """
    with staged(scenarios, "activate") as tried:
        wrong = tried.judge("def activate(request, host):\n    return {'Implements': ['VolumeDriver']}\n")
        assert "Plugin does not implement the requested driver" in str(wrong.findings[0].docker)
        assert tried.judge("def activate(request, host):\n    return {'Implements': ['NetworkDriver']}\n").passed


@in_lab
def test_what_was_made_by_hand_is_gone_when_the_next_judgement_begins() -> None:
    scenarios = """
        @scenario("one", checks=["bridge"])
        def one(run):
            run.check("bridge", [link.name for link in run.look().links if link.kind == "bridge"] == ["docker0"])
            network(run)
    """
    with staged(scenarios) as tried:
        assert tried.judge(BRIDGE).passed
        docker, (station,) = tried.stage.stations[0].docker, tried.stage.stations
        network = docker.api.post("/networks/create", {"Name": "mine", "Driver": "workshop"})["Id"]
        body = {"Image": "busybox", "Cmd": ["sleep", "600"], "HostConfig": {"NetworkMode": "mine"}}
        docker.api.post(f"/containers/{docker.api.post('/containers/create', body, name='n1')['Id']}/start")
        station.namespace.run(lambda: subprocess.run(["ip", "link", "add", "odd", "type", "bridge"], check=True))
        for _ in range(2):  # it is told once, and nothing of what the judgements made
            assert tried.judge(BRIDGE).passed
            assert network not in station.plugin.host.networks and not station.plugin.host.endpoints
        notices = [event.data["text"] for event in tried.stage.journal.since(0) if event.kind == "notice"]
        assert notices == ["1 network and 1 container that you made were removed for the judgement."]


@in_lab
def test_what_docker_could_not_remove_of_a_judgement_is_not_told_as_the_learner_s() -> None:
    refusing = BRIDGE + "\ndef delete_network(request, host):\n    raise PluginError('No.')\n"
    with staged(TWO_CONTAINERS) as tried:
        for _ in range(2):
            assert not tried.judge("from workshop import PluginError\n" + refusing).passed
        assert not [event for event in tried.stage.journal.since(0) if event.kind == "notice"]


@in_lab
def test_what_the_driver_removes_while_judging_is_really_gone_soon_after() -> None:
    with staged(TWO_CONTAINERS) as tried:
        assert tried.judge(BRIDGE).passed
        (station,) = tried.stage.stations
        deadline = time.monotonic() + 10
        while [row for row in station.eyes.links() if row["name"].startswith("gone")] and time.monotonic() < deadline:
            time.sleep(0.01)
        assert {row["name"] for row in station.eyes.links()} == {"lo", "eth0", "docker0"}


@in_lab
def test_a_tunnel_is_not_put_away_as_its_number_would_stay_taken() -> None:
    handler = """
        def create_network(request, host):
            short = request["NetworkID"][:9]
            host.kernel.link("add", ifname="br" + short, kind="bridge", state="up")
            host.kernel.link("add", ifname="vx" + short, kind="vxlan", vxlan_id=42, vxlan_port=4789)
            return {}
    """
    scenarios = """
        @scenario("twice", checks=["bridge"])
        def twice(run):
            for _ in range(2):
                made, _ = network(run)
                run.docker.remove_network(made)
            run.check("bridge", not [link for link in run.look().links if link.kind == "vxlan"])
    """
    with staged(scenarios) as tried:
        verdict = tried.judge(handler)
        assert verdict.passed, told(verdict)


@in_lab
def test_nodes_that_a_scenario_told_of_leave_when_it_ends_and_nothing_else_does() -> None:
    scenarios = """
        @scenario("one", checks=["up"])
        def one(run):
            run.docker.discover(run.host_address(), self_=True)
            run.docker.discover("203.0.113.7", self_=True, bind=run.host_address())
            for address in ("192.0.2.21", "192.0.2.22"):
                run.docker.discover(address)
            run.docker.discover("192.0.2.22", gone=True)
            run.docker.call("discover_new", {"DiscoveryType": 2, "DiscoveryData": {"Keys": []}})
            run.docker.call("discover_new", {"DiscoveryType": 1, "DiscoveryData": {"Address": "192.0.2.23"}})
            run.docker.discover("192.0.2.24")
            told = [call.request["DiscoveryData"] for call in run.calls("discover_new")]
            mine, behind, other, *_ = told
            here = run.host_address()
            run.check("up", mine == {"Address": here, "BindAddress": here, "Self": True}, seen=str(mine))
            run.check("up", behind["BindAddress"] == "192.0.2.10", seen=str(behind))
            run.check("up", other == {"Address": "192.0.2.21", "BindAddress": "", "Self": False}, seen=str(other))
    """
    handler = """
        def discover_new(request, host):
            return {"Err": "not that one"} if "24" in str(request) else {}

        def discover_delete(request, host):
            print("gone", request["DiscoveryData"]["Address"])
            return {}
    """
    with staged(scenarios, "discover_new", "discover_delete") as tried:
        verdict = tried.judge(handler)
        assert verdict.passed, told(verdict)
        printed = [event.data["text"] for event in tried.stage.journal.since(0) if event.kind == "output"]
        assert printed == ["gone 192.0.2.22", "gone 192.0.2.21", "gone 192.0.2.23"]


@in_lab
def test_a_stage_that_ends_leaves_nothing() -> None:
    def there() -> tuple[list[str], list[str], set[str]]:
        mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout.splitlines()
        processes = {name for name in os.listdir("/proc") if name.isdigit()}  # noqa: PTH208
        return sorted(mounts), [line.split(":")[1] for line in links], processes

    with staged(TWO_CONTAINERS) as tried:
        tried.judge(BRIDGE)
    before = there()
    with staged(TWO_CONTAINERS) as tried:
        tried.judge(BRIDGE)
        tried.judge("import time\n\ndef create_network(request, host):\n    time.sleep(60)\n")
    deadline = time.monotonic() + 10
    while there() != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert there() == before


MACVLAN = """
def create_endpoint(request, host):
    return {}

def join(request, host):
    name = "mine" + request["EndpointID"][:8]
    (eth0,) = host.kernel.link_lookup(ifname="eth0")
    host.kernel.link("add", ifname=name, kind="macvlan", link=eth0, macvlan_mode="passthru")
    return {"InterfaceName": {"SrcName": name, "DstPrefix": "eth"}, "DisableGatewayService": True}
"""
ALONE = """
    @scenario("NAME", checks=["up"])
    def NAME(run):
        one = run.docker.run("aa", run.docker.create_network("n", subnet="10.90.1.0/24"))
        mode = [link.info["mode"] for link in run.inside(one).links if link.kind == "macvlan"]
        run.check("up", mode == ["passthru"], expected="a macvlan", seen=str(mode))
"""


@in_lab
def test_links_that_came_in_join_go_with_their_endpoint_and_leave_their_parent_to_the_next() -> None:
    scenarios = ALONE.replace("NAME", "one") + ALONE.replace("NAME", "two")
    with staged(scenarios, "create_endpoint", "join", driver="null") as tried:
        for _ in range(2):
            verdict = tried.judge(MACVLAN)
            assert verdict.passed, told(verdict)


@in_lab
def test_what_a_learner_s_removal_leaves_is_left_over_with_the_null_driver_too() -> None:
    with staged(ALONE.replace("NAME", "one"), "create_endpoint", "join", driver="null") as tried:
        verdict = tried.judge(MACVLAN + "\ndef delete_endpoint(request, host):\n    return {}\n")
        assert [each.check for each in verdict.findings] == ["left_behind"], told(verdict)


@in_lab
def test_a_file_that_loads_on_the_first_host_alone_is_not_judged() -> None:
    once = "from pathlib import Path\nPath(__file__).with_suffix('.once').mkdir()\n"
    with staged(TWO_CONTAINERS, hosts=2) as tried:
        verdict = tried.judge(once + BRIDGE)
        assert [each.check for each in verdict.findings] == ["loads"], told(verdict)
        assert "FileExistsError" in verdict.findings[0].title


@in_lab
def test_a_judgement_is_held_and_broken_by_no_rule_and_what_is_held_is_let_go_for_it() -> None:
    with staged(TWO_CONTAINERS) as tried:
        (station,) = tried.stage.stations
        gate = station.plugin.pipeline.gate
        gate.add()
        gate.add(fault="err")
        docker = station.docker
        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(docker.api.post, "/networks/create", {"Name": "mine", "Driver": "workshop"})
            assert until(lambda: bool(gate.state()["held"]), 5)
            assert tried.judge(BRIDGE).passed
            with pytest.raises(WorkshopError, match="held when code was judged"):
                held.result(10)
        assert len(gate.state()["rules"]) == 2, "afterwards they are there as before"
        gate.remove(None)
