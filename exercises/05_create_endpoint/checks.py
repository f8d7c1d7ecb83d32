"""What CreateEndpoint has to bring about: a pair, one end on the right bridge, and an answer that changes nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from workshop.course.checking import Check, Container, DockerError, Link, Network, Run, View, in_json, scenario

MAC = "02:42:0a:5a:63:07"

CHECKS = {
    "no_err": Check(
        "the call is answered without Err",
        wrong="The call was answered with Err",
        why="Docker does not start the container, and shows the text to its user.",
        route="create_endpoint",
        hint=1,
    ),
    "pair": Check(
        "a veth pair appears",
        wrong="No veth pair has been made",
        why="The container will have a network of its own. A pair is the cable that leads out of it.",
        route="create_endpoint",
        hint=1,
    ),
    "plugged": Check(
        "one end is on the network's bridge",
        wrong="No end of the pair is on the network's bridge",
        why="What the container sends comes out at this end. If it is not a port of the bridge, it gets no further.",
        route="create_endpoint",
        hint=2,
    ),
    "free": Check(
        "the other end is free",
        wrong="Both ends of the pair are on the bridge",
        why="Docker moves one end into the container. A cable with both ends in one switch is a loop.",
        route="create_endpoint",
        hint=2,
    ),
    "up": Check(
        "the end on the bridge is up",
        wrong="The end on the bridge is down",
        why="Docker sets up the end in the container, and no other. A port that is down carries nothing.",
        route="create_endpoint",
        hint=2,
    ),
    "unaddressed": Check(
        "neither end has the container's address",
        wrong="The container's address is on the host",
        why="Docker gives the address to the link in the container. Two that have it answer for each other.",
        route="create_endpoint",
        hint=2,
    ),
    "echo": Check(
        "what Docker has chosen is not answered",
        wrong="The answer repeats what Docker has chosen",
        why="Docker reads any address in the answer as a change, even if it is the same, and undoes everything.",
        route="create_endpoint",
        hint=3,
    ),
    "started": Check(
        "a container starts with it",
        wrong="Docker cannot start a container with it",
        why="That is what the endpoint is for.",
        route="create_endpoint",
        hint=3,
    ),
    "mac": Check(
        "the container has the MAC address that was chosen",
        wrong="The container has another MAC address than was chosen",
        why="Neighbours keep the MAC address that Docker tells, and send to it.",
        route="create_endpoint",
        hint=3,
    ),
    "different": Check(
        "each container has a MAC address of its own",
        wrong="Two containers have the same MAC address",
        why="A bridge sends a frame to the port where it last saw its MAC address. With the same one on two ports, "
        "each gets half of the other's.",
        route="create_endpoint",
        hint=3,
    ),
    "ping": Check(
        "two containers reach each other",
        wrong="Two containers do not reach each other",
        why="That is what the cables are for.",
        route="create_endpoint",
        hint=2,
    ),
    "ping6": Check(
        "two containers reach each other over IPv6",
        wrong="Two containers do not reach each other over IPv6",
        why="The same cable carries both.",
        route="create_endpoint",
        hint=2,
    ),
    "right_bridge": Check(
        "each container is on the bridge of its own network",
        wrong="A container is on the bridge of another network",
        why="Networks are there to keep containers apart. The request says which network it is.",
        route="create_endpoint",
        hint=2,
    ),
    "repeated": Check(
        "the same call again is answered like the first",
        wrong="The same call a second time is answered otherwise",
        why="Docker asks again if it did not get the first answer.",
        route="create_endpoint",
        hint=4,
    ),
    "once": Check(
        "the same call again makes nothing more",
        wrong="The same call a second time made something more",
        why="It is the same endpoint: one pair. Of the second nobody knows, and nobody will remove it.",
        route="create_endpoint",
        hint=4,
    ),
    "refused": Check(
        "an endpoint of a network that is not there is answered with Err",
        wrong="An endpoint of a network that is not there was answered as if all were well",
        why="Docker believes the answer, and starts a container that reaches nobody.",
        route="create_endpoint",
        hint=4,
    ),
    "rolled_back": Check(
        "a failed call leaves nothing behind",
        wrong="A failed call left something behind",
        why="After Err, Docker forgets the endpoint and never sends DeleteEndpoint for it. Who began has to clear up.",
        route="create_endpoint",
        hint=4,
    ),
}


def bridge_of(run: Run, before: View) -> Link:
    """The bridge that the reference driver has just made."""
    return next(link for link in run.look().new_since(before) if link.kind == "bridge")


def request(network: Network, digit: str, **interface: str) -> dict:
    """A CreateEndpoint request as Docker would send it."""
    return {
        "NetworkID": network.id,
        "EndpointID": digit * 64,
        "Interface": {"Address": "", "AddressIPv6": "", "MacAddress": "", **interface},
        "Options": {"com.docker.network.endpoint.exposedports": [], "com.docker.network.portmap": []},
    }


def ask(run: Run, network: Network, digit: str, **interface: str) -> dict:
    """The call without a container: what it made can be looked at in peace. Its answer's ``Interface``."""
    answer = run.docker.call("create_endpoint", request(network, digit, **interface))
    run.check("no_err", not answer.get("Err"), expected="an answer without Err", seen=f"Err: {answer.get('Err')}")
    return answer.get("Interface") or {}


def is_plugged(run: Run, before: View, bridge: Link) -> None:
    """There is one new pair, one end is on the bridge and up, the other is free."""
    now = run.look()
    new = now.new_since(before)
    ends = [link for link in new if link.kind == "veth"]
    run.check("pair", len(ends) >= 2, expected="two new links of kind veth", seen=f"new links: {run.told(new)}")
    ports = [link for link in ends if link.master and link.master.index == bridge.index]
    run.check("plugged", ports, expected=f"one end with master {bridge.name}", seen=run.told(ends))
    run.check("free", len(ports) < len(ends), expected="the other end without a master", seen=run.told(ends))
    run.check(
        "up",
        all(link.up for link in ports),
        expected=f"{ports[0].name} state up",
        seen=f"{ports[0].name} state {ports[0].state}",
    )


def start(run: Run, name: str, network: Network, **wishes: str) -> Container:
    """A container. If Docker refuses, that is what the check says, in Docker's words."""
    try:
        container = run.docker.run(name, network, **wishes)
    except DockerError as error:
        key, expected, seen = refusal(run, name)
        run.check(key, False, expected=expected, seen=seen, docker=str(error))
        raise
    run.check("started", True)
    return container


def refusal(run: Run, name: str) -> tuple[str, str, str]:
    """Why Docker did not start a container, by the last call for it: the check, what was expected, what was seen."""
    last = next(iter(run.calls("create_endpoint")[-1:]), None)
    if last is None:
        return "started", f"{name} runs", "no CreateEndpoint"
    if last.error:
        return "started", "an answer without Err", f"Err: {last.error}"
    asked, told = last.request.get("Interface") or {}, last.answer.get("Interface") or {}
    if any(told.get(field) and asked.get(field) for field in ("Address", "AddressIPv6", "MacAddress")):
        return "echo", '"Interface" without what the request has', in_json(told)
    return "started", f"{name} runs", in_json(last.answer)


@scenario(
    "the call alone, where Docker chose an IPv4 address",
    checks=["no_err", "pair", "plugged", "free", "up", "unaddressed"],
)
def plain(run: Run) -> None:
    empty = run.look()
    network = run.docker.create_network("cafe", subnet="10.90.1.0/24")
    bridge, before = bridge_of(run, empty), run.look()
    ask(run, network, "1", Address="10.90.1.2/24")
    is_plugged(run, before, bridge)
    holders = [link for link in run.look().links if link.has("10.90.1.2")]
    run.check("unaddressed", not holders, expected="10.90.1.2 on no link of the host", seen=run.told(holders))


@scenario(
    "two containers with IPv4 and IPv6, one with both addresses of its user's choice, and the call for a third",
    checks=["started", "echo", "mac", "ping", "ping6", "no_err", "different"],
)
def dual_stack(run: Run) -> None:
    network = run.docker.create_network("cafe", subnet="10.90.4.0/24", subnet6="fd00:90:4::/64")
    bar = start(run, "bar", network, ip="10.90.4.77", mac=MAC)
    run.check("echo", True)
    links = [link for link in run.inside(bar).links if link.has("10.90.4.77/24")]
    run.check("mac", [link.mac for link in links] == [MAC], expected=MAC, seen=run.told(links))
    kitchen = start(run, "kitchen", network)
    own = [link.mac for link in run.inside(kitchen).links if link.kind == "veth"]
    told = run.docker.mac(kitchen, network)  # an answer without one is allowed: the link then keeps its own
    run.check("mac", own == [told] if told else own, expected=told or "a link", seen=", ".join(own))
    run.check_ping("ping", bar, kitchen)
    run.check_ping("ping6", bar, kitchen, version=6)
    before = run.look()
    third = ask(run, network, "4", Address="10.90.4.78/24", AddressIPv6="fd00:90:4::78/64")
    free = [link.mac for link in run.look().new_since(before) if link.kind == "veth" and not link.master]
    answered = (third.get("MacAddress") or "").lower().replace("-", ":")  # Docker reads both
    macs = [*own, *([answered] if answered else free)]
    run.check("different", len(set(macs)) == len(macs), expected="different MAC addresses", seen=", ".join(macs))


@scenario("two networks, an endpoint in each, at once", checks=["no_err", "plugged", "free", "right_bridge"])
def two_networks(run: Run) -> None:
    empty = run.look()
    networks = [run.docker.create_network(f"cafe{n}", subnet=f"10.90.{n}.0/24") for n in (5, 6)]
    bridges = [link for link in run.look().new_since(empty) if link.kind == "bridge"]
    with ThreadPoolExecutor(2) as pool:
        for done in [
            pool.submit(ask, run, each, digit, Address=f"10.90.{digit}.2/24")
            for digit, each in zip("56", networks, strict=True)
        ]:
            done.result()
    ports = [link for link in run.look().links if link.kind == "veth" and link.master]
    counts = [
        sum(link.master is not None and link.master.index == bridge.index for link in ports) for bridge in bridges
    ]
    for key, good in {"plugged": ports, "free": counts != [2, 2], "right_bridge": counts == [1, 1]}.items():
        run.check(key, good, expected="one port on each of the two bridges", seen=run.told(ports))


@scenario("the same call again, as when Docker did not get the answer", checks=["no_err", "pair", "repeated", "once"])
def again(run: Run) -> None:
    network = run.docker.create_network("cafe", subnet="10.90.7.0/24")
    before = run.look()
    first = ask(run, network, "7", Address="10.90.7.2/24")
    new = run.look().new_since(before)
    run.check("pair", len(new) >= 2, expected="two new links of kind veth", seen=f"new links: {run.told(new)}")
    body = request(network, "7", Address="10.90.7.2/24")
    answer = run.docker.call("create_endpoint", body)
    same = not answer.get("Err") and (answer.get("Interface") or {}) == first
    run.check("repeated", same, expected=f"{in_json(first)}, as before", seen=in_json(answer))
    now = run.look().new_since(before)
    run.check(
        "once",
        len(now) == len(new) and all(link.up for link in now if link.master),
        expected=run.told(new),
        seen=run.told(now),
    )


@scenario("a network that is not there", checks=["refused", "rolled_back"])
def no_network(run: Run) -> None:
    before = run.look()
    nowhere = Network("0bad" * 16, "nowhere")
    said = run.refused(run.docker.call, "create_endpoint", request(nowhere, "8", Address="10.90.8.2/24"))
    left = run.look().new_since(before)
    run.check("refused", said, expected="Err, since there is no such network", seen=f"no Err, and {run.told(left)}")
    run.check("rolled_back", not left, expected="no new link", seen=run.told(left), left_over=left)
