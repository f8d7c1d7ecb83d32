"""What CreateEndpoint and Join have to bring about with an ipvlan: the right link, its mode, the way out that fits it.

The parent is the host's own link to the network outside: the one that has the host's address. Where the kernel has no
ipvlan, the judge looks at what it was asked for instead, and goes on as if the link were there; what it would do there
is left out, and the verdict says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from workshop.course.checking import Asked, Check, Container, DockerError, Link, Network, Run, in_json, scenario

KIND = "ipvlan"
MAC = "02:42:0a:5a:63:0d"
WORLD = {4: "192.0.2.1", 6: "2001:db8::1"}
EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
NOWHERE = "nowhere7"

NO_KIND = (
    "This kernel has no ipvlan, so your handler was judged by what it asked the kernel for, and by its answers. How "
    "its containers reach each other was not tried. `sudo modprobe ipvlan` loads it where it is a module; the kernels "
    "of Debian, Ubuntu and Fedora have it."
)
UNSEEN = (
    "This kernel has no ipvlan, and some of what comes after your handler has asked for one could not be judged. If "
    "the link is made in create_endpoint, by host.kernel or by `ip`, more can be."
)
_REFUSED_BY_KERNEL = re.compile(r"not supported|unknown device type|\b95\b", re.IGNORECASE)
_IP_SAYS_NO = "ended with status 2"
"""How `ip` ends if the kernel refuses; for words that it does not know itself it has other numbers."""

CHECKS = {
    "accepted": Check(
        "CreateEndpoint and Join are answered without Err",
        wrong="A call was answered with Err",
        why="Docker takes everything back then, and shows the text to its user.",
        route="create_endpoint",
        hint=1,
    ),
    "ipvlan": Check(
        "an ipvlan appears",
        wrong="No ipvlan has been made",
        why="An ipvlan is a second link on the cable of another one, with the same MAC address. It brings the "
        "container to the network outside, also where that allows only one MAC address.",
        route="create_endpoint",
        hint=1,
    ),
    "parent": Check(
        "it sits on the parent that the user named",
        wrong="It sits on another link than the user named",
        why="The parent is the cable: it decides on which network the container is.",
        route="create_endpoint",
        hint=1,
    ),
    "mode": Check(
        "it has the mode that the user chose, and l2 if none",
        wrong="It has another mode than the user chose",
        why="In l2, containers are neighbours of the machines outside; in l3, they are behind their host as behind a "
        "router. l2 is what Docker's own driver takes if nothing is said; the kernel takes l3.",
        route="create_endpoint",
        hint=2,
    ),
    "unaddressed": Check(
        "it has no IP address yet",
        wrong="The container's address is on the host",
        why="Docker gives the address to the link in the container. The kernel takes each address for one ipvlan only.",
        route="create_endpoint",
        hint=1,
    ),
    "echo": Check(
        "what Docker has chosen is not answered",
        wrong="The answer repeats what Docker has chosen",
        why="Docker reads any address in the answer as a change, even if it is the same, and undoes everything.",
        route="create_endpoint",
        hint=3,
    ),
    "no_mac": Check(
        "no MAC address is answered",
        wrong="A MAC address was answered",
        why="Docker would set it, and the kernel says `Operation not supported`: an ipvlan has that of its parent.",
        route="create_endpoint",
        hint=3,
    ),
    "mac_refused": Check(
        "a MAC address that the user chose is answered with Err, which says that none can be chosen",
        wrong="A MAC address that the user chose is not answered with an Err that says that none can be chosen",
        why="Docker sets it when the container starts, and all that its user then reads is `operation not supported`. "
        "Docker's own driver refuses it too.",
        route="create_endpoint",
        hint=3,
    ),
    "named": Check(
        "Join names the ipvlan",
        wrong="Join does not name the ipvlan",
        why="Docker moves the link that SrcName names into the container.",
        route="join",
        hint=3,
    ),
    "gateway": Check(
        "in mode l2, Join answers the network's gateway",
        wrong="Join does not answer the network's gateway",
        why="Without one, the container reaches its own subnet, and nothing beyond.",
        route="join",
        hint=3,
    ),
    "no_gateway": Check(
        "in mode l3, Join answers no gateway",
        wrong="Join answers a gateway in mode l3",
        why="The container would have to ask for it by ARP, and an ipvlan in mode l3 has none: Docker could make the "
        "route, and nothing would ever leave by it.",
        route="join",
        hint=3,
    ),
    "by_link": Check(
        "in mode l3, Join answers a default route by the link, for IPv4 and IPv6",
        wrong="Join answers no default route by the link in mode l3",
        why="What leaves the link, the host's kernel routes. Without a default route Docker believes that there is no "
        "way out, and adds a second link by a bridge of its own.",
        route="join",
        hint=3,
    ),
    "no_way_out": Check(
        "an internal network gets neither gateway nor default route",
        wrong="An internal network has a way out",
        why="--internal promises that containers reach each other and nothing else. Docker makes the routes that it is "
        "told.",
        route="join",
        hint=3,
    ),
    "started": Check(
        "a container starts with it",
        wrong="Docker cannot start a container with it",
        why="CreateEndpoint and Join together have to give Docker a link that it can move.",
        route="join",
        hint=3,
    ),
    "interface": Check(
        "the ipvlan is the container's interface, with the address that Docker chose",
        wrong="The container's interface is not the ipvlan",
        why="Docker gives the address to the link that Join names.",
        route="join",
        hint=3,
    ),
    "route": Check(
        "the container has a default route by its link, and no gateway",
        wrong="The container has no default route by its link",
        why="In mode l3 there is nobody to be asked for by ARP.",
        route="join",
        hint=3,
    ),
    "outside": Check(
        "the container reaches the network outside",
        wrong="The container does not reach the network outside",
        why="It is there to be a machine of that network, or behind one.",
        route="create_endpoint",
        hint=1,
    ),
    "ping": Check(
        "two containers on one parent reach each other",
        wrong="Two containers on one parent do not reach each other",
        why="The parent is also what lies between those that sit on it: in l2 a switch, in l3 a router.",
        route="create_endpoint",
        hint=2,
    ),
    "other_mode": Check(
        "a parent whose containers have another mode is refused, with the reason",
        wrong="A parent whose containers have another mode is not refused with the reason",
        why="The kernel has one mode for all ipvlans of a parent. Whoever makes one in l3 takes the others there too, "
        "and these are cut off from their gateway.",
        route="create_endpoint",
        hint=4,
    ),
    "undisturbed": Check(
        "who was there first keeps the mode",
        wrong="Who was there first has another mode now",
        why="The kernel has one mode for all ipvlans of a parent.",
        route="create_endpoint",
        hint=4,
    ),
    "bad_mode": Check(
        "a mode that there is not is answered with Err, which names it",
        wrong="A mode that there is not is not answered with an Err that names it",
        why="With another mode in its place, the user has a network that does something else than they wanted, and "
        "nobody tells them.",
        route="create_endpoint",
        hint=4,
    ),
    "lost_parent": Check(
        "a parent that there is not is answered with Err, which names it",
        wrong="A parent that there is not is not answered with an Err that names it",
        why="It is often a name that was misspelt, or a link of another machine. The user can mend it if they read it.",
        route="create_endpoint",
        hint=4,
    ),
    "unasked": Check(
        "without the option parent, no link of the host's is taken",
        wrong="A link of the host's was taken, though the user named none",
        why="A container on the host's own network is more than its user asked for. Docker's own driver then makes a "
        "network that leads nowhere; Err will do.",
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
    "again": Check(
        "the same calls again are answered like the first, and make nothing more",
        wrong="The same calls a second time are answered otherwise, or make something more",
        why="Docker asks again if it did not get the first answer. It is the same endpoint: one link.",
        route="create_endpoint",
        hint=4,
    ),
}


def uplink(run: Run) -> Link:
    """The host's link to the network outside."""
    link = run.look().holder(run.host_address())
    assert link is not None, "the host has lost its address"
    return link


# -- the calls alone


def network(run: Run, digit: str, *, internal: bool = False, **options: str) -> dict[str, Any]:
    """A network that is made without Docker, whose user gave these options. Its CreateNetwork request."""
    labels: dict[str, Any] = {"com.docker.network.generic": options}
    if internal:
        labels["com.docker.network.internal"] = True
    pools = [("192.0.2.0/24", f"{WORLD[4]}/24"), ("2001:db8::/64", f"{WORLD[6]}/64")]
    four, six = ({"AddressSpace": "LocalDefault", "Pool": pool, "Gateway": gateway} for pool, gateway in pools)
    return {"NetworkID": digit * 64, "Options": labels, "IPv4Data": [four], "IPv6Data": [six]}


def endpoint(digit: str, number: int = 1, mac: str = "") -> dict[str, Any]:
    """A CreateEndpoint request as Docker would send it."""
    addresses = {"Address": "192.0.2.99/24", "AddressIPv6": "2001:db8::99/64", "MacAddress": mac}
    return {**ids(digit, number), "Interface": addresses, "Options": {}}


def ids(digit: str, number: int = 1) -> dict[str, str]:
    return {"NetworkID": digit * 64, "EndpointID": f"{digit}{number:x}" * 32}


def join(digit: str, number: int = 1) -> dict[str, Any]:
    return {**ids(digit, number), "SandboxKey": f"/var/run/docker/netns/{digit}{number:x}", "Options": {}}


@dataclass
class Made:
    """What came of CreateEndpoint and Join: the ipvlan's name, parent and mode, and both answers.

    ``None`` is what cannot be known, since the kernel has no ipvlan.
    """

    name: str | None
    parent: str | None
    mode: str | None
    created: dict[str, Any] | None
    joined: dict[str, Any] | None


def attach(run: Run, digit: str, number: int = 1) -> Made:
    """CreateEndpoint and Join without a container."""
    if run.lacks(KIND):
        return as_asked(run, digit, number)
    before = run.look()
    answers = [accepted(run, route, body) for route, body in calls(digit, number)]
    new = run.look().new_since(before)
    found = [link for link in new if link.kind == KIND]
    wanted = "one new link of kind ipvlan after CreateEndpoint and Join"
    run.check("ipvlan", len(found) == 1, expected=wanted, seen=f"new links: {run.told(new)}")
    parent = found[0].parent
    return Made(found[0].name, parent.name if parent else "nothing that is here", found[0].info["mode"], *answers)


def calls(digit: str, number: int = 1) -> list[tuple[str, dict[str, Any]]]:
    return [("create_endpoint", endpoint(digit, number)), ("join", join(digit, number))]


def accepted(run: Run, route: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = run.docker.call(route, body)
    run.check("accepted", not answer.get("Err"), expected=f"{route} without Err", seen=f"Err: {answer.get('Err')}")
    return answer


def as_asked(run: Run, digit: str, number: int) -> Made:
    """The same where the kernel has no ipvlan: by what it was asked for. A call that failed for that is no fault."""
    before, known = run.look(), len(run.asked(KIND))
    answers: dict[str, dict[str, Any] | None] = {"create_endpoint": None, "join": None}
    for route, body in calls(digit, number):
        since = len(run.asked(KIND))
        answer, said = tried(run, route, body)
        if said is None:
            answers[route] = answer
        elif failed_for_the_kernel(said, run.asked(KIND)[since:]):
            run.remember(endpoint(digit, number))  # so that Join can be asked
        elif route == "join" and answers["create_endpoint"] is None:
            continue  # it may have looked for the link, which is not there
        else:
            answers[route] = accepted(run, route, body)  # now it is a fault
    asked = run.asked(KIND)[known:]
    unseen = not asked and None in answers.values()
    new = f"new links: {run.told(run.look().new_since(before))}"
    run.check("ipvlan", asked or unseen, expected="the kernel is asked for a link of kind ipvlan", seen=new)
    run.check("accepted", True)
    if unseen:
        return Made(None, None, None, *answers.values())
    return Made(asked[-1].name, asked[-1].parent or "nothing", asked[-1].mode or "l3", *answers.values())


def tried(run: Run, route: str, body: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """An answer, and its Err. An exception is none of the learner's faults."""
    answer: dict[str, Any] = {}

    def call() -> dict[str, Any]:
        answer.update(run.docker.call(route, body))
        return answer

    return answer, run.refused(call)


def failed_for_the_kernel(said: str, asked: list[Asked]) -> bool:
    """Whether a call was answered with Err since the kernel has no ipvlan, as far as one can tell."""
    words = [said, *(each.error or "" for each in asked)]
    return any(_REFUSED_BY_KERNEL.search(text) or text == _IP_SAYS_NO for text in words)


def sits(run: Run, made: Made, parent: str, mode: str) -> None:
    """The ipvlan's parent and mode are those."""
    if made.parent is None:
        run.leave_out("parent", "mode", why=UNSEEN)
        return
    run.check("parent", made.parent == parent, expected=f"on {parent}", seen=f"{made.name} on {made.parent}")
    run.check("mode", made.mode == mode, expected=f"mode {mode}", seen=f"mode {made.mode}")


def is_named(run: Run, made: Made) -> None:
    """Join names it."""
    if made.joined is None or made.name is None:
        run.leave_out("named", why=UNSEEN)
        return
    source = field(field(made.joined, "InterfaceName"), "SrcName")
    run.check("named", source == made.name, expected=f'"SrcName": "{made.name}"', seen=f'"SrcName": "{source or ""}"')


def ways(joined: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
    """The gateways that Join answers, and the default routes."""
    gateways = [f'"{name}": "{way}"' for name in ("Gateway", "GatewayIPv6") if (way := field(joined, name))]
    routes = field(joined, "StaticRoutes") or []
    return gateways, [each for each in routes if field(each, "Destination") in EVERYWHERE.values()]


def refusal(run: Run, digit: str, body: dict[str, Any]) -> str | None:
    """What was said against a container in this network, by whichever call; ``None`` if nothing was."""
    every = (("create_network", body), *calls(digit))
    return next((said for route, each in every if (said := run.refused(run.docker.call, route, each))), None)


@scenario(
    "the calls alone, with a parent and no mode",
    checks=["accepted", "ipvlan", "parent", "mode", "unaddressed", "echo", "no_mac", "named", "gateway"],
)
def plain(run: Run) -> None:
    parent = uplink(run).name
    run.docker.call("create_network", network(run, "1", parent=parent))
    made = attach(run, "1")
    sits(run, made, parent, "l2")
    holders = [each for each in run.look().links if each.has("192.0.2.99")]
    if holders or not run.lacks(KIND):
        run.check("unaddressed", not holders, expected="192.0.2.99 on no link of the host", seen=run.told(holders))
    else:
        run.leave_out("unaddressed", why=NO_KIND)
    if made.created is None:
        run.leave_out("echo", "no_mac", why=NO_KIND)
    else:
        told = field(made.created, "Interface") or {}
        chosen = {name: value for name in ("Address", "AddressIPv6") if (value := field(told, name))}
        run.check("echo", not chosen, expected='"Interface" without Address', seen=f'"Interface": {chosen}')
        mac = field(told, "MacAddress")
        run.check("no_mac", not mac, expected='"Interface" without MacAddress', seen=f'"MacAddress": "{mac}"')
    is_named(run, made)
    if made.joined is None:
        run.leave_out("gateway", why=UNSEEN)
        return
    way = field(made.joined, "Gateway")
    run.check("gateway", way == WORLD[4], expected=f'"Gateway": "{WORLD[4]}"', seen=f'"Gateway": "{way or ""}"')


@scenario(
    "the calls alone, in mode l3",
    checks=["accepted", "ipvlan", "parent", "mode", "named", "no_gateway", "by_link"],
)
def layer3(run: Run) -> None:
    parent = uplink(run).name
    run.docker.call("create_network", network(run, "2", parent=parent, ipvlan_mode="l3"))
    made = attach(run, "2")
    sits(run, made, parent, "l3")
    is_named(run, made)
    if made.joined is None:
        run.leave_out("no_gateway", "by_link", why=UNSEEN)
        return
    gateways, routes = ways(made.joined)
    run.check("no_gateway", not gateways, expected="an answer without Gateway", seen=", ".join(gateways))
    for target in EVERYWHERE.values():
        mine = [each for each in routes if field(each, "Destination") == target]
        run.check(
            "by_link",
            mine and all(field(each, "RouteType") == 1 for each in mine),
            expected=f'"StaticRoutes": […, {{"Destination": "{target}", "RouteType": 1}}]',
            seen=f'"StaticRoutes": {field(made.joined, "StaticRoutes") or []}',
        )


@scenario("a MAC address that the user chose", checks=["mac_refused", "rolled_back"])
def static_mac(run: Run) -> None:
    run.docker.call("create_network", network(run, "3", parent=uplink(run).name))
    before = run.look()
    said = run.refused(run.docker.call, "create_endpoint", endpoint("3", mac=MAC))
    left = run.look().new_since(before)
    run.check(
        "mac_refused",
        said and (MAC in said.lower() or re.search(r"\bmac\b", said, re.IGNORECASE)),
        expected="Err that says that the MAC address cannot be chosen",
        seen=f"Err: {said}" if said else f"no Err, and {run.told(left)}",
    )
    run.check("rolled_back", not left, expected="no new link", seen=run.told(left), left_over=left)


@scenario(
    "a second network on the same parent, in another mode", checks=["accepted", "ipvlan", "other_mode", "undisturbed"]
)
def other_mode(run: Run) -> None:
    parent = uplink(run).name
    run.docker.call("create_network", network(run, "4", parent=parent))
    first, known = attach(run, "4"), len(run.asked(KIND))
    said = refusal(run, "5", network(run, "5", parent=parent, ipvlan_mode="l3"))
    asked = run.asked(KIND)[known:]
    modes = [link.info["mode"] for link in run.look().links if link.kind == KIND and link.name == first.name]
    seen = f"Err: {said}" if said else "no Err"
    if asked:
        seen = f"the kernel was asked for an ipvlan in mode {asked[-1].mode} on {asked[-1].parent}; {seen}"
    run.check(
        "other_mode",
        said and not asked and (parent in said or "mode" in said),
        expected=f"Err with the reason: {parent} has containers in mode l2 already",
        seen=seen + (f"; {first.name} is in mode {modes[0]} now" if modes else ""),
    )
    if run.lacks(KIND):
        run.leave_out("undisturbed", why=NO_KIND)
        return
    run.check("undisturbed", modes == ["l2"], expected=f"{first.name} in mode l2", seen=f"mode {modes}")


# -- containers


def start(run: Run, name: str, network: Network) -> tuple[Container, Link]:
    """A container that runs, and its interface."""
    try:
        container = run.docker.run(name, network)
    except DockerError as error:
        last = "".join([in_json(call.answer) for call in run.calls("join")][-1:]) or "nothing"
        run.check("started", False, expected=f"{name} runs", seen=f"Join answered {last}", docker=str(error))
        raise
    run.check("started", True)
    address, inside = run.docker.address(container, network), run.inside(container)
    link = inside.holder(address)
    run.check(
        "interface",
        link is not None and link.kind == KIND,
        expected=f"an ipvlan with {address} in {name}",
        seen=run.told(each for each in inside.links if each.name != "lo"),
    )
    assert link is not None
    return container, link


@scenario(
    "two containers in mode l2, IPv4 and IPv6, and a network in mode l3 beside them",
    checks=["started", "interface", "outside", "ping", "other_mode", "undisturbed"],
)
def two_in_l2(run: Run) -> None:
    if run.lacks(KIND):
        run.leave_out(*run.checks, why=NO_KIND)
        return
    parent = uplink(run).name
    cafe = run.docker.create_network(
        "cafe",
        subnet="192.0.2.0/24",
        gateway=WORLD[4],
        ip_range="192.0.2.128/25",
        subnet6="2001:db8::/64",
        gateway6=WORLD[6],
        options={"parent": parent},
    )
    (bar, _), (kitchen, _) = start(run, "bar", cafe), start(run, "kitchen", cafe)
    for version in (4, 6):
        for each in (bar, kitchen):
            run.check_ping("outside", each, WORLD[version])
        run.check_ping("ping", bar, kitchen, version=version)
    said = refusal(run, "6", network(run, "6", parent=parent, ipvlan_mode="l3"))
    seen = f"Err: {said}" if said else "no Err"
    run.check("other_mode", said, expected=f"Err, for {parent} has containers in mode l2", seen=seen)
    modes = [link.info["mode"] for link in run.inside(bar).links if link.kind == KIND]
    run.check("undisturbed", modes == ["l2"], expected="bar's ipvlan in mode l2", seen=f"mode {', '.join(modes)}")


@scenario(
    "two containers in mode l3, of two subnets, IPv4 and IPv6",
    checks=["started", "interface", "route", "ping", "outside"],
)
def two_in_l3(run: Run) -> None:
    if run.lacks(KIND):
        run.leave_out(*run.checks, why=NO_KIND)
        return
    options = {"parent": uplink(run).name, "ipvlan_mode": "l3"}
    made = []
    for number, name in ((7, "bar"), (8, "kitchen")):
        subnets = {"subnet": f"10.90.{number}.0/24", "subnet6": f"fd00:90:{number}::/64"}
        one = run.docker.create_network(f"cafe{number}", options=options, **subnets)
        container, link = start(run, name, one)
        made.append(container)
        for version in (4, 6):
            routes = run.inside(container).default_routes(version)
            good = [(each.gateway, each.link) for each in routes] == [(None, link.name)]
            seen = "; ".join(map(str, routes)) or "no default route"
            run.check("route", good, expected=f"default dev {link.name}, for IPv{version}", seen=seen)
    bar, kitchen = made
    run.check_ping("ping", bar, kitchen)
    run.check_ping("ping", bar, kitchen, version=6)
    with run.outside_knows("10.90.7.0/24"), run.outside_knows("fd00:90:7::/64"):
        for version in (4, 6):
            run.check_ping("outside", bar, WORLD[version])


# -- what is to be refused, and what comes twice


@scenario("a mode that there is not", checks=["bad_mode", "rolled_back"])
def bad_mode(run: Run) -> None:
    before, body = run.look(), network(run, "7", parent=uplink(run).name, ipvlan_mode="l4")
    said = refusal(run, "7", body)
    left, asked = run.look().new_since(before), run.asked(KIND)
    took = ", ".join(f"{each.name} in mode {each.mode or 'l3'}" for each in asked) or run.told(left)
    seen = f"Err: {said}" if said else f"no Err, and {took}"
    run.check("bad_mode", said and "l4" in said, expected="Err with the word 'l4' in it", seen=seen)
    run.check("rolled_back", not left, expected="no new link", seen=run.told(left), left_over=left)


@scenario("a parent that there is not, and none named", checks=["lost_parent", "unasked", "rolled_back"])
def no_parent(run: Run) -> None:
    before = run.look()
    said = refusal(run, "8", network(run, "8", parent=NOWHERE))
    left, asked = run.look().new_since(before), run.asked(KIND)
    took = ", ".join(f"{each.name} on {each.parent}" for each in asked) or run.told(left)
    seen = f"Err: {said}" if said else f"no Err, and {took}"
    run.check("lost_parent", said and NOWHERE in said, expected=f"Err with the name {NOWHERE} in it", seen=seen)
    run.check("rolled_back", not left, expected="no new link", seen=run.told(left), left_over=left)
    said, known = refusal(run, "9", network(run, "9")), len(asked)
    new, there = run.look().new_since(before), {link.name for link in before.links}
    sat = [(link.name, link.parent.name) for link in new if link.parent]
    sat += [(each.name or "one", each.parent or "") for each in run.asked(KIND)[known:]]
    taken = [f"{name} on {parent}" for name, parent in sat if parent in there]
    run.check(
        "unasked",
        not taken and (said or new),
        expected="Err, or a link on nothing of the host's",
        seen=", ".join(taken) or "no Err, and no link at all",
    )
    run.check("rolled_back", not said or not new, expected="no new link", seen=run.told(new), left_over=new)


@scenario("an internal network, and the same calls again", checks=["accepted", "ipvlan", "no_way_out", "again"])
def internal(run: Run) -> None:
    run.docker.call("create_network", network(run, "a", internal=True, parent=uplink(run).name, ipvlan_mode="l3"))
    before = run.look()
    made = attach(run, "a")
    if made.joined is None:
        run.leave_out("no_way_out", why=UNSEEN)
    else:
        gateways, routes = ways(made.joined)
        told = ", ".join([*gateways, *([f'"StaticRoutes": {in_json(routes)}'] if routes else [])])
        run.check("no_way_out", not told, expected="an answer without gateway and default route", seen=told)
    if run.lacks(KIND):
        run.leave_out("again", why=NO_KIND)
        return
    for (route, body), first in zip(calls("a"), (made.created, made.joined), strict=True):
        second = run.docker.call(route, body)
        now = run.look().new_since(before)
        run.check("again", len(now) == 1, expected=f"one link after {route} came twice", seen=run.told(now))
        run.check("again", second == first, expected=f"{route}: {in_json(first)}, as before", seen=in_json(second))


@scenario("a network that is not there", checks=["refused", "rolled_back"])
def no_network(run: Run) -> None:
    before = run.look()
    said = run.refused(run.docker.call, "create_endpoint", endpoint("b"))
    left = run.look().new_since(before)
    run.check("refused", said, expected="Err, since there is no such network", seen=f"no Err, and {run.told(left)}")
    run.check("rolled_back", not left, expected="no new link", seen=run.told(left), left_over=left)


def field(answer: Any, name: str) -> Any:
    """A field, whatever the letter case of its key: Docker does not care."""
    pairs = answer.items() if isinstance(answer, dict) else ()
    return next((value for key, value in pairs if key.lower() == name.lower()), None)
