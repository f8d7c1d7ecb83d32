"""The demo as a whole: what a network plugin is, from the first call to a bug and its finding."""

from __future__ import annotations

from workshop.demo.kinds import NODES_GONE, REACHED
from workshop.demo.script import Chapter, Script, Step

ACROSS = "docker{} network create -d workshop -o type=vxlan -o vni=42 --subnet 10.42.0.0/24 --ip-range {} across"

WHOLE = Script(
    "A network plugin, from the first call to a bug and its finding",
    (
        Chapter(
            "activation",
            "Activation",
            "The first network that names the plugin makes Docker look for it: Plugin.Activate asks what it is, "
            "GetCapabilities how far its networks reach. A network of the kind null is only noted, so this is all.",
            (
                Step("docker network create -d workshop -o type=null nothing"),
                Step("docker network rm nothing"),
            ),
            undo=(Step("renew alpha", "Docker on alpha forgets what the plugin said of itself."),),
            shows="activate",
        ),
        Chapter(
            "network",
            "A network",
            "CreateNetwork comes with a subnet and a gateway. The plugin makes a bridge and gives it the gateway's "
            "address.",
            (Step("docker network create -d workshop --subnet 10.9.0.0/24 shop"),),
            undo=(Step("docker network rm shop"),),
            shows="create_network",
        ),
        Chapter(
            "endpoint",
            "An endpoint",
            "For each container, CreateEndpoint makes a veth pair: a cable, whose one end is plugged into the bridge.",
            (Step("docker run -d --name web --net shop busybox httpd -f -p 80"),),
            undo=(Step("docker rm -f web"),),
            after=("network",),
            shows="create_endpoint",
        ),
        Chapter(
            "join",
            "Join",
            "Join only names the cable's other end. Docker moves it into the container, calls it eth0, and gives it "
            "its address and its way out.",
            (
                Step("docker run -d --name client --net shop busybox sleep 3600"),
                Step("docker exec client ip addr show eth0", expected="10.9.0."),
            ),
            undo=(Step("docker rm -f client"),),
            after=("network", "endpoint"),
            shows="join",
        ),
        Chapter(
            "ping",
            "The first ping",
            "No call to the plugin: the bridge carries it, as long as nothing in the firewall is in the way.",
            (Step("docker exec client ping -c 2 web", expected=REACHED),),
            after=("network", "endpoint", "join"),
        ),
        Chapter(
            "publish",
            "A published port",
            "ProgramExternalConnectivity: the plugin lets the host's port lead to the container, and another machine, "
            "outside, gets its answer.",
            (
                Step("docker run -d --name shopfront --net shop -p 8080:80 busybox httpd -f -p 80"),
                Step("fetch http://{alpha}:8080/", "Another machine asks http://{alpha}:8080/", expected="200"),
            ),
            undo=(Step("docker rm -f shopfront"),),
            after=("network",),
            needs="nft",
            shows="program_external_connectivity",
        ),
        Chapter(
            "two-hosts",
            "Two hosts",
            "The shop makes way for one network on two hosts: a bridge on each, and a VXLAN tunnel between them. "
            "DiscoverNew tells each plugin of the other node, as in a Swarm.",
            (
                Step(ACROSS.format("", "10.42.0.0/25")),
                Step(ACROSS.format(" -H beta", "10.42.0.128/25")),
                Step("discover alpha alpha beta", "Docker on alpha tells its plugin of both nodes."),
                Step("discover beta beta alpha", "Docker on beta tells its plugin of both nodes."),
                Step("docker run -d --name one --net across --ip 10.42.0.10 busybox sleep 3600"),
                Step("docker -H beta run -d --name two --net across --ip 10.42.0.130 busybox sleep 3600"),
                Step("docker exec one ping -c 2 10.42.0.130", expected=REACHED),
            ),
            undo=(
                Step("docker rm -f one"),
                Step("docker -H beta rm -f two"),
                *NODES_GONE,
                Step("docker network rm across"),
                Step("docker -H beta network rm across"),
            ),
            ends=("network", "endpoint", "join", "publish"),
            needs="vxlan",
            shows="create_endpoint",
        ),
        Chapter(
            "macvlan",
            "Macvlan",
            "Another kind of network: no bridge, no NAT. The container sits on the host's network card with a MAC "
            "address of its own, and its neighbours reach it as they reach any machine.",
            (
                Step(
                    "docker network create -d workshop -o type=macvlan -o parent=eth0 --subnet 192.0.2.0/24 "
                    "--gateway 192.0.2.1 lan"
                ),
                Step("docker run -d --name printer --net lan --ip 192.0.2.100 busybox httpd -f -p 80"),
                Step("fetch http://192.0.2.100/", "Another machine asks http://192.0.2.100/", expected="200"),
            ),
            undo=(Step("docker rm -f printer"), Step("docker network rm lan")),
            needs="macvlan",
            shows="create_endpoint",
        ),
        Chapter(
            "removal",
            "Removal",
            "Leave and DeleteEndpoint take a container's links away, DeleteNetwork the rest. What was made is gone, "
            "and the picture is as it was in the beginning.",
            ends=("network", "endpoint", "join", "publish", "two-hosts", "macvlan"),
            after=("two-hosts",),
            shows="delete_network",
        ),
        Chapter(
            "bug",
            "A bug",
            "A mistake that is easily made: this plugin deletes the link in Leave. Docker removes the container and "
            "says that all is well. The picture does not.",
            (
                Step("break alpha", "On alpha, Leave and DeleteEndpoint are answered by broken handlers."),
                Step("docker network create -d workshop --subnet 10.9.3.0/24 cafe"),
                Step("docker run -d --name guest --net cafe busybox sleep 3600"),
                Step("docker rm -f guest", expected="guest"),
            ),
            undo=(
                Step("mend alpha", "On alpha, the plugin's own handlers answer again."),
                Step("on alpha ip link del {left}", needs="ip"),
                Step("docker network rm cafe"),
            ),
            needs="ip",
            shows="delete_endpoint",
        ),
        Chapter(
            "finding",
            "Its finding",
            "What is left over is red. Leave, which should have removed it, answered that all is well; but the kernel "
            "knew no such link. At that moment it is still in the container, and called eth0.",
            (Step("look alpha", "What calls, kernel and picture say:", expected="left over on alpha: wsh"),),
            after=("bug",),
            needs="ip",
            shows="leave",
            opens=True,
        ),
        Chapter(
            "mended",
            "Mended",
            "Leave does nothing, DeleteEndpoint removes the pair: the same container comes and goes, and nothing is "
            "left over.",
            (
                Step("docker network create -d workshop --subnet 10.9.3.0/24 cafe"),
                Step("docker run -d --name guest --net cafe busybox sleep 3600"),
                Step("docker rm -f guest"),
                Step("look alpha", "What calls, kernel and picture say:", expected="Nothing is left over on alpha."),
                Step("docker network rm cafe"),
            ),
            after=("bug",),
            ends=("bug",),
            needs="ip",
            shows="delete_endpoint",
        ),
    ),
)
