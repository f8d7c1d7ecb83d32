"""What CreateNetwork has to bring about, seen from outside: from Docker on one side, from the kernel on the other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from workshop.course.checking import Check, Link, Run, View, scenario

CHECKS = {
    "bridge": Check(
        "a bridge appears",
        wrong="No bridge has been made",
        why="Containers of one network meet on a bridge; without one there is nothing to plug them into.",
        route="create_network",
        hint=1,
    ),
    "address": Check(
        "the bridge has the gateway's address",
        wrong="The bridge does not have the gateway's address",
        why="Docker has told every container of the network to send there what is for others. "
        "It takes the address for granted: nobody else will add it.",
        route="create_network",
        hint=2,
    ),
    "up": Check(
        "the bridge is up",
        wrong="The bridge is down",
        why="A link that is down forwards nothing, and its routes are not used.",
        route="create_network",
        hint=2,
    ),
    "mask": Check(
        "the address is the one that Docker chose, with its mask",
        wrong="The bridge has another address than Docker chose",
        why="Users choose subnets and gateways (--subnet, --gateway). What Docker has decided is in the request; with "
        "another mask the host looks for its containers in the wrong place.",
        route="create_network",
        hint=2,
    ),
    "address6": Check(
        "the bridge has the gateways of both IP versions",
        wrong="The bridge lacks a gateway of one IP version",
        why="With --ipv6 there is a second list, IPv6Data. Containers use its gateway just like the other one.",
        route="create_network",
        hint=2,
    ),
    "no_gateway": Check(
        "without a gateway, the bridge has no address",
        wrong="The bridge took an address that nobody gave it",
        why="The addresses of the pool belong to Docker, which will give this one to a container: then two have it.",
        route="create_network",
        hint=3,
    ),
    "repeated": Check(
        "the same call again is answered like the first",
        wrong="The same call a second time fails",
        why="Docker asks again if it did not get the first answer (after 1, 2, 4 and 8 seconds). An Err then makes it "
        "give up on a network that is there.",
        route="create_network",
        hint=3,
    ),
    "once": Check(
        "the same call again makes nothing more",
        wrong="The same call a second time changed what was there",
        why="It is the same network: one bridge, each address once.",
        route="create_network",
        hint=3,
    ),
    "own_bridge": Check(
        "each network has a bridge of its own",
        wrong="Two networks have to share a bridge",
        why="Networks are there to keep containers apart. On one bridge they all hear each other.",
        route="create_network",
        hint=1,
    ),
    "refused": Check(
        "what cannot be done is answered with Err",
        wrong="A network that could not be made was answered as if it had been",
        why="Docker believes the answer: it shows the network to its user, and plugs containers into nothing.",
        route="create_network",
        hint=4,
    ),
    "rolled_back": Check(
        "a failed call leaves nothing behind",
        wrong="A failed call left something behind",
        why="After Err, Docker forgets the network and never sends DeleteNetwork for it. Who began has to clear up.",
        route="create_network",
        hint=4,
    ),
    "ping": Check(
        "two containers on the bridge reach each other",
        wrong="Two containers on the bridge do not reach each other",
        why="That is what the bridge is for.",
        route="create_network",
        hint=2,
    ),
    "steady": Check(
        "the bridge keeps its MAC address when containers are plugged in",
        wrong="The bridge changed its MAC address when a container was plugged in",
        why="A bridge without a MAC address of its own takes that of a port, and another when the port goes. "
        "Containers then send to a gateway that is no longer there, until they ask for it again.",
        route="create_network",
        hint=3,
    ),
}


def bridge_of(run: Run, before: View) -> Link:
    """The one new bridge."""
    new = run.look().new_since(before)
    bridges = [link for link in new if link.kind == "bridge"]
    run.check("bridge", bridges, expected="one new link of kind bridge", seen=f"new links: {run.told(new)}")
    return bridges[0]


def is_up(run: Run, bridge: Link) -> None:
    run.check("up", bridge.up, expected=f"{bridge.name} state up", seen=f"{bridge.name} state {bridge.state}")


def has(run: Run, key: str, bridge: Link, *wanted: str) -> None:
    """The bridge has these addresses, and of their IP versions no others."""
    there = [each for version in (4, 6) for each in bridge.addresses_of(version)]
    good = all(bridge.has(each) for each in wanted) and len(there) == len(wanted)
    run.check(
        key,
        good,
        expected=f"{bridge.name} with {' and '.join(wanted)}",
        seen=f"{bridge.name} with {' and '.join(there) or 'no address'}",
    )


@scenario("a network with IPv4", checks=["bridge", "address", "up"])
def plain(run: Run) -> None:
    before = run.look()
    run.docker.create_network("cafe", subnet="10.90.1.0/24")
    bridge = bridge_of(run, before)
    has(run, "address", bridge, "10.90.1.1/24")
    is_up(run, bridge)


@scenario("a small subnet, with a gateway that the user chose", checks=["bridge", "mask", "up"])
def chosen_gateway(run: Run) -> None:
    before = run.look()
    run.docker.create_network("cafe", subnet="10.90.2.16/28", gateway="10.90.2.30")
    bridge = bridge_of(run, before)
    has(run, "mask", bridge, "10.90.2.30/28")
    is_up(run, bridge)


@scenario("IPv4 and IPv6", checks=["bridge", "address6", "up"])
def dual_stack(run: Run) -> None:
    before = run.look()
    run.docker.create_network("cafe", subnet="10.90.3.0/24", subnet6="fd00:90:3::/64")
    bridge = bridge_of(run, before)
    has(run, "address6", bridge, "10.90.3.1/24", "fd00:90:3::1/64")
    is_up(run, bridge)


@scenario("a network without a gateway", checks=["bridge", "no_gateway", "up"])
def no_gateway(run: Run) -> None:
    before = run.look()
    answer = run.docker.call("create_network", request("4", Pool="10.90.4.0/24"))
    run.check("bridge", not answer.get("Err"), expected="an answer without Err", seen=f"Err: {answer.get('Err')}")
    bridge = bridge_of(run, before)
    there = bridge.addresses_of(4)
    run.check(
        "no_gateway",
        not there,
        expected=f"{bridge.name} without an address",
        seen=f"{bridge.name} with {' and '.join(there)}",
    )
    is_up(run, bridge)


@scenario("the same call again, as when Docker did not get the answer", checks=["bridge", "repeated", "once"])
def again(run: Run) -> None:
    body = request("5", Pool="10.90.5.0/24", Gateway="10.90.5.1/24")
    before = run.look()
    run.docker.call("create_network", body)
    now, bridge = run.look(), bridge_of(run, before)
    said = run.refused(run.docker.call, "create_network", body)
    run.check("repeated", said is None, expected="{}", seen=f"Err: {said}")
    after = run.look()
    same, new = after.at(bridge.index), after.new_since(now)
    run.check(
        "once",
        not new and same and same.up and same.addresses_of(4) == bridge.addresses_of(4),
        expected=f"{run.told(bridge)}, and nothing more",
        seen=run.told([*([same] if same else []), *new]),
        left_over=new,
    )


@scenario("two networks at once", checks=["bridge", "own_bridge"])
def two_at_once(run: Run) -> None:
    before = run.look()
    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(run.docker.create_network, f"cafe{n}", subnet=f"10.90.{n}.0/24") for n in (6, 7)]
    for each in made:
        each.result()
    new = [link for link in run.look().new_since(before) if link.kind == "bridge"]
    run.check("bridge", new, expected="two new links of kind bridge", seen=run.told(new))
    found = sorted(each for link in new for each in link.addresses_of(4))
    run.check(
        "own_bridge",
        len(new) == 2
        and all(len(link.addresses_of(4)) == 1 for link in new)
        and found == ["10.90.6.1/24", "10.90.7.1/24"],
        expected="one bridge with 10.90.6.1/24, another with 10.90.7.1/24",
        seen=run.told(new),
    )


@scenario("a request that the kernel cannot meet", checks=["refused", "rolled_back"])
def impossible(run: Run) -> None:
    before = run.look()
    body = request("8", Pool="10.90.8.0/24", Gateway="10.90.8.1/24")
    body["IPv4Data"].append({"AddressSpace": "LocalDefault", "Pool": "10.90.9.0/24", "Gateway": "10.90.9.1/33"})
    said = run.refused(run.docker.call, "create_network", body)
    run.check(
        "refused", said, expected='Err, since no address has the mask of "10.90.9.1/33"', seen="{}, as if all were well"
    )
    left = run.look().new_since(before)
    run.check("rolled_back", not left, expected="no new link", seen=run.told(left), left_over=left)


@scenario(
    "an internal network with two containers, and an option nobody knows", checks=["bridge", "up", "ping", "steady"]
)
def with_containers(run: Run) -> None:
    before = run.look()
    network = run.docker.create_network("cafe", subnet="10.90.10.0/24", internal=True, options={"colour": "blue"})
    bridge = bridge_of(run, before)
    is_up(run, bridge)
    bar, client = (run.docker.run(name, network) for name in ("bar", "client"))
    run.check_ping("ping", client, bar)
    now = run.look().at(bridge.index)
    mac = now.mac if now else "gone"
    run.check(
        "steady",
        mac == bridge.mac,
        expected=f"{bridge.name} with {bridge.mac}, as before",
        seen=f"{bridge.name} with {mac}",
    )


def request(digit: str, **data: str) -> dict:
    """A CreateNetwork request as Docker would send it."""
    options = {"com.docker.network.enable_ipv6": False, "com.docker.network.generic": {}}
    return {
        "NetworkID": digit * 64,
        "Options": options,
        "IPv4Data": [{"AddressSpace": "LocalDefault", **data}],
        "IPv6Data": [],
    }
