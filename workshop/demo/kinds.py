"""A talk for each kind of network: two hosts, containers on both, and what reaches whom."""

from __future__ import annotations

from workshop.demo.script import Chapter, Script, Step

NOBODY = "100% packet loss"
"""What a ping says that nobody answered."""
REACHED = " 0% packet loss"


def _create(host: str, kind: str, subnet: str, more: str = "") -> Step:
    return Step(f"docker{host} network create -d workshop -o type={kind} --subnet {subnet}{more} shop")


def _run(host: str, name: str, more: str = "", command: str = "sleep 3600") -> Step:
    return Step(f"docker{host} run -d --name {name} --net shop{more} busybox {command}")


def _ping(host: str, who: str, whom: str, *, fails: bool = False) -> Step:
    return Step(
        f"docker{host} exec {who} ping -c {1 if fails else 2} -W 1 {whom}",
        expected=NOBODY if fails else REACHED,
        fails=fails,
    )


HERE, THERE = "", " -H beta"
"""In a command: Docker on alpha, where it goes by itself, and on beta."""

SERVER = "httpd -f -p 80"
GONE = (Step("docker network rm shop"), Step("docker -H beta network rm shop"))

NODES_GONE = (
    Step("lose alpha beta alpha", "Docker on alpha tells its plugin that the nodes have left."),
    Step("lose beta alpha beta", "Docker on beta tells its plugin that the nodes have left."),
)


def _removal(sentence: str, *names: str) -> Chapter:
    return Chapter("removal", "Removal", sentence, ends=names, after=("network", "containers"), shows="delete_network")


BRIDGE = Script(
    "Bridges on two hosts: what reaches whom",
    (
        Chapter(
            "network",
            "A bridge on each host",
            "On each host CreateNetwork makes a bridge. They have the same name in Docker, and nothing to do with "
            "each other.",
            (_create(HERE, "bridge", "10.9.1.0/24"), _create(THERE, "bridge", "10.9.2.0/24")),
            undo=GONE,
            shows="create_network",
        ),
        Chapter(
            "containers",
            "Containers on both",
            "Each container gets a veth pair, plugged into its host's bridge.",
            (
                _run(HERE, "web", " --ip 10.9.1.10", SERVER),
                _run(HERE, "neighbour"),
                _run(THERE, "client"),
            ),
            undo=(Step("docker rm -f web neighbour"), Step("docker -H beta rm -f client")),
            after=("network",),
            shows="create_endpoint",
        ),
        Chapter(
            "near",
            "On one host",
            "Containers on one bridge reach each other at once.",
            (_ping(HERE, "neighbour", "10.9.1.10"),),
            after=("network", "containers"),
        ),
        Chapter(
            "across",
            "Not across",
            "A bridge ends at its host. The client's packets leave beta, and nobody on the way knows where "
            "10.9.1.0/24 is: web is not reached by its own address.",
            (_ping(THERE, "client", "10.9.1.10", fails=True),),
            after=("network", "containers"),
        ),
        Chapter(
            "port",
            "By a published port",
            "What others reach is the host: its port 8080 leads to the container behind it.",
            (
                _run(HERE, "shopfront", " -p 8080:80", SERVER),
                Step("docker -H beta exec client wget -q -S -T 5 -O /dev/null http://{alpha}:8080/", expected="200 OK"),
            ),
            undo=(Step("docker rm -f shopfront"),),
            after=("network", "containers"),
            needs="nft",
            shows="program_external_connectivity",
        ),
        _removal("DeleteEndpoint and DeleteNetwork: on both hosts all is gone.", "network", "containers", "port"),
    ),
)

_VNI = " -o vni=42 --gateway 10.42.0.1 --ip-range 10.42.0.{}/25"

VXLAN = Script(
    "VXLAN: one network on two hosts",
    (
        Chapter(
            "network",
            "A tunnel on each host",
            "CreateNetwork makes a bridge and a VXLAN link on it. Both have the number 42, which makes them one "
            "network; as yet neither knows of the other.",
            (
                _create(HERE, "vxlan", "10.42.0.0/24", _VNI.format(0)),
                _create(THERE, "vxlan", "10.42.0.0/24", _VNI.format(128)),
            ),
            undo=GONE,
            shows="create_network",
        ),
        Chapter(
            "nodes",
            "The nodes are told",
            "DiscoverNew: in a Swarm, Docker tells each plugin of every node. The lab's engines are in none, so the "
            "same calls are made for them. The other host becomes a peer: an entry of the tunnel's forwarding table.",
            (
                Step("discover alpha alpha beta", "Docker on alpha tells its plugin of both nodes."),
                Step("discover beta beta alpha", "Docker on beta tells its plugin of both nodes."),
            ),
            undo=NODES_GONE,
            after=("network",),
            shows="discover_new",
        ),
        Chapter(
            "containers",
            "Containers on both",
            "Each container is plugged into its host's bridge, in the same subnet. Two ranges keep the two Dockers "
            "from giving out one address twice.",
            (_run(HERE, "one", " --ip 10.42.0.10"), _run(THERE, "two", " --ip 10.42.0.130")),
            undo=(Step("docker rm -f one"), Step("docker -H beta rm -f two")),
            after=("network", "nodes"),
            shows="create_endpoint",
        ),
        Chapter(
            "ping",
            "Across",
            "The ping travels from host to host in UDP packets with the number 42. From each answer a tunnel learns "
            "behind which host a MAC address is.",
            (_ping(HERE, "one", "10.42.0.130"), _ping(THERE, "two", "10.42.0.10")),
            after=("network", "nodes", "containers"),
        ),
        Chapter(
            "left",
            "The nodes leave",
            "DiscoverDelete: the other host is no peer any more. Its entries go, and with them the way there.",
            (_ping(HERE, "one", "10.42.0.130", fails=True),),
            after=("network", "nodes", "containers"),
            ends=("nodes",),
            shows="discover_delete",
        ),
        _removal(
            "DeleteNetwork removes tunnel and bridge, and the VNI is free again.",
            "network",
            "nodes",
            "containers",
        ),
    ),
    needs="vxlan",
)


def _on_parent(kind: str, title: str, network: str, endpoint: str, look: Step | None = None) -> Script:
    """The talk of a kind whose links sit on the host's network card."""
    more = " --gateway 192.0.2.1 -o parent=eth0 --ip-range 192.0.2.{}/28"
    return Script(
        title,
        (
            Chapter(
                "network",
                "A network card on each host",
                network,
                (
                    _create(HERE, kind, "192.0.2.0/24", more.format(96)),
                    _create(THERE, kind, "192.0.2.0/24", more.format(192)),
                ),
                undo=GONE,
                shows="create_network",
            ),
            Chapter(
                "containers",
                "Containers on both",
                endpoint,
                (
                    _run(HERE, "web", " --ip 192.0.2.100", SERVER),
                    _run(THERE, "client", " --ip 192.0.2.200"),
                    *([look] if look else []),
                ),
                undo=(Step("docker rm -f web"), Step("docker -H beta rm -f client")),
                after=("network",),
                shows="create_endpoint",
            ),
            Chapter(
                "ping",
                "Across",
                "The switch between the hosts carries it, as between any two machines: no tunnel, no NAT, no route.",
                (_ping(THERE, "client", "192.0.2.100"),),
                after=("network", "containers"),
            ),
            Chapter(
                "outside",
                "From outside",
                "Whoever is on that switch reaches the container by its own address. No port is published.",
                (Step("fetch http://192.0.2.100/", "Another machine asks http://192.0.2.100/", expected="200"),),
                after=("network", "containers"),
            ),
            Chapter(
                "host",
                "Not from its own host",
                f"The kernel passes nothing between a card and the {kind} links on it: the container's own host is the "
                "one machine that does not reach it.",
                (
                    Step(
                        "fetch-from alpha http://192.0.2.100/",
                        "Its own host, alpha, asks http://192.0.2.100/",
                        fails=True,
                    ),
                ),
                after=("network", "containers"),
            ),
            _removal("DeleteEndpoint removes the links; the card stays as it was.", "network", "containers"),
        ),
        needs=kind,
    )


MACVLAN = _on_parent(
    "macvlan",
    "Macvlan: containers as machines on the wire",
    "CreateNetwork makes nothing: it only looks whether eth0 can carry such links. The subnet is that of the wire "
    "itself.",
    "CreateEndpoint makes a link on eth0, with a MAC address of its own.",
)

IPVLAN = _on_parent(
    "ipvlan",
    "Ipvlan: containers on the wire, with the host's MAC address",
    "CreateNetwork makes nothing: it only looks whether eth0 can carry such links. The subnet is that of the wire "
    "itself.",
    "CreateEndpoint makes a link on eth0. It has the card's own MAC address; the kernel tells whose a packet is by "
    "its IP address.",
    look=Step("docker exec web ip link show eth0", expected="02:00:00:00:02:0a"),
)

ROUTED = Script(
    "Routed: no bridge, a route for each container",
    (
        Chapter(
            "network",
            "Nothing is made",
            "CreateNetwork makes no link at all: a routed network is what the host knows of it.",
            (
                _create(HERE, "routed", "10.9.1.0/24", " -o masquerade=false"),
                _create(THERE, "routed", "10.9.2.0/24", " -o masquerade=false"),
            ),
            undo=GONE,
            shows="create_network",
        ),
        Chapter(
            "containers",
            "Containers on both",
            "Each container gets a veth pair whose host end is plugged into nothing, and the host a route to its one "
            "address.",
            (
                _run(HERE, "web", " --ip 10.9.1.10", SERVER),
                _run(HERE, "neighbour"),
                _run(THERE, "client", " --ip 10.9.2.10"),
            ),
            undo=(Step("docker rm -f web neighbour"), Step("docker -H beta rm -f client")),
            after=("network",),
            shows="create_endpoint",
        ),
        Chapter(
            "near",
            "On one host",
            "The host routes between them: the answer has made one hop, and nobody hears another's broadcasts.",
            (Step("docker exec neighbour ping -c 2 -W 1 10.9.1.10", expected="ttl=63"),),
            after=("network", "containers"),
        ),
        Chapter(
            "across",
            "Not across, by itself",
            "Each host knows its own containers. Between the hosts nobody knows where the others are.",
            (_ping(THERE, "client", "10.9.1.10", fails=True),),
            after=("network", "containers"),
        ),
        Chapter(
            "route",
            "By a route",
            "What a router needs to be told: behind which host a subnet is. And Docker's FORWARD chain drops what no "
            "rule lets in, so each host gets a rule, too.",
            (
                Step("on alpha ip route add 10.9.2.0/24 via {beta}"),
                Step("on beta ip route add 10.9.1.0/24 via {alpha}"),
                Step("on alpha iptables -w -I DOCKER-USER -s 10.9.2.0/24 -d 10.9.1.0/24 -j ACCEPT", needs="iptables"),
                Step("on beta iptables -w -I DOCKER-USER -s 10.9.1.0/24 -d 10.9.2.0/24 -j ACCEPT", needs="iptables"),
                _ping(THERE, "client", "10.9.1.10"),
            ),
            undo=(
                Step("on alpha ip route del 10.9.2.0/24"),
                Step("on beta ip route del 10.9.1.0/24"),
                Step("on alpha iptables -w -D DOCKER-USER -s 10.9.2.0/24 -d 10.9.1.0/24 -j ACCEPT", needs="iptables"),
                Step("on beta iptables -w -D DOCKER-USER -s 10.9.1.0/24 -d 10.9.2.0/24 -j ACCEPT", needs="iptables"),
            ),
            after=("network", "containers"),
            needs="ip",
        ),
        _removal(
            "DeleteEndpoint removes pair and route. There is no network to be removed but in the plugin's memory.",
            "network",
            "containers",
            "route",
        ),
    ),
    needs="nft",
)

TALKS = {"bridge": BRIDGE, "vxlan": VXLAN, "macvlan": MACVLAN, "ipvlan": IPVLAN, "routed": ROUTED}
"""The talks by kind of network."""
