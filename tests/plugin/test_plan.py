"""What is shown as the reference driver's plan is what it then does: names, addresses, what is plugged into what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.life import ENDPOINT, NAMED, NETWORK, whole_life
from tests.support.on_parent import PARENT, lay_cable
from workshop.drivers.options import GENERIC
from workshop.drivers.plan import plan
from workshop.kernel import programs
from workshop.kernel.kernel import Kernel

pytestmark = pytest.mark.kernel
NAMES = {
    "CreateNetwork": "create_network",
    "CreateEndpoint": "create_endpoint",
    "Join": "join",
    "Leave": "leave",
    "DeleteEndpoint": "delete_endpoint",
    "DeleteNetwork": "delete_network",
}
GATEWAY = f"wsg{NETWORK[:10]}"
UPLINK = "link set p0 name eth0\naddr add 192.0.2.10/24 dev eth0\nroute add default via 192.0.2.1\n"


def named(parts: list[dict[str, Any]], op: str) -> set[str]:
    """The links on the host that a plan adds or removes: in a network's namespace, only a pair's one end is there."""
    return {
        name
        for part in parts
        if part["op"] == op
        for name in (part["name"] if "within" not in part else None, part.get("peer"))
        if name
    }


def address_of(kernel: Kernel, link: str) -> set[str]:
    found = kernel.get_addr(index=kernel.index(link), family=2)
    return {f"{each.get('address')}/{each['prefixlen']}" for each in found}


@pytest.mark.parametrize(
    "options",
    [
        {},
        NAMED,
        {GENERIC: {"gateway": "false", "prefix": "net"}},
        {GENERIC: {"type": "vxlan"}},
        {GENERIC: {"type": "vxlan", "namespace": "own"}},
        {GENERIC: {"type": "routed"}},
        {GENERIC: {"type": "macvlan", "parent": PARENT}},
    ],
    ids=["bridge", "named", "no gateway", "vxlan", "vxlan in its own namespace", "routed", "macvlan"],
)
def test_the_driver_does_what_its_plan_says(place, options: dict[str, Any]):
    served = place[0](driver="all")
    host = served.plugin.host
    lay_cable(host.kernel)
    if (options.get(GENERIC) or {}).get("type") == "vxlan":
        programs.run(served.namespace, "ip", "-batch", "-", given=UPLINK)
    for method, request in whole_life(options):
        if method not in NAMES:
            continue
        parts, before = plan(NAMES[method], request, host), served.links() - {GATEWAY}
        answer = served.call(method, **request)
        assert answer["status"] == 200 and "Err" not in answer
        after = served.links() - {
            GATEWAY
        }  # which is no part: what stands for the bridge on the host, once there is one
        assert named(parts, "add") == after - before, method
        assert named(parts, "remove") == before - after, method
        for part in parts:
            kernel = (host.rooms.kernel(NETWORK) if "within" in part else None) or host.kernel
            if part["op"] == "add" and part.get("on"):
                field = "master" if part["what"] in ("pair", "tunnel") else "link"
                assert kernel.find(part["name"]).get(field) == kernel.index(part["on"])
            if part["what"] == "bridge" and part["op"] == "add":
                assert set(part["addresses"]) == address_of(kernel, part["name"])
            if "within" in part and part["op"] == "add":
                assert host.rooms.path(NETWORK).name == part["within"] and kernel is not host.kernel
            if part["op"] == "move":
                assert answer["InterfaceName"] == {"SrcName": part["name"], "DstPrefix": part["prefix"]}
                assert not part["gateways"] or part["gateways"] == [answer["Gateway"]]
                assert part["addresses"] == ["10.9.0.2/24"]


def test_there_is_no_plan_for_what_is_not_known_or_wrong(place):
    host = place[0](driver="all").plugin.host
    assert plan("join", {"NetworkID": NETWORK, "EndpointID": ENDPOINT}, host) == []
    assert plan("activate", {}, host) == []
    wrong = {"NetworkID": NETWORK, "IPv4Data": [], "Options": {GENERIC: {"type": "nonsense"}}}
    assert plan("create_network", wrong, host) == []
    assert plan("create_network", {**wrong, "Options": {GENERIC: {"mtu": "tiny"}}}, host) == []
