"""What DiscoverNew and DiscoverDelete have to bring about: frames for everybody that arrive at the right nodes."""

from __future__ import annotations

from typing import Any

from workshop.course.checking import Check, Link, Nodes, Run, scenario

NAT = "203.0.113.7"
"""An address by which others know this host, and which none of its links has."""

EVERYBODY = "00:00:00:00:00:00"
"""In a tunnel's table, the address for frames to everybody."""

CHECKS = {
    "told": Check(
        "being told of a node is answered without Err",
        wrong="Being told of a node was answered with Err",
        why="Docker only logs it, and does not say it again. For this host, that node does not exist then.",
        route="discover_new",
        hint=1,
    ),
    "made": Check(
        "a network can still be made",
        wrong="A network cannot be made any more",
        why="What was finished in the file has to work, whatever was told before, or if nothing was.",
        route="create_network",
    ),
    "network": Check(
        "a network still has a bridge with the gateway's address, up",
        wrong="A network has no bridge with the gateway's address any more, or it is down",
        why="What was finished in the file has to stay: a tunnel that is plugged into nothing carries nothing.",
        route="discover_new",
    ),
    "first": Check(
        "a network reaches the nodes that were there before it",
        wrong="A network does not reach a node that was there before it",
        why="Docker tells of each node once. Whoever makes a network later has to know the nodes by then.",
        route="discover_new",
        hint=2,
    ),
    "later": Check(
        "a network reaches a node that joins later",
        wrong="A network does not reach a node that joined later",
        why="The network's tunnel has been made, and nobody makes it again: what it sends and where is up to you now.",
        route="discover_new",
        hint=2,
    ),
    "each": Check(
        "every network reaches the node",
        wrong="Only some of the networks reach the node",
        why="A node is one of the cluster, not of a network. DiscoverNew names none, so it is about all.",
        route="discover_new",
        hint=2,
    ),
    "own": Check(
        "no tunnel sends to this host itself",
        wrong="A tunnel sends to this host itself",
        why="Each broadcast comes back then as if another node had sent it, and the bridge believes that its own "
        "containers are at the other end of the tunnel.",
        route="discover_new",
        hint=4,
    ),
    "forgotten": Check(
        "a network does not send to a node that had left before it",
        wrong="A network sends to a node that had left before it",
        why="Its address may be another machine's by now, which gets to read along.",
        route="discover_delete",
        hint=5,
    ),
    "left": Check(
        "no network sends to a node that has left",
        wrong="A network still sends to a node that has left",
        why="Its address may be another machine's by now, which gets to read along.",
        route="discover_delete",
        hint=5,
    ),
    "others": Check(
        "when a node leaves, the others are still reached",
        wrong="One node has left, and others are not reached any more",
        why="The request names one node. The others are there, and their containers wait for an answer.",
        route="discover_delete",
        hint=5,
    ),
    "bind": Check(
        "what this host sends does not depend on an address that it does not have",
        wrong="This host does not reach a node if others know it by another address",
        why="Behind a NAT, Address is what others send to, and BindAddress is what this host has. A tunnel that is to "
        "send from an address of nobody's sends nothing.",
        route="discover_new",
        hint=4,
    ),
    "again": Check(
        "the same news a second time changes nothing",
        wrong="The same news a second time is not taken for the same",
        why="Docker may tell something twice. Who has joined twice is there once, and is gone after one farewell.",
        route="discover_new",
        hint=5,
    ),
    "unknown": Check(
        "a node of which nobody has told may leave",
        wrong="A node of which nobody has told cannot leave",
        why="After a restart of the plugin, Docker tells of nodes that leave, and it has told of none that joined.",
        route="discover_delete",
        hint=5,
    ),
    "types": Check(
        "news of another type is not for it, and no mistake",
        wrong="News of another type is not left alone",
        why="DiscoveryType 1 is a node. 2 and 3 are keys, which Docker gives to drivers of its own today. "
        "What DiscoveryData is depends on it.",
        route="discover_new",
        hint=1,
    ),
    "sparse": Check(
        "a node is a node with nothing but an Address",
        wrong="A node of which Docker tells nothing but the Address is not taken for one",
        why="BindAddress and Self may be missing. The first Dockers that told of nodes did not have BindAddress.",
        route="discover_new",
        hint=1,
    ),
    "ipv6": Check(
        "nodes may have IPv6 addresses",
        wrong="Nodes that have IPv6 addresses are not reached",
        why="A tunnel speaks IPv4 or IPv6, as the address that it sends from. In a cluster with IPv6 addresses, "
        "that is an IPv6 address, and Docker tells it: Self.",
        route="discover_new",
        hint=4,
    ),
}


# -- telling


def news(run: Run, key: str, address: str, **how: Any) -> None:
    """Tell of a node; it has to be taken without Err."""
    said = run.docker.discover(address, **how).get("Err")
    verb = "DiscoverDelete" if how.get("gone") else "DiscoverNew"
    run.check(key, not said, expected=f"{{}} to {verb} of {address}", seen=f"Err: {said}")


def raw(run: Run, key: str, route: str, kind: int, data: Any) -> None:
    """A call that Docker sends seldom."""
    body = {"DiscoveryType": kind, "DiscoveryData": data}
    said = run.docker.call(route, body).get("Err")
    run.check(key, not said, expected=f"{{}} to {body}", seen=f"Err: {said}")


def make(run: Run, digit: str) -> None:
    """A network without Docker."""
    body = {
        "NetworkID": digit * 64,
        "Options": {"com.docker.network.generic": {}},
        "IPv4Data": [{"AddressSpace": "LocalDefault", "Pool": f"10.90.{digit}.0/24", "Gateway": f"10.90.{digit}.1/24"}],
        "IPv6Data": [],
    }
    said = run.docker.call("create_network", body).get("Err")
    run.check("made", not said, expected="a network that can be made after that", seen=f"Err: {said}")


# -- hearing


def bridge(run: Run, gateway: str) -> Link:
    """Where a network's frames start: the link that has the gateway's address."""
    view = run.look()
    link = view.holder(gateway)
    run.check("network", link and link.up, expected=f"a link with {gateway}, up", seen=run.told(view.links))
    assert link is not None
    return link


def tunnels(run: Run) -> str:
    """Where the tunnels on the host send to, in words."""
    view = run.look()
    found = []
    for link in view.links:
        if link.kind == "vxlan":
            nodes = [each.dst for each in view.fdb if each.link == link.name and each.mac == EVERYBODY and each.dst]
            found.append(f"{link.name} sends to {', '.join(map(str, nodes)) or 'nobody'}")
    return "; ".join(found) or "there is no tunnel on the host"


def reaches(run: Run, key: str, nodes: Nodes, link: Link, *wanted: str) -> None:
    """A frame for everybody, sent into the network, arrives at these nodes, once at each."""
    heard = nodes.heard(link.name, wanted)
    run.check(
        key,
        all(heard[each] == 1 for each in wanted),
        expected=f"a frame for everybody in {link.name} arrives at {' and '.join(wanted)}, once",
        seen=f"it arrived {told(heard)}; {tunnels(run)}",
    )


def misses(run: Run, key: str, nodes: Nodes, link: Link, *others: str) -> None:
    heard = nodes.heard(link.name)
    run.check(
        key,
        not any(heard[each] for each in others),
        expected=f"a frame for everybody in {link.name} does not arrive at {' or '.join(others)}",
        seen=f"it arrived {told(heard)}; {tunnels(run)}",
    )


def told(heard: Any) -> str:
    places = [f"at {node}{f' {number} times' if number > 1 else ''}" for node, number in sorted(heard.items())]
    return " and ".join(places) or "nowhere"


def not_to_itself(run: Run, *addresses: str) -> None:
    mine = [each for each in run.look().fdb if each.mac == EVERYBODY and each.dst in addresses]
    run.check("own", not mine, expected=f"no tunnel that sends to {' or '.join(addresses)}", seen=tunnels(run))


@scenario(
    "nodes, and then a network, as on a host that joins a Swarm",
    checks=["told", "network", "first", "own", "forgotten"],
)
def joins(run: Run) -> None:
    run.restart_plugin()  # so in every scenario: what a driver knows of another cluster is none of this one's
    first, second, gone = "192.0.2.21", "192.0.2.22", "192.0.2.23"
    nodes = run.nodes(first, second, gone)
    news(run, "told", run.host_address(), self_=True)
    for each in (first, gone, second):
        news(run, "told", each)
    news(run, "told", gone, gone=True)
    run.docker.create_network("cafe", subnet="10.90.1.0/24")
    link = bridge(run, "10.90.1.1")
    reaches(run, "first", nodes, link, first, second)
    not_to_itself(run, run.host_address())
    misses(run, "forgotten", nodes, link, gone)


@scenario(
    "two networks, and then nodes, as on its manager",
    checks=["network", "told", "own", "later", "each", "left", "others"],
)
def manages(run: Run) -> None:
    run.restart_plugin()
    stays, goes = "192.0.2.31", "192.0.2.32"
    nodes = run.nodes(stays, goes)
    for number in (2, 3):
        run.docker.create_network(f"cafe{number}", subnet=f"10.90.{number}.0/24")
    links = [bridge(run, f"10.90.{number}.1") for number in (2, 3)]
    news(run, "told", run.host_address(), self_=True)
    news(run, "told", stays)
    news(run, "told", goes)
    not_to_itself(run, run.host_address())
    heard = [nodes.heard(link.name, (stays, goes)) for link in links]
    run.check(
        "later",
        any(each[stays] == each[goes] == 1 for each in heard),
        expected=f"a frame for everybody in {links[0].name} arrives at {stays} and {goes}, once",
        seen=f"it arrived {told(heard[0])}; {tunnels(run)}",
    )
    for link in links:
        reaches(run, "each", nodes, link, stays, goes)
    news(run, "told", goes, gone=True)
    for link in links:
        misses(run, "left", nodes, link, goes)
        reaches(run, "others", nodes, link, stays)


@scenario(
    "what comes twice, what comes late, and what is for others, on a host behind a NAT",
    checks=["told", "made", "bind", "network", "own", "again", "unknown", "types", "sparse"],
)
def odd(run: Run) -> None:
    node, never, sparse = "192.0.2.41", "192.0.2.42", "192.0.2.43"
    run.restart_plugin()
    nodes = run.nodes(node, never, sparse)
    news(run, "told", NAT, self_=True, bind=run.host_address())
    make(run, "4")
    link = bridge(run, "10.90.4.1")
    news(run, "told", node)
    reaches(run, "bind", nodes, link, node)
    not_to_itself(run, NAT, run.host_address())
    news(run, "again", node)
    reaches(run, "again", nodes, link, node)
    news(run, "unknown", never, gone=True)
    reaches(run, "unknown", nodes, link, node)
    for kind, data in ((2, {"Keys": ["c2VjcmV0"], "Tags": [1]}), (3, {"Address": never}), (3, None)):
        raw(run, "types", "discover_new", kind, data)
    misses(run, "types", nodes, link, never)
    raw(run, "types", "discover_delete", 3, {"Address": node})
    reaches(run, "types", nodes, link, node)
    raw(run, "sparse", "discover_new", 1, {"Address": sparse})
    reaches(run, "sparse", nodes, link, sparse)
    news(run, "again", node, gone=True)
    misses(run, "again", nodes, link, node)
    news(run, "again", node, gone=True)
    raw(run, "sparse", "discover_delete", 1, {"Address": sparse})
    misses(run, "sparse", nodes, link, sparse)


@scenario("a cluster with IPv6 addresses", checks=["told", "made", "network", "ipv6"])
def ipv6(run: Run) -> None:
    run.restart_plugin()
    first, second = "2001:db8::51", "2001:db8::52"
    nodes = run.nodes(first, second)
    news(run, "told", run.host_address(6), self_=True)
    news(run, "told", first)
    make(run, "5")
    link = bridge(run, "10.90.5.1")
    news(run, "told", second)
    reaches(run, "ipv6", nodes, link, first, second)
    news(run, "told", first, gone=True)
    misses(run, "ipv6", nodes, link, first)
