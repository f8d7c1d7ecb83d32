"""What Join has to bring about: containers with an interface and a way out, as seen from inside of them."""

from __future__ import annotations

from collections.abc import Iterable

from workshop.course.checking import Check, Container, DockerError, Link, Network, Run, in_json, scenario

CHECKS = {
    "interface": Check(
        "the container has an interface",
        wrong="The container gets no interface",
        why="Docker moves the link that SrcName names from the host into the container, and gives it the addresses.",
        route="join",
        hint=1,
    ),
    "name": Check(
        "the interface has a name and a number",
        wrong="The interface is called by its number alone",
        why="Docker calls it DstPrefix and a number. Programs look for eth0; without a prefix it is called 0.",
        route="join",
        hint=1,
    ),
    "right_end": Check(
        "the interface is the end of the pair that is meant for the container",
        wrong="The wrong link went into the container",
        why="The other end has to stay behind, plugged into the bridge. What is in the container now leads nowhere.",
        route="join",
        hint=1,
    ),
    "gateway": Check(
        "the container has a default route by the network's gateway",
        wrong="The container has no default route by its gateway",
        why="Without one it reaches its own subnet and nothing else.",
        route="join",
        hint=2,
    ),
    "gateway6": Check(
        "the container has a default route for IPv6 too",
        wrong="The container has no default route for IPv6",
        why="The two IP versions have routes of their own: Gateway and GatewayIPv6 are two fields.",
        route="join",
        hint=2,
    ),
    "ping_gateway": Check(
        "the container reaches its gateway",
        wrong="The container does not reach its gateway",
        why="Everything that is not for its own subnet goes there.",
        route="join",
        hint=1,
    ),
    "ping": Check(
        "two containers reach each other",
        wrong="Two containers do not reach each other",
        why="That is what they are on one network for.",
        route="join",
        hint=1,
    ),
    "ping_outside": Check(
        "the container reaches the world outside",
        wrong="The container does not reach the world outside",
        why="It sends by its gateway, and the host passes it on.",
        route="join",
        hint=2,
    ),
    "accepted": Check(
        "Join is answered without Err",
        wrong="Join was answered with Err",
        why="Docker takes everything back then, and the container does not start.",
        route="join",
        hint=3,
    ),
    "no_gateway": Check(
        "a network without a gateway gets none",
        wrong="A gateway was answered that the network does not have",
        why="Nobody on the network has that address: what is sent there is lost.",
        route="join",
        hint=3,
    ),
    "internal": Check(
        "an internal network has no way out",
        wrong="An internal network has a way out",
        why="--internal promises that its containers reach each other and nothing else. Docker makes the default route "
        "that it is told.",
        route="join",
        hint=3,
    ),
    "again": Check(
        "the same call again is answered like the first",
        wrong="The same call a second time is answered differently",
        why="Docker asks again if it did not get the first answer.",
        route="join",
        hint=3,
    ),
}
GATEWAY_BRIDGE = "docker_gwbridge"
WORLD = {4: "192.0.2.1", 6: "2001:db8::1"}


def started(run: Run, name: str, network: Network) -> tuple[Container, Link]:
    """A container that runs, and its interface: the one with the address that Docker has chosen."""
    try:
        container = run.docker.run(name, network)
    except DockerError as error:
        blame(run, str(error))
        raise
    inside = run.inside(container)
    address = run.docker.address(container, network)
    link = inside.holder(address)
    run.check(
        "interface",
        link,
        expected=f"an interface with {address} in the container",
        seen=run.told(inside.links) + dockers_own(run, inside.links),
    )
    assert link is not None
    run.check("name", not link.name.isdigit(), expected="a name such as eth0", seen=link.name)
    outside = next((each for each in run.look().links if each.elsewhere and each.index == link.other), None)
    run.check(
        "right_end",
        outside is not None and outside.master is not None,
        expected=f"the other end of {link.name} plugged into the network's bridge",
        seen=f"the other end is {run.told(outside) if outside else 'not on the host'}",
    )
    return container, link


def dockers_own(run: Run, links: Iterable[Link]) -> str:
    """Which of a container's links Docker gave it by itself: one to its own bridge, where Join told of no gateway."""
    ends = {each.other: each.master.name for each in run.look().links if each.elsewhere and each.master}
    own = [link.name for link in links if ends.get(link.index) == GATEWAY_BRIDGE]
    return "".join(f"; {name} there is Docker's own, on {GATEWAY_BRIDGE}: Join answered no Gateway" for name in own)


def blame(run: Run, words: str) -> None:
    """Docker did not start the container: say which field of the answer it was."""
    answers = [call.answer for call in run.calls("join") if not call.error]
    if not answers:
        return
    answer = {key.lower(): value for key, value in answers[-1].items()}
    names = {key.lower(): value for key, value in (answer.get("interfacename") or {}).items()}
    if "gateway" in words.lower() and names.get("srcname"):
        told = " and ".join(filter(None, (answer.get("gateway"), answer.get("gatewayipv6")))) or "none"
        wanted = "a gateway on the network's subnet, without a mask, such as 10.90.1.1"
        run.check("gateway", False, expected=wanted, seen=told, docker=words)
    elif "interface" in words or not names.get("srcname"):
        run.check(
            "interface",
            False,
            expected="SrcName is the name of a link that is on the host, in Join and for a moment after",
            seen=f"SrcName {in_json(names.get('srcname'))}, DstPrefix {in_json(names.get('dstprefix'))}",
            docker=words,
        )


def has_route(run: Run, key: str, container: Container, gateway: str) -> None:
    version = 6 if ":" in gateway else 4
    routes = run.inside(container).default_routes(version)
    run.check(
        key,
        [route.gateway for route in routes] == [gateway],
        expected=f"default via {gateway}",
        seen="; ".join(map(str, routes)) or "no default route",
    )


@scenario("a container on an IPv4 network", checks=["interface", "name", "right_end", "gateway", "ping_gateway"])
def plain(run: Run) -> None:
    network = run.docker.create_network("cafe", subnet="10.90.1.0/24")
    container, _ = started(run, "bar", network)
    has_route(run, "gateway", container, "10.90.1.1")
    run.check_ping("ping_gateway", container, "10.90.1.1")


@scenario(
    "two containers, IPv4 and IPv6, with a gateway that the user chose",
    checks=["interface", "name", "right_end", "gateway", "gateway6", "ping", "ping_outside"],
)
def dual_stack(run: Run) -> None:
    network = run.docker.create_network(
        "cafe", subnet="10.90.2.0/28", gateway="10.90.2.14", subnet6="fd00:90:2::/64", gateway6="fd00:90:2::99"
    )
    (bar, _), (client, _) = started(run, "bar", network), started(run, "client", network)
    for container in (bar, client):
        has_route(run, "gateway", container, "10.90.2.14")
        has_route(run, "gateway6", container, "fd00:90:2::99")
    for version in (4, 6):
        run.check_ping("ping", client, bar, version=version)
        run.check_ping("ping_outside", client, WORLD[version])


@scenario("an internal network", checks=["accepted", "internal"])
def internal(run: Run) -> None:
    answer = joined(run, "3", {"Pool": "10.90.3.0/24", "Gateway": "10.90.3.1/24"}, internal=True)
    run.check(
        "internal",
        not (gateway := field(answer, "Gateway")),
        expected="an answer without Gateway",
        seen=f'"Gateway": "{gateway}"',
    )


@scenario("a network without a gateway, and the same call again", checks=["accepted", "no_gateway", "again"])
def no_gateway(run: Run) -> None:
    answer = joined(run, "4", {"Pool": "10.90.4.0/24"})
    run.check(
        "no_gateway",
        not (gateway := field(answer, "Gateway")),
        expected="an answer without Gateway",
        seen=f'"Gateway": "{gateway}"',
    )
    second = run.docker.call("join", request("4"))
    run.check("again", second == answer, expected=in_json(answer), seen=in_json(second))


def joined(run: Run, digit: str, pool: dict, internal: bool = False) -> dict:
    """The answer to Join on a network and an endpoint that are made without Docker."""
    options = {"com.docker.network.generic": {}, **({"com.docker.network.internal": True} if internal else {})}
    data = {"AddressSpace": "LocalDefault", **pool}
    body = {"NetworkID": digit * 64, "Options": options, "IPv4Data": [data], "IPv6Data": []}
    run.docker.call("create_network", body)
    interface = {"Address": pool["Pool"].replace(".0/", ".2/"), "AddressIPv6": "", "MacAddress": ""}
    run.docker.call("create_endpoint", {**request(digit), "Interface": interface, "Options": {}})
    answer = run.docker.call("join", request(digit))
    failed = answer.get("Err")
    run.check("accepted", not failed, expected="an answer with InterfaceName", seen=f"Err: {failed}")
    return answer


def request(digit: str) -> dict:
    ids = {"NetworkID": digit * 64, "EndpointID": digit * 63 + "e"}
    return {**ids, "SandboxKey": f"/var/run/docker/netns/{digit * 12}", "Options": {}}


def field(answer: dict, name: str) -> str | None:
    """A field, whatever the letter case of its key: Docker does not care."""
    return next((value for key, value in answer.items() if key.lower() == name.lower()), None)
