"""What each of the six drivers has to bring about. Findings tell what one would see, and what to look at; no lines."""

from __future__ import annotations

from workshop.course.checking import Check, Container, DockerError, Link, Network, Run, scenario

CHECKS = {
    # -- of all parts
    "starts": Check(
        "a container starts",
        wrong="A container does not start",
        why="That is what worked before you changed something. What Docker said, and the last call that it made, say "
        "how far it came.",
        route="create_endpoint",
    ),
    "gateway": Check(
        "a container reaches its gateway",
        wrong="A container does not reach its gateway",
        why="That is what worked before you changed something. The gateway's address belongs to the host's side of the "
        "network.",
        route="create_network",
    ),
    "ping": Check(
        "two containers of a network reach each other",
        wrong="Two containers of a network do not reach each other",
        why="That is what worked before you changed something, and what they are on one network for.",
        route="create_endpoint",
    ),
    # -- bug_1
    "own_mac": Check(
        "a container with a MAC address of its own starts",
        wrong="A container with a MAC address of its own does not start",
        why="No call was answered with Err, and yet Docker gave up: there is something in an answer that it does not "
        "accept. Which call was the last before it took back what it had begun? Lay that request and that answer side "
        "by side.",
        route="create_endpoint",
        hint=1,
    ),
    "own_mac_err": Check(
        "a MAC address that the user chose is accepted",
        wrong="A MAC address that the user chose is refused",
        why="The users want the address, not a reason why they cannot have it. The kernel has no objection: any link "
        "can be given one.",
        route="create_endpoint",
        hint=3,
    ),
    # -- bug_2
    "second": Check(
        "a second container of a network starts",
        wrong="The second container of a network does not start",
        why="The first one did, and the two requests differ in nothing but the endpoint and its address. What was made "
        "in the kernel for the first one, and what for the second? And what was removed when Docker gave up?",
        route="create_endpoint",
        hint=1,
    ),
    "first": Check(
        "the first container keeps its network",
        wrong="The first container has lost its network when the second one started",
        why="It runs, and nobody has asked for anything to be taken from it.",
        route="create_endpoint",
        hint=2,
    ),
    "anew": Check(
        "each endpoint has a link of its own, whichever came and went before",
        wrong="Two endpoints share a link",
        why="Containers stop and start in any order. Docker moves the link that Join names into one container; for "
        "another endpoint that has the same, there is none left.",
        route="create_endpoint",
        hint=3,
    ),
    # -- bug_3
    "links": Check(
        "a container that stops leaves no link behind",
        wrong="Each time that the container stops, links stay behind",
        why="Every start is a new endpoint with links of its own. One container that starts every five minutes is 288 "
        "starts a day. Something was meant to remove them: see in the calls of a stop what it did, and what the kernel "
        "said to that.",
        route="delete_endpoint",
        hint=1,
    ),
    "others": Check(
        "nothing is taken from another endpoint",
        wrong="Links of another endpoint went too",
        why="The request names one endpoint. This one is about to be given to its container.",
        route="delete_endpoint",
        hint=3,
    ),
    "kept": Check(
        "after Leave, the links are still there",
        wrong="Leave has removed links that Docker still needs",
        why="Docker has them in its hands at that moment: it takes one out of the container, renames it and puts it "
        "back on the host. What is gone by then is an error in Docker's log.",
        route="leave",
        hint=3,
    ),
    "repeated": Check(
        "DeleteEndpoint is answered without Err, also a second time",
        wrong="DeleteEndpoint is answered with Err",
        why="Docker only logs it, and has forgotten the endpoint: nobody comes back. And it asks twice if it did not "
        "get the first answer.",
        route="delete_endpoint",
        hint=3,
    ),
    # -- bug_4
    "outside": Check(
        "the world outside answers a container",
        wrong="The world outside does not answer a container",
        why="A question and its answer both pass the host, from one link to another, and each has to be let through. "
        "Docker's FORWARD drops what no rule accepts. Outside, nobody knows the containers' addresses.",
        route="create_network",
        hint=1,
    ),
    "door": Check(
        "nobody outside gets into a container",
        wrong="Whoever is outside gets into every container",
        why="The users asked for that, and Docker's own networks promise it: from outside one reaches what is "
        "published, and nothing else. An answer may come in, a first word may not.",
        route="create_network",
        hint=3,
    ),
    # -- bug_5
    "short": Check(
        "a short message arrives in a network with an MTU of its own",
        wrong="Not even a short message arrives in a network with an MTU of its own",
        why="That is what worked before you changed something.",
        route="create_endpoint",
        hint=2,
    ),
    "long": Check(
        "a long message arrives in a network with an MTU of its own",
        wrong="A long message does not arrive in a network with an MTU of its own",
        why="Who sends cuts what is too long into pieces that fit through the own interface. If a piece does not fit "
        "through the next link, it is thrown away, and nobody is told. So follow one packet, link by link.",
        route="create_endpoint",
        hint=1,
    ),
    "mtu": Check(
        "the container's interface has the MTU that was asked for",
        wrong="The container's interface has another MTU than was asked for",
        why="Behind this host is a line that carries 1400 bytes. That all is well between two containers helps nobody "
        "there.",
        route="create_endpoint",
        hint=2,
    ),
    "sizes": Check(
        "each network has its own MTU, and 1500 where none was asked for",
        wrong="A network has an MTU that nobody asked for",
        why="The option belongs to one network. Others have another one, or none, and then it is 1500.",
        route="create_endpoint",
        hint=3,
    ),
    # -- bug_6
    "goes_on": Check(
        "a container that started before the plugin did reaches its gateway",
        wrong="A container that started before the plugin did does not reach its gateway",
        why="A plugin may come and go. What it has made in the kernel stays, and works without it.",
        route="create_network",
        hint=1,
    ),
    "starts_later": Check(
        "after the plugin was started anew, a container of an older network starts",
        wrong="After the plugin was started anew, no container of an older network starts",
        why="Docker never repeats CreateNetwork. For Docker the network is there, with its containers, and goes on to "
        "be used.",
        route="create_endpoint",
        hint=2,
    ),
    "finds": Check(
        "a container that starts afterwards reaches those from before",
        wrong="A container that starts afterwards does not reach one from before, in the same network",
        why="No call failed, and both have an address of the same subnet. Compare what the driver did for the one, "
        "before it was started anew, with what it did for the other.",
        route="create_endpoint",
        hint=1,
    ),
    "survives": Check(
        "a network stays when another one is removed",
        wrong="A network died when another one was removed",
        why="DeleteNetwork names one network. The other one has containers that run.",
        route="delete_network",
        hint=2,
    ),
    "same_place": Check(
        "after another network was removed, containers of this one still come to the same place",
        wrong="After another network was removed, a container of this one came to another place",
        why="Networks come and go in any order. Which place is a network's must not depend on what others there are.",
        route="create_endpoint",
        hint=3,
    ),
    "new_one": Check(
        "a network that is made afterwards works, too",
        wrong="A network that is made afterwards does not work",
        why="It is another network than those from before: it needs a gateway of its own, in a place of its own.",
        route="create_network",
        hint=3,
    ),
}
MAC, WORLD = "02:42:ac:11:00:63", "192.0.2.1"
OPTION = "com.docker.network.driver.mtu"
LONG = 1450
ALIKE = tuple(f"5eed{digit * 56}ca5e" for digit in "de")
"""IDs of endpoints that begin and end alike: of so few digits, two of many endpoints do have the same."""


def create(run: Run, name: str, subnet: str, mtu: int | None = None) -> Network:
    return run.docker.create_network(name, subnet=subnet, options={OPTION: str(mtu)} if mtu else None)


def start(run: Run, key: str, name: str, network: Network, mac: str | None = None) -> Container:
    """A container that runs. If it does not, Docker's words and calls are what there is to see."""
    before = len(run.calls())
    try:
        container = run.docker.run(name, network, mac=mac)
    except DockerError as error:
        run.check(key, False, expected=f"{name} runs", seen=f"Docker's calls: {told(run, before)}", docker=str(error))
        raise
    run.check(key, True)
    return container


def told(run: Run, since: int) -> str:
    """The calls since then, and how they were answered."""
    calls = [(call.route.title().replace("_", ""), call.error) for call in run.calls()[since:]]
    return ", ".join(f"{name} (Err: {error})" if error else f"{name} (answered)" for name, error in calls) or "none"


def interfaces(run: Run, container: Container) -> list[Link]:
    return [link for link in run.inside(container).links if link.name != "lo"]


def ids(network_id: str, endpoint: str) -> dict[str, str]:
    """``endpoint`` is a whole ID, or a digit, of which one is made."""
    return {"NetworkID": network_id, "EndpointID": endpoint if len(endpoint) == 64 else endpoint * 64}


def plug(run: Run, network_id: str, endpoint: str, address: str) -> list[Link]:
    """CreateEndpoint, without a container: the links that came of it."""
    before = run.look()
    interface = {"Address": address, "AddressIPv6": "", "MacAddress": ""}
    run.docker.call("create_endpoint", {**ids(network_id, endpoint), "Interface": interface, "Options": {}})
    return run.look().new_since(before)


def source(run: Run, network_id: str, endpoint: str) -> str:
    """The link that Join names for an endpoint."""
    key = ids(network_id, endpoint)
    asked = {**key, "SandboxKey": f"/var/run/docker/netns/{key['EndpointID'][4:16]}", "Options": {}}
    return (run.docker.call("join", asked).get("InterfaceName") or {}).get("SrcName") or ""


# -- bug_1


@scenario(
    "a container with a MAC address of its own, beside another one",
    part="bug_1",
    checks=["starts", "own_mac", "own_mac_err", "gateway", "ping"],
)
def own_mac(run: Run) -> None:
    network = create(run, "cafe", "10.90.1.0/24")
    bar = start(run, "starts", "bar", network)
    before = len(run.calls())
    try:
        licence = run.docker.run("licence", network, mac=MAC)
    except DockerError as error:
        refused = any(call.error for call in run.calls()[before:])
        seen = f"Docker's calls: {told(run, before)}"
        run.check(
            "own_mac_err" if refused else "own_mac",
            False,
            expected=f"licence runs, with {MAC}",
            seen=seen,
            docker=str(error),
        )
        raise
    run.check("own_mac", True)
    run.check("own_mac_err", True)
    run.check_ping("gateway", licence, "10.90.1.1")
    run.check_ping("ping", bar, licence)


# -- bug_2


@scenario(
    "two containers of one network, and endpoints that come and go",
    part="bug_2",
    checks=["starts", "gateway", "second", "first", "ping", "anew"],
)
def two_containers(run: Run) -> None:
    network = create(run, "cafe", "10.90.2.0/24")
    bar = start(run, "starts", "bar", network)
    run.check_ping("gateway", bar, "10.90.2.1")
    before = len(run.calls())
    try:
        kitchen = run.docker.run("kitchen", network)
    except DockerError as error:
        seen = f"Docker's calls: {told(run, before)}. In bar there is now {run.told(interfaces(run, bar))}"
        run.check("second", False, expected="kitchen runs beside bar", seen=seen, docker=str(error))
        raise
    run.check("second", True)
    links = interfaces(run, bar)
    run.check("first", links, expected="bar with the interface that it had", seen=f"bar with {run.told(links)}")
    run.check_ping("first", bar, "10.90.2.1")
    run.check_ping("ping", kitchen, bar)
    for digit in "ab":
        plug(run, network.id, digit, f"10.90.2.{ord(digit)}/24")
    run.docker.call("delete_endpoint", ids(network.id, "a"))
    plug(run, network.id, "c", "10.90.2.13/24")
    on_their_own(run, network, "b", "c")
    for number, endpoint in enumerate(ALIKE):
        plug(run, network.id, endpoint, f"10.90.2.{20 + number}/24")
    on_their_own(run, network, *ALIKE)


def on_their_own(run: Run, network: Network, *endpoints: str) -> None:
    """For each endpoint, Join names another link, which is there."""
    names = {each: source(run, network.id, each) for each in endpoints}
    there = {link.name for link in run.look().links}
    called = ", ".join(ids("", each)["EndpointID"][:12] for each in endpoints)
    run.check(
        "anew",
        len(set(names.values())) == len(names) and set(names.values()) <= there,
        expected=f"for each of the endpoints {called}, Join names a link of its own, which is on the host",
        seen=" and ".join(f"{name or 'none'}{'' if name in there else ' (not there)'}" for name in names.values()),
    )


# -- bug_3


@scenario(
    "a container starts and stops, twice, beside another endpoint",
    part="bug_3",
    checks=["starts", "gateway", "links", "others", "kept", "repeated"],
)
def starts_and_stops(run: Run) -> None:
    network = create(run, "cafe", "10.90.3.0/24")
    another = plug(run, network.id, "3", "10.90.3.99/24")
    before = run.look()
    bar = start(run, "starts", "bar", network)
    run.check_ping("gateway", bar, "10.90.3.1")
    run.docker.stop(bar)
    run.docker.start(bar)
    run.docker.stop(bar)
    left = run.look().new_since(before)
    run.check(
        "links",
        not left,
        expected="after two starts and two stops, the links that were there before",
        seen=f"{len(left)} more: {run.told(left)}",
        left_over=left,
    )
    stays(run, "others", another)
    run.docker.call("leave", ids(network.id, "3"))
    stays(run, "kept", another)
    for _ in range(2):
        said = run.refused(run.docker.call, "delete_endpoint", ids(network.id, "3"))
        now = run.look()
        left = [link for link in another if now.at(link.index)]
        run.check("links", not left, expected="none of the endpoint's links", seen=run.told(left), left_over=left)
        run.check("repeated", said is None, expected="{}", seen=f"Err: {said}")


def stays(run: Run, key: str, links: list[Link]) -> None:
    now = run.look()
    lost = [link for link in links if now.at(link.index) is None]
    run.check(key, not lost, expected=run.told(links), seen=f"gone: {run.told(lost)}", missing=lost)


# -- bug_4


@scenario("the way out, and no way in", part="bug_4", checks=["starts", "gateway", "ping", "outside", "door"])
def way_out(run: Run) -> None:
    before = run.look().rules
    network = create(run, "cafe", "10.90.4.0/24")
    bar, kitchen = (start(run, "starts", name, network) for name in ("bar", "kitchen"))
    run.check_ping("gateway", bar, "10.90.4.1")
    run.check_ping("ping", kitchen, bar)
    broken = run.ping(bar, WORLD)
    rules = run.look().rules
    new = f"The network's rules: {'; '.join(rule for rule in rules if rule not in before) or 'none'}"
    run.check(
        "outside",
        broken is None,
        expected=f"{WORLD} answers a ping from bar",
        seen=f"no answer, though the gateway and kitchen answer. {new}",
    )
    run.listen(bar, 80)
    address = run.docker.address(bar, network)
    inside = run.connects(kitchen, address, 80)
    run.check(
        "ping", inside, expected=f"kitchen gets a connection to {address} port 80, where bar listens", seen="none"
    )
    run.check(
        "door",
        not run.knocks(address, 80),
        expected=f"a connection from outside to {address} port 80, which bar has not published, is not accepted",
        seen=f"it is accepted. {new}. The host's: {'; '.join(rule for rule in rules if 'hook forward' in rule)}",
    )


# -- bug_5


@scenario("a network for packets of 1400 bytes", part="bug_5", checks=["starts", "short", "long", "mtu"])
def network_of_1400(run: Run) -> None:
    network = create(run, "cafe", "10.90.5.0/24", mtu=1400)
    bar, kitchen = (start(run, "starts", name, network) for name in ("bar", "kitchen"))
    run.check_ping("short", bar, kitchen)
    run.check_ping("short", bar, "10.90.5.1")
    for whom, target in (("kitchen", kitchen), ("the gateway", "10.90.5.1")):
        broken = run.ping(bar, target, size=LONG)
        run.check(
            "long",
            broken is None,
            expected=f"{whom} answers a ping of {LONG} bytes from bar",
            seen="no answer, though a short one is answered",
        )
    for each in (bar, kitchen):
        links = interfaces(run, each)
        run.check(
            "mtu",
            [link.mtu for link in links] == [1400],
            expected=f"one interface in {each.name} with the MTU 1400",
            seen=", ".join(f"{link.name} with {link.mtu}" for link in links) or "none",
        )


@scenario("another size, and none", part="bug_5", checks=["sizes"])
def other_sizes(run: Run) -> None:
    for digit, asked in (("1", 1300), ("2", None)):
        network = create(run, f"cafe{digit}", f"10.90.{digit}5.0/24", mtu=asked).id
        plug(run, network, digit, f"10.90.{digit}5.9/24")
        name = source(run, network, digit)
        link = run.look().link(name)
        run.check(
            "sizes",
            link is not None and link.mtu == (asked or 1500),
            expected=f"the container's link with the MTU {asked or 1500}, in a network "
            + (f"with -o {OPTION}={asked}" if asked else "without the option"),
            seen=f"{link.name} with {link.mtu}" if link else "Join names a link that is not there",
        )


# -- bug_6


@scenario(
    "the plugin is started anew",
    part="bug_6",
    checks=["starts", "goes_on", "starts_later", "finds", "survives", "same_place", "new_one"],
)
def started_anew(run: Run) -> None:
    create(run, "cafe", "10.90.6.0/24")
    attic, before = "a77c" * 16, run.look()
    pool = {"AddressSpace": "LocalDefault", "Pool": "10.90.9.0/24", "Gateway": "10.90.9.1/24"}
    run.docker.call("create_network", {"NetworkID": attic, "Options": {}, "IPv4Data": [pool], "IPv6Data": []})
    of_attic = run.look().new_since(before)
    kitchen = create(run, "kitchen", "10.90.7.0/24")
    cook = start(run, "starts", "cook", kitchen)
    run.restart_plugin()
    run.check_ping("goes_on", cook, "10.90.7.1")
    waiter = start(run, "starts_later", "waiter", kitchen)
    run.check_ping("finds", waiter, cook)
    before = run.look()
    run.docker.call("delete_network", {"NetworkID": attic})
    now = run.look()
    lost = [link for link in now.gone_since(before) if link.index not in [each.index for each in of_attic]]
    run.check(
        "survives",
        not lost,
        expected=f"attic removed, and nothing else: {run.told(of_attic)}",
        seen=f"gone: {run.told(now.gone_since(before))}",
        missing=lost,
    )
    places = {link.master.name for link in now.links if link.elsewhere and link.master}
    new = plug(run, kitchen.id, "6", "10.90.7.99/24")
    found = {link.master.name for link in new if link.master}
    run.check(
        "same_place",
        new and found <= places,
        expected=f"a link at {' and '.join(sorted(places)) or 'the host'}, as those of cook and waiter",
        seen=run.told(new) if new else f"no new link; Docker's calls: {told(run, -1)}",
    )
    garden = create(run, "garden", "10.90.8.0/24")
    guest = start(run, "new_one", "guest", garden)
    run.check_ping("new_one", guest, "10.90.8.1")
