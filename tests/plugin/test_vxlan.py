"""A plugin with tunnels: what it finds again after its end, however it ended, and what is found of it without it."""

from __future__ import annotations

import pytest

from tests.support.served import Served
from workshop.drivers.leftovers import find, remove
from workshop.kernel import programs
from workshop.plugin.keeper import Keeper

pytestmark = pytest.mark.kernel
NETWORK, OTHER, ENDPOINT = "5a" * 32, "6b" * 32, "e1" * 32
BRIDGE, TUNNEL = "wsb5a5a5a5a5a", "wst5a5a5a5a5a"
HERE, PEER, LATER = "192.0.2.10", "192.0.2.11", "192.0.2.12"
UPLINK = """
link add eth0 type veth peer name far
addr add 192.0.2.10/24 dev eth0
link set far up
link set eth0 up
route add default via 192.0.2.1
"""


@pytest.fixture
def begin(place):
    """Starts a plugin for all kinds of networks, on a host with an uplink."""
    begin, _ = place

    def start(**options) -> Served:
        served = begin(**{"driver": "all", **options})
        if "eth0" not in served.links():
            programs.run(served.namespace, "ip", "-batch", "-", given=UPLINK)
        return served

    return start


def create(served: Served, network: str = NETWORK, second: int = 9, **given: str) -> dict:
    pool = {"Pool": f"10.{second}.0.0/24", "Gateway": f"10.{second}.0.1/24"}
    options = {"com.docker.network.generic": {"type": "vxlan", **given}}
    return served.call("CreateNetwork", NetworkID=network, Options=options, IPv4Data=[pool])


def node(served: Served, address: str, *, gone: bool = False, here: bool = False) -> None:
    route = "DiscoverDelete" if gone else "DiscoverNew"
    data = {"Address": address, "BindAddress": "", "Self": here}
    assert served.call(route, DiscoveryType=1, DiscoveryData=data) == {"status": 200}


def peers(served: Served, tunnel: str = TUNNEL) -> set[str]:
    told = programs.run(served.namespace, "bridge", "fdb", "show", "dev", tunnel)
    return {line.split()[2] for line in told.splitlines() if line.startswith("00:00:00:00:00:00")}


def stored(served: Served) -> dict[str, list[str]]:
    store = served.plugin.host.store
    return {name: list(getattr(store, name)) for name in ("networks", "endpoints", "calls", "tunnels", "nodes")}


NOTHING: dict[str, list[str]] = {"networks": [], "endpoints": [], "calls": [], "tunnels": [], "nodes": []}


def test_nodes_tunnels_and_vnis_survive_a_restart(begin, place):
    first = begin()
    node(first, HERE, here=True)
    node(first, PEER)
    assert create(first, vni="42", peers=LATER) == {"status": 200}
    first.call("AllocateNetwork", NetworkID=OTHER, Options={"type": "vxlan", "vni": "43"})
    before = first.links(), peers(first), stored(first)
    assert before[1] == {PEER, LATER}
    place[1](first)
    second = begin()
    assert (second.links(), peers(second), stored(second)) == before
    assert create(second, "7c" * 32, 10, vni="44") == {"status": 200}
    assert peers(second, "wst7c7c7c7c7c") == {PEER}, "Docker does not tell a plugin again what it has told it"
    assert "VNI 43 is taken by the network 6b6b6b6b6b6b" in create(second, "8d" * 32, 11, vni="43")["Err"]
    node(second, PEER, gone=True)
    assert peers(second) == {LATER}


def test_what_a_host_lost_while_the_plugin_was_away_is_made_again(begin, place):
    first = begin()
    node(first, PEER)
    create(first, vni="42")
    first.call("CreateEndpoint", NetworkID=NETWORK, EndpointID=ENDPOINT, Interface={"Address": "10.9.0.2/24"})
    first.plugin.host.kernel.remove(TUNNEL)
    first.plugin.host.kernel.remove(BRIDGE)
    place[1](first)
    second = begin()
    kernel = second.plugin.host.kernel
    assert peers(second) == {PEER}
    assert kernel.find("wshe1e1e1e1e1").get("master") == kernel.find(TUNNEL).get("master") == kernel.index(BRIDGE)
    texts = [event.data["text"] for event in second.journal.since(0) if event.kind == "notice"]
    assert [text for text in texts if f"made {TUNNEL} again" in text]


def test_a_network_whose_making_was_cut_short_is_taken_back_with_its_vni(begin, place):
    first = begin()
    create(first, vni="42")
    store = first.plugin.host.store
    store.networks.drop(NETWORK)  # as if the plugin had died before it could remember it
    store.calls.put("one", {"route": "create_network", "NetworkID": NETWORK, "EndpointID": None})
    place[1](first)
    second = begin()
    assert second.links() == {"eth0", "far"}
    assert stored(second) == NOTHING
    assert create(second, OTHER, vni="42") == {"status": 200}


def test_tunnels_that_are_half_made_or_of_networks_that_nobody_remembers_are_removed(begin, place):
    first = begin()
    create(first, vni="42")
    kernel = first.plugin.host.kernel
    tunnel = {"kind": "vxlan", "vxlan_port": 4789, "vxlan_local": HERE}
    kernel.link("add", ifname="wst0123456789", vxlan_id=1, **tunnel)
    kernel.link("add", ifname="wstfeedfeedfe", vxlan_id=2, **tunnel)
    kernel.link("set", index=kernel.index("wstfeedfeedfe"), ifalias=f"workshop network {'feed' * 16}")
    kernel.link("add", ifname="theirs", vxlan_id=3, **tunnel)
    place[1](first)
    assert begin().links() == {"eth0", "far", BRIDGE, TUNNEL, "theirs"}


def test_a_bridge_and_a_tunnel_live_side_by_side_and_only_tunnels_have_peers(begin):
    served = begin()
    plain = {"NetworkID": OTHER, "IPv4Data": [{"Pool": "10.10.0.0/24", "Gateway": "10.10.0.1/24"}]}
    assert served.call("CreateNetwork", **plain) == {"status": 200}
    assert create(served) == {"status": 200}
    node(served, PEER)
    assert served.links() == {"eth0", "far", BRIDGE, TUNNEL, "wsb6b6b6b6b6b"}
    assert peers(served) == {PEER}
    for network in (NETWORK, OTHER):
        assert served.call("FreeNetwork", NetworkID=network) == {"status": 200}
        assert served.call("DeleteNetwork", NetworkID=network) == {"status": 200}
        assert served.call("DeleteNetwork", NetworkID=network) == {"status": 200}
    node(served, PEER, gone=True)
    assert served.links() == {"eth0", "far"}
    assert stored(served) == NOTHING
    assert programs.run(served.namespace, "nft", "list", "ruleset") == ""


def test_the_keeper_lets_the_bridge_answer_for_containers_that_were_learned_of(begin):
    served = begin()
    node(served, PEER)
    create(served, proxy_arp="true")
    learned = f"bridge fdb add 02:42:0a:09:00:03 dev {TUNNEL} dst {PEER} self dynamic"
    programs.run(served.namespace, *learned.split())
    Keeper(served.plugin.host, served.plugin._driver.look_after).look()
    known = programs.run(served.namespace, "ip", "neigh", "show", "dev", BRIDGE)
    assert known.split() == ["10.9.0.3", "lladdr", "02:42:0a:09:00:03", "PERMANENT"]
    programs.run(served.namespace, *learned.replace(" add ", " del ").split()[:-1])
    Keeper(served.plugin.host, served.plugin._driver.look_after).look()
    assert programs.run(served.namespace, "ip", "neigh", "show", "dev", BRIDGE) == ""


def test_cleanup_finds_tunnels_vnis_and_nodes(begin, place):
    served = begin()
    node(served, HERE, here=True)
    node(served, PEER)
    create(served, vni="42")
    place[1](served)

    def look(then):
        folder = served.state
        with find("workshop", folder / "store.db", folder / "run", folder / "spec") as found:
            then(found)
            return [(item.kind, item.name, item.about) for item in found.items]

    found = served.namespace.run(lambda: look(remove))
    assert ("tunnel", NETWORK[:12], "VNI 42, created") in found
    assert {("node", HERE, "this one"), ("node", PEER, "another, remembered")} <= set(found)
    assert ("link", TUNNEL, f"network {NETWORK[:12]}") in found
    assert served.namespace.run(lambda: look(lambda found: None)) == []
    again = begin()
    assert again.links() == {"eth0", "far"}
    assert stored(again) == NOTHING
