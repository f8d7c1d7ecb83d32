"""What CreateEndpoint and Join have to bring about with a macvlan: the right link, its mode, what that lets through.

The parent is the host's own link to the network outside: the one that has the host's address.
"""

from __future__ import annotations

from typing import Any

from workshop.course.checking import CannotHere, Check, Container, DockerError, Link, Network, Run, in_json, scenario

MAC = "02:42:0a:5a:63:0c"
WORLD = {4: "192.0.2.1", 6: "2001:db8::1"}
NOWHERE = "nowhere7"

CHECKS = {
    "accepted": Check(
        "CreateEndpoint and Join are answered without Err",
        wrong="A call was answered with Err",
        why="Docker takes everything back then, and shows the text to its user.",
        route="create_endpoint",
        hint=1,
    ),
    "macvlan": Check(
        "a macvlan appears",
        wrong="No macvlan has been made",
        why="A macvlan is a second link on the cable of another one, with a MAC address of its own. It makes of the "
        "container a machine of the network outside.",
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
        "it has the mode that the user chose, and bridge if none",
        wrong="It has another mode than the user chose",
        why="The mode decides who is reached by the kernel itself, and who only by way of the network outside. "
        "bridge is what Docker's own driver takes if nothing is said; the kernel takes vepa.",
        route="create_endpoint",
        hint=2,
    ),
    "unaddressed": Check(
        "it has no IP address yet",
        wrong="The container's address is on the host",
        why="Docker gives the address to the link in the container. Two that have it answer for each other.",
        route="create_endpoint",
        hint=1,
    ),
    "echo": Check(
        "what Docker has chosen is not answered",
        wrong="The answer repeats or changes what Docker has chosen",
        why="Docker reads any address in the answer as a change, even if it is the same, and undoes everything.",
        route="create_endpoint",
        hint=3,
    ),
    "named": Check(
        "Join names the macvlan",
        wrong="Join does not name the macvlan",
        why="Docker moves the link that SrcName names into the container.",
        route="join",
        hint=3,
    ),
    "gateway": Check(
        "Join answers the network's gateway",
        wrong="Join does not answer the network's gateway",
        why="Without one, the container reaches its own subnet, and nothing beyond.",
        route="join",
        hint=3,
    ),
    "no_gateway": Check(
        "an internal network gets no gateway",
        wrong="An internal network has a way out",
        why="--internal promises that containers reach each other and nothing else. Docker makes the default route "
        "that it is told.",
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
        "the macvlan is the container's interface, with the address that Docker chose",
        wrong="The container's interface is not the macvlan",
        why="Docker gives the address to the link that Join names.",
        route="join",
        hint=3,
    ),
    "mac": Check(
        "the container has the MAC address that its user chose",
        wrong="The container has another MAC address than its user chose",
        why="Docker sets it, unless you have answered another. Switches and DHCP servers outside know machines by it.",
        route="create_endpoint",
        hint=3,
    ),
    "outside": Check(
        "the container reaches the network outside",
        wrong="The container does not reach the network outside",
        why="It is there to be a machine of that network.",
        route="create_endpoint",
        hint=1,
    ),
    "ping": Check(
        "two containers in mode bridge reach each other",
        wrong="Two containers in mode bridge do not reach each other",
        why="In mode bridge, the parent is also a switch between those that sit on it.",
        route="create_endpoint",
        hint=2,
    ),
    "private": Check(
        "two containers in mode private do not reach each other",
        wrong="Two containers in mode private reach each other",
        why="That is what their user chose it for.",
        route="create_endpoint",
        hint=2,
    ),
    "vepa": Check(
        "what two containers in mode vepa send each other leaves by the parent",
        wrong="What two containers in mode vepa send each other does not leave by the parent",
        why="In mode vepa a switch outside is to see, and to decide, everything. One that does not send back keeps "
        "them apart.",
        route="create_endpoint",
        hint=2,
    ),
    "switch": Check(
        "they reach each other by a switch that sends it back",
        wrong="They do not reach each other by a switch that sends it back",
        why="In mode vepa that is their way: out by the parent, and in again. In mode private it would be in vain.",
        route="create_endpoint",
        hint=2,
    ),
    "single": Check(
        "a second container in mode passthru is refused, with the reason",
        wrong="A second container in mode passthru is not refused with the reason",
        why="passthru gives the parent to one link alone. The kernel only says `Invalid argument`, and who typed the "
        "command cannot know from it that another container is in the way.",
        route="create_endpoint",
        hint=4,
    ),
    "undisturbed": Check(
        "who was there first is left alone",
        wrong="A refused call has changed something",
        why="After Err, Docker does not ask you to remove what you had begun, and the first container works on.",
        route="create_endpoint",
        hint=4,
    ),
    "free_again": Check(
        "the next one may come when the first has gone",
        wrong="The parent is still taken, though the container has gone",
        why="Whether it is taken, the kernel knows. What you note yourself has to be struck out again.",
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


def uplink(run: Run) -> str:
    """The host's link to the network outside. Raises CannotHere where no macvlan can sit on it."""
    if run.lacks("macvlan"):
        raise CannotHere("This kernel has no macvlan.", "`sudo modprobe macvlan` loads it where it is a module.")
    link = run.look().holder(run.host_address())
    assert link is not None, "the host has lost its address"
    return link.name


# -- the calls alone


def network(run: Run, digit: str, *, internal: bool = False, **options: str) -> dict[str, Any]:
    """A network that is made without Docker, whose user gave these options. Its CreateNetwork request."""
    labels: dict[str, Any] = {"com.docker.network.generic": options}
    if internal:
        labels["com.docker.network.internal"] = True
    pool = {"AddressSpace": "LocalDefault", "Pool": "192.0.2.0/24", "Gateway": f"{WORLD[4]}/24"}
    return {"NetworkID": digit * 64, "Options": labels, "IPv4Data": [pool], "IPv6Data": []}


def endpoint(digit: str, number: int = 1, address: str = "192.0.2.99/24") -> dict[str, Any]:
    """A CreateEndpoint request as Docker would send it."""
    interface = {"Address": address, "AddressIPv6": "", "MacAddress": ""}
    return {**ids(digit, number), "Interface": interface, "Options": {}}


def ids(digit: str, number: int = 1) -> dict[str, str]:
    return {"NetworkID": digit * 64, "EndpointID": f"{digit}{number:x}" * 32}


def join(digit: str, number: int = 1) -> dict[str, Any]:
    key = f"/var/run/docker/netns/{digit}{number:x}"
    return {**ids(digit, number), "SandboxKey": key, "Options": {}}


def attach(run: Run, digit: str, number: int = 1, key: str = "accepted") -> tuple[Link, dict, dict]:
    """CreateEndpoint and Join without a container: the macvlan that came of it, and both answers."""
    before = run.look()
    answers = []
    for route, body in (("create_endpoint", endpoint(digit, number)), ("join", join(digit, number))):
        answer = run.docker.call(route, body)
        run.check(key, not answer.get("Err"), expected=f"{route} without Err", seen=f"Err: {answer.get('Err')}")
        answers.append(answer)
    new = run.look().new_since(before)
    found = [link for link in new if link.kind == "macvlan"]
    wanted = "one new link of kind macvlan after CreateEndpoint and Join"
    run.check("macvlan", len(found) == 1, expected=wanted, seen=f"new links: {run.told(new)}")
    return found[0], answers[0], answers[1]


def sits(run: Run, link: Link, parent: str, mode: str) -> None:
    """The macvlan's parent and mode are those."""
    seen = f"{link.name} sits on {link.parent.name if link.parent else 'nothing that is here'}"
    run.check("parent", link.parent is not None and link.parent.name == parent, expected=f"on {parent}", seen=seen)
    run.check("mode", link.info.get("mode") == mode, expected=f"mode {mode}", seen=f"mode {link.info.get('mode')}")


def refusal(run: Run, digit: str, body: dict[str, Any]) -> str | None:
    """What was said against a container in this network, by whichever call; ``None`` if nothing was."""
    calls = (("create_network", body), ("create_endpoint", endpoint(digit)), ("join", join(digit)))
    return next((said for route, each in calls if (said := run.refused(run.docker.call, route, each))), None)


@scenario(
    "the calls alone, with a parent and no mode",
    checks=["accepted", "macvlan", "parent", "mode", "unaddressed", "echo", "named", "gateway"],
)
def plain(run: Run) -> None:
    parent = uplink(run)
    run.docker.call("create_network", network(run, "1", parent=parent))
    link, created, joined = attach(run, "1")
    sits(run, link, parent, "bridge")
    holders = [each for each in run.look().links if each.has("192.0.2.99")]
    run.check("unaddressed", not holders, expected="192.0.2.99 on no link of the host", seen=run.told(holders))
    chosen = {name: value for name in ("Address", "AddressIPv6") if (value := field(field(created, "Interface"), name))}
    run.check("echo", not chosen, expected='"Interface" without Address', seen=f'"Interface": {chosen}')
    source = field(field(joined, "InterfaceName"), "SrcName")
    run.check("named", source == link.name, expected=f'"SrcName": "{link.name}"', seen=f'"SrcName": "{source or ""}"')
    way = field(joined, "Gateway")
    run.check("gateway", way == WORLD[4], expected=f'"Gateway": "{WORLD[4]}"', seen=f'"Gateway": "{way or ""}"')


@scenario("the calls alone, in modes private and vepa", checks=["accepted", "macvlan", "parent", "mode"])
def modes(run: Run) -> None:
    parent = uplink(run)
    for digit, mode in (("2", "private"), ("3", "vepa")):
        run.docker.call("create_network", network(run, digit, parent=parent, macvlan_mode=mode))
        sits(run, attach(run, digit)[0], parent, mode)


@scenario(
    "the calls alone, in mode passthru: a second container, and one after the first",
    checks=["accepted", "macvlan", "parent", "mode", "single", "undisturbed", "free_again"],
)
def passthru(run: Run) -> None:
    parent = uplink(run)
    body = network(run, "4", parent=parent, macvlan_mode="passthru")
    run.docker.call("create_network", body)
    sits(run, attach(run, "4")[0], parent, "passthru")
    before = run.look()
    said = next(
        (
            words
            for route, each in (("create_endpoint", endpoint("4", 2)), ("join", join("4", 2)))
            if (words := run.refused(run.docker.call, route, each))
        ),
        None,
    )
    run.check(
        "single",
        said and ("passthru" in said or parent in said),
        expected=f"Err with the reason: {parent} has one container already, and passthru takes no other",
        seen=f"Err: {said}" if said else "no Err",
    )
    new, gone = run.look().new_since(before), run.look().gone_since(before)
    seen = f"new: {run.told(new)}; gone: {run.told(gone)}"
    run.check("undisturbed", not new and not gone, expected="the links that were there", seen=seen, left_over=new)
    for route, number in (("delete_endpoint", 2), ("leave", 1), ("delete_endpoint", 1)):
        run.docker.call(route, ids("4", number))
    attach(run, "4", 3, key="free_again")


# -- containers


def create(run: Run, name: str, mode: str | None = None, **more: Any) -> Network:
    """A network of Docker's on the network outside. Docker gives addresses from 192.0.2.128 on."""
    options = {"parent": uplink(run), **({"macvlan_mode": mode} if mode else {})}
    subnet = {"subnet": "192.0.2.0/24", "gateway": WORLD[4], "ip_range": "192.0.2.128/25"}
    return run.docker.create_network(name, options=options, **subnet, **more)


def blame(run: Run, name: str, words: str) -> None:
    """Docker did not start the container: say which answer it was."""
    if "Cannot be modified" in words:
        told = [in_json(field(call.answer, "Interface")) for call in run.calls("create_endpoint")][-1:]
        run.check("echo", False, expected='"Interface" without what the request has', seen="".join(told), docker=words)
    last = "".join([in_json(call.answer) for call in run.calls("join")][-1:]) or "nothing"
    run.check("started", False, expected=f"{name} runs", seen=f"Join answered {last}", docker=words)


def start(run: Run, name: str, network: Network, **wishes: str) -> tuple[Container, Link]:
    """A container that runs, and its interface."""
    try:
        container = run.docker.run(name, network, **wishes)
    except DockerError as error:
        blame(run, name, str(error))
        raise
    run.check("echo", True)
    run.check("started", True)
    address, inside = run.docker.address(container, network), run.inside(container)
    link = inside.holder(address)
    run.check(
        "interface",
        link is not None and link.kind == "macvlan",
        expected=f"a macvlan with {address} in {name}",
        seen=run.told(each for each in inside.links if each.name != "lo"),
    )
    assert link is not None
    return container, link


@scenario(
    "two containers in mode bridge, IPv4 and IPv6, one with an address and a MAC address of its user's",
    checks=["echo", "started", "interface", "mac", "outside", "ping"],
)
def bridge(run: Run) -> None:
    cafe = create(run, "cafe", subnet6="2001:db8::/64", gateway6=WORLD[6])
    bar, _ = start(run, "bar", cafe)
    kitchen, link = start(run, "kitchen", cafe, ip="192.0.2.177", mac=MAC)
    run.check("mac", link.mac == MAC, expected=MAC, seen=f"{link.name} has {link.mac}")
    for version in (4, 6):
        run.check_ping("outside", bar, WORLD[version])
        run.check_ping("outside", kitchen, WORLD[version])
        run.check_ping("ping", bar, kitchen, version=version)


@scenario("two containers in mode private", checks=["echo", "started", "interface", "outside", "private"])
def private(run: Run) -> None:
    cafe = create(run, "cafe", "private")
    (bar, _), (kitchen, _) = start(run, "bar", cafe), start(run, "kitchen", cafe)
    for each in (bar, kitchen):
        run.check_ping("outside", each, WORLD[4])
    reached = run.reaches(bar, run.docker.address(kitchen, cafe))
    run.check("private", not reached, expected="no answer from kitchen to bar's ping", seen="an answer")


@scenario("two containers in mode vepa", checks=["echo", "started", "interface", "outside", "vepa", "switch"])
def vepa(run: Run) -> None:
    cafe = create(run, "cafe", "vepa")
    (bar, _), (kitchen, _) = start(run, "bar", cafe), start(run, "kitchen", cafe)
    for each in (bar, kitchen):
        run.check_ping("outside", each, WORLD[4])
    reached = run.reaches(bar, run.docker.address(kitchen, cafe))
    run.check("vepa", not reached, expected="no answer while the switch outside sends nothing back", seen="an answer")
    with run.switch_sends_back():
        run.check_ping("switch", kitchen, bar)  # bar still waits for the answer to its last question


# -- what is to be refused, and what comes twice


@scenario("a mode that there is not", checks=["bad_mode", "rolled_back"])
def bad_mode(run: Run) -> None:
    before, body = run.look(), network(run, "5", parent=uplink(run), macvlan_mode="bridged")
    said = refusal(run, "5", body)
    left = run.look().new_since(before)
    seen = f"Err: {said}" if said else f"no Err, and {told_with_mode(run, left)}"
    run.check("bad_mode", said and "bridged" in said, expected="Err with the word 'bridged' in it", seen=seen)
    run.check("rolled_back", not left, expected="no new link", seen=run.told(left), left_over=left)


@scenario("a parent that there is not, and none named", checks=["lost_parent", "unasked", "rolled_back"])
def no_parent(run: Run) -> None:
    before = run.look()
    said = refusal(run, "6", network(run, "6", parent=NOWHERE))
    left = run.look().new_since(before)
    seen = f"Err: {said}" if said else f"no Err, and {run.told(left)}"
    run.check("lost_parent", said and NOWHERE in said, expected=f"Err with the name {NOWHERE} in it", seen=seen)
    run.check("rolled_back", not left, expected="no new link", seen=run.told(left), left_over=left)
    said = refusal(run, "7", network(run, "7"))
    new = run.look().new_since(before)
    taken = [link for link in new if link.parent is not None and before.at(link.parent.index)]
    seen = ", ".join(f"{link.name} on {link.parent.name}" for link in taken if link.parent)
    run.check(
        "unasked",
        said or (new and not taken),
        expected="Err, or a link on nothing of the host's",
        seen=seen or "no Err, and no link at all",
    )
    run.check("rolled_back", not said or not new, expected="no new link", seen=run.told(new), left_over=new)


@scenario("an internal network, and the same calls again", checks=["accepted", "macvlan", "no_gateway", "again"])
def internal(run: Run) -> None:
    run.docker.call("create_network", network(run, "8", internal=True, parent=uplink(run)))
    before = run.look()
    _, created, joined = attach(run, "8")
    way = field(joined, "Gateway")
    run.check("no_gateway", not way, expected="an answer without Gateway", seen=f'"Gateway": "{way}"')
    for route, body, first in (("create_endpoint", endpoint("8"), created), ("join", join("8"), joined)):
        second = run.docker.call(route, body)
        now = run.look().new_since(before)
        run.check("again", len(now) == 1, expected=f"one link after {route} came twice", seen=run.told(now))
        run.check("again", second == first, expected=f"{route}: {in_json(first)}, as before", seen=in_json(second))


@scenario("a network that is not there", checks=["refused", "rolled_back"])
def no_network(run: Run) -> None:
    before = run.look()
    said = run.refused(run.docker.call, "create_endpoint", endpoint("9"))
    left = run.look().new_since(before)
    run.check("refused", said, expected="Err, since there is no such network", seen=f"no Err, and {run.told(left)}")
    run.check("rolled_back", not left, expected="no new link", seen=run.told(left), left_over=left)


def told_with_mode(run: Run, links: list[Link]) -> str:
    modes = ", ".join(f"{link.name} in mode {link.info['mode']}" for link in links if "mode" in link.info)
    return modes or run.told(links)


def field(answer: Any, name: str) -> Any:
    """A field, whatever the letter case of its key: Docker does not care."""
    pairs = answer.items() if isinstance(answer, dict) else ()
    return next((value for key, value in pairs if key.lower() == name.lower()), None)
