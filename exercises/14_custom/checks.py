"""What a driver has to bring about, whatever it is made of: containers that live in its networks, and nothing left."""

from __future__ import annotations

from workshop.course.checking import Check, Container, DockerError, Network, Run, scenario

MAC = "02:42:0a:5a:63:0e"

CHECKS = {
    "network": Check(
        "a network can be made",
        wrong="No network can be made",
        why="Everything begins with it.",
        route="create_network",
        hint=1,
    ),
    "started": Check(
        "a container starts in it",
        wrong="No container starts in it",
        why="CreateEndpoint and Join together have to give Docker a link that it can move.",
        route="join",
        hint=1,
    ),
    "link": Check(
        "the container has a link with the address that Docker chose",
        wrong="The container has no link with the address that Docker chose",
        why="Docker gives the address to the link that Join names. Without a link the container is alone.",
        route="join",
        hint=1,
    ),
    "gateway": Check(
        "the container reaches its gateway",
        wrong="The container does not reach its gateway",
        why="It is the way to everything that is not in the subnet, and the first thing that people try.",
        route="create_endpoint",
        hint=2,
    ),
    "ping": Check(
        "two containers reach each other",
        wrong="Two containers do not reach each other",
        why="That is what a network is for.",
        route="create_endpoint",
        hint=3,
    ),
    "mac": Check(
        "the container has the MAC address that its user chose",
        wrong="The container has another MAC address than its user chose",
        why="Docker sets it, unless you have answered another.",
        route="create_endpoint",
        hint=1,
    ),
    "both": Check(
        "two networks live side by side",
        wrong="The second network does not work beside the first",
        why="Names and addresses that were right for one may collide with two.",
        route="create_network",
        hint=1,
    ),
    "restarted": Check(
        "a container that was stopped starts again",
        wrong="A container that was stopped does not start again",
        why="Each start is a new endpoint, often with the same address. What is left of the old one is in its way.",
        route="delete_endpoint",
        hint=4,
    ),
    "others": Check(
        "a container that goes takes nothing from the others",
        wrong="A container that went has taken something from the others",
        why="The request names one endpoint.",
        route="delete_endpoint",
        hint=4,
    ),
    "repeated": Check(
        "calls that come twice are answered like the first time",
        wrong="A call that comes twice is answered with Err",
        why="Docker asks again if it did not get the answer.",
        route="create_endpoint",
        hint=1,
    ),
    "unknown": Check(
        "removing what was never made is no mistake",
        wrong="Removing what was never made is answered with Err",
        why="After a crash Docker may know of things of which nothing is left.",
        route="delete_endpoint",
        hint=1,
    ),
    "refused": Check(
        "an endpoint of a network that is not there is answered with Err",
        wrong="An endpoint of a network that is not there was answered as if all were well",
        why="Docker believes the answer, and starts a container that reaches nobody.",
        route="create_endpoint",
        hint=1,
    ),
    "rolled_back": Check(
        "a failed call leaves nothing behind",
        wrong="A failed call left something behind",
        why="After Err, Docker does not ask you to remove what you had begun.",
        route="create_endpoint",
        hint=1,
    ),
}


def create(run: Run, name: str, subnet: str, key: str = "network") -> Network:
    try:
        network = run.docker.create_network(name, subnet=subnet)
    except DockerError as error:
        run.check(key, False, expected=f"a network {name}", seen=str(error), docker=str(error))
        raise
    run.check(key, True)
    return network


def start(run: Run, name: str, network: Network, key: str = "started", **wishes: str) -> Container:
    try:
        container = run.docker.run(name, network, **wishes)
    except DockerError as error:
        run.check(key, False, expected=f"{name} runs", seen=str(error), docker=str(error))
        raise
    run.check(key, True)
    return container


def has_address(run: Run, container: Container, network: Network) -> None:
    address = run.docker.address(container, network)
    links = [link for link in run.inside(container).links if link.name != "lo"]
    good = any(link.has(address) and link.up for link in links)
    run.check("link", good, expected=f"a link with {address}, up", seen=run.told(links))


@scenario("two containers", checks=["network", "started", "link", "gateway", "ping"])
def two_containers(run: Run) -> None:
    network = create(run, "cafe", "10.90.1.0/24")
    bar, kitchen = (start(run, name, network) for name in ("bar", "kitchen"))
    for each in (bar, kitchen):
        has_address(run, each, network)
    run.check_ping("gateway", bar, "10.90.1.1")
    run.check_ping("ping", bar, kitchen)
    run.check_ping("ping", kitchen, bar)


@scenario("an address and a MAC address that the user chose", checks=["network", "started", "link", "mac", "gateway"])
def wishes(run: Run) -> None:
    network = create(run, "cafe", "10.90.2.0/24")
    bar = start(run, "bar", network, ip="10.90.2.77", mac=MAC)
    has_address(run, bar, network)
    macs = [link.mac for link in run.inside(bar).links if link.has("10.90.2.77")]
    run.check("mac", macs == [MAC], expected=MAC, seen=", ".join(macs))
    run.check_ping("gateway", bar, "10.90.2.1")


@scenario("two networks, of which one goes", checks=["network", "both", "gateway", "others"])
def two_networks(run: Run) -> None:
    first, second = create(run, "first", "10.90.3.0/24"), create(run, "second", "10.90.4.0/24", "both")
    bar = start(run, "bar", first, "both")
    kitchen = start(run, "kitchen", second, "both")
    run.check_ping("gateway", bar, "10.90.3.1")
    run.check_ping("both", kitchen, "10.90.4.1")
    run.docker.remove(kitchen)
    run.docker.remove_network(second)
    run.check_ping("others", bar, "10.90.3.1")


@scenario("one of two containers is stopped and started", checks=["started", "others", "restarted", "ping"])
def stopped(run: Run) -> None:
    network = run.docker.create_network("cafe", subnet="10.90.5.0/24")
    bar, kitchen = start(run, "bar", network, ip="10.90.5.7"), start(run, "kitchen", network)
    run.docker.stop(bar)
    run.check_ping("others", kitchen, "10.90.5.1")
    words = None
    try:
        run.docker.start(bar)
    except DockerError as error:
        words = str(error)
    run.check("restarted", words is None, expected="bar runs again", seen=words or "", docker=words)
    run.check_ping("ping", kitchen, bar)


@scenario("the calls alone, twice", checks=["repeated", "unknown", "refused", "rolled_back"])
def calls_alone(run: Run) -> None:
    network = run.docker.create_network("cafe", subnet="10.90.6.0/24")
    ids = {"NetworkID": network.id, "EndpointID": "6" * 64}
    body = {**ids, "Interface": {"Address": "10.90.6.9/24", "AddressIPv6": "", "MacAddress": ""}, "Options": {}}
    for route, request in (("create_endpoint", body), ("leave", ids), ("delete_endpoint", ids)):
        for _ in range(2):
            said = run.refused(run.docker.call, route, request)
            run.check("repeated", said is None, expected=f"{route} without Err", seen=f"Err: {said}")
    for route, request in (
        ("delete_endpoint", {**ids, "EndpointID": "7" * 64}),
        ("delete_network", {"NetworkID": "7e57" * 16}),
    ):
        said = run.refused(run.docker.call, route, request)
        run.check("unknown", said is None, expected=f"{route} without Err", seen=f"Err: {said}")
    before = run.look()
    said = run.refused(run.docker.call, "create_endpoint", {**body, "NetworkID": "0bad" * 16, "EndpointID": "8" * 64})
    left = run.look().new_since(before)
    run.check("refused", said, expected="Err, since there is no such network", seen=f"no Err, and {run.told(left)}")
    run.check("rolled_back", not left, expected="no new link", seen=run.told(left), left_over=left)
