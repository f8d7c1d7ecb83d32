"""Our reading of the kernel's messages says what pyroute2's does; sockets keep no namespace alive."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Iterator

import pytest
from pyroute2 import IPRoute

from workshop.kernel.namespaces import Namespace
from workshop.topology.sockets import Asker, Listener, is_loss

pytestmark = pytest.mark.kernel


@pytest.fixture
def spaces() -> Iterator[tuple[Namespace, Namespace]]:
    pair = Namespace.create(), Namespace.create()
    yield pair
    for each in pair:
        each.close()


def _network(inner: Namespace) -> None:
    with IPRoute() as ip:
        ip.link("add", ifname="ws-br", kind="bridge", address="02:00:00:00:00:01", state="up")
        bridge = ip.link_lookup(ifname="ws-br")[0]
        ip.addr("add", index=bridge, address="10.9.0.1", prefixlen=24)
        ip.addr("add", index=bridge, address="fd00:9::1", prefixlen=64)
        ip.link("add", ifname="ws-a", kind="veth", peer={"ifname": "ws-b"}, master=bridge, state="up")
        ip.link("set", index=ip.link_lookup(ifname="ws-a")[0], IFLA_IFALIAS="workshop endpoint 12")
        ip.link("set", index=ip.link_lookup(ifname="ws-b")[0], net_ns_fd=inner.descriptor)
        ip.route("add", dst="10.8.0.0/16", gateway="10.9.0.9")
        ip.route("add", dst="default", gateway="10.9.0.254", priority=7)
        ip.route("add", dst="10.7.0.0/16", multipath=[{"gateway": "10.9.0.7"}, {"gateway": "10.9.0.8"}])
        ip.neigh("add", dst="10.9.0.9", lladdr="02:00:00:00:00:09", ifindex=bridge, state="permanent")


def test_a_dump_says_of_links_addresses_and_routes_what_pyroute2_says(
    spaces: tuple[Namespace, Namespace],
) -> None:
    outer, inner = spaces
    outer.run(lambda: _network(inner))
    with Asker(outer) as ask:
        found = ask.dump()

    def theirs() -> tuple[list, list, list]:
        with IPRoute() as ip:
            return list(ip.get_links()), list(ip.get_addr()), list(ip.get_routes(table=254))

    links, addresses, routes = outer.run(theirs)
    ours = {each.index: each.value for each in found if each.what == "link"}
    assert len(ours) == 2, "the loopback is left out"
    for link in links:
        if link["index"] not in ours:
            assert link.get("IFLA_IFNAME") == "lo"
            continue
        value = ours[link["index"]]
        info = link.get("IFLA_LINKINFO")
        assert value["name"] == link.get("IFLA_IFNAME")
        assert value["kind"] == info.get("IFLA_INFO_KIND")
        assert (value["mac"], value["mtu"]) == (link.get("IFLA_ADDRESS"), link.get("IFLA_MTU"))
        assert (value["master"], value["alias"]) == (link.get("IFLA_MASTER"), link.get("IFLA_IFALIAS"))
        assert (value["other"], value["other_nsid"]) == (link.get("IFLA_LINK"), link.get("IFLA_LINK_NETNSID"))
        assert (value["state"] == "down") == (not link["flags"] & 1)
    assert sorted(each.value["address"] for each in found if each.what == "address") == sorted(
        f"{each.get('IFA_ADDRESS')}/{each['prefixlen']}"
        for each in addresses
        if not each.get("IFA_ADDRESS").startswith("fe80")
    )
    told = {(each.value["dst"], each.value["gateway"]) for each in found if each.what == "route"}
    assert {("default", "10.9.0.254"), ("10.8.0.0/16", "10.9.0.9"), ("10.9.0.0/24", None)} <= told
    assert {("10.7.0.0/16", "10.9.0.7"), ("10.7.0.0/16", "10.9.0.8")} <= told
    single = {
        (f"{r.get('RTA_DST')}/{r['dst_len']}" if r.get("RTA_DST") else "default", r.get("RTA_GATEWAY"))
        for r in routes
        if not r.get("RTA_MULTIPATH") and not (r.get("RTA_DST") or "").startswith(("fe80", "ff00"))
    }
    assert single <= told
    assert [each.value for each in found if each.what == "neighbour"] == [
        {"address": "10.9.0.9", "mac": "02:00:00:00:00:09", "state": "permanent"}
    ]


def test_the_listener_hears_other_namespaces_and_does_not_keep_them_alive(
    spaces: tuple[Namespace, Namespace],
) -> None:
    outer, inner = spaces
    listener = Listener(outer)
    outer.run(lambda: _network(inner))

    def address() -> None:
        with IPRoute() as ip:
            ip.link("set", index=ip.link_lookup(ifname="ws-b")[0], state="up")

    inner.run(address)
    with Asker(outer) as ask:
        number = ask.nsid_of(inner.descriptor)
    heard = {nsid for _, nsid, _ in listener.receive()}
    assert heard == {None, number}
    inner.close()
    deadline = time.monotonic() + 5
    names: set[str] = {"ws-a"}
    while names & {"ws-a"} and time.monotonic() < deadline:
        time.sleep(0.02)
        with Asker(outer) as ask:
            names = {each.value["name"] for each in ask.dump() if each.what == "link"}
    assert names == {"ws-br"}, "the pair went with the namespace"
    listener.close()


def test_what_the_kernel_could_not_keep_is_told_as_a_loss(spaces: tuple[Namespace, Namespace]) -> None:
    outer, _ = spaces
    listener = Listener(outer)
    listener.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)

    def many() -> None:
        with IPRoute() as ip:
            for number in range(20):
                ip.link("add", ifname=f"ws-d{number}", kind="bridge")

    outer.run(many)
    with pytest.raises(OSError) as caught:
        list(listener.receive())
    assert is_loss(caught.value) and caught.value.errno == errno.ENOBUFS
    listener.close()
