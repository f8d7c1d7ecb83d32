"""What makes one network of two hosts, seen from outside: containers on both reach each other, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from workshop.course.checking import Check, Container, DockerError, Link, Network, Run, View, scenario

ABSENT = "192.0.2.77"
"""A host that answers nothing: of a cluster, some are always away."""

CHECKS = {
    "network": Check(
        "a network with a VNI can be made",
        wrong="A network with a VNI cannot be made",
        why="Everything begins with it, on each host.",
        route="create_network",
        hint=1,
    ),
    "made": Check(
        "each host has something to plug containers into",
        wrong="No link has been made for the network",
        why="Containers of one host meet on a bridge; without one there is nothing to plug them into.",
        route="create_network",
        hint=2,
    ),
    "started": Check(
        "a container starts in it",
        wrong="No container starts in it",
        why="CreateEndpoint has to leave a link that Docker can move into the container.",
        route="create_endpoint",
        hint=2,
    ),
    "gateway": Check(
        "each container reaches the gateway on its own host",
        wrong="A container does not reach the gateway on its own host",
        why="Before the way to the other host can work, the way to one's own has to.",
        route="create_network",
        hint=2,
    ),
    "told": Check(
        "being told of a host is answered without Err",
        wrong="Being told of a host was answered with Err",
        why="Docker only logs it. It does not tell you a second time, and this host is not reached.",
        route="discover_new",
        hint=3,
    ),
    "tunnel": Check(
        "each host has a VXLAN link for the network",
        wrong="There is no VXLAN link for the network",
        why="A bridge ends at its host. What is for another host has to be packed up and sent over the hosts' own "
        "network.",
        route="create_network",
        hint=2,
    ),
    "up": Check(
        "the tunnel is up",
        wrong="The tunnel is down",
        why="A link that is down sends nothing, and what comes for it is thrown away.",
        route="create_network",
        hint=2,
    ),
    "plugged": Check(
        "the tunnel is connected with the host's containers",
        wrong="The tunnel is connected with nothing",
        why="The bridge hands to its ports what containers send, and nothing to a link that is none of them.",
        route="create_network",
        hint=2,
    ),
    "vni": Check(
        "the tunnel has the VNI that the user chose",
        wrong="The tunnel has another VNI than the user chose",
        why="Every packet carries this number, and by nothing else does the other host know which network it is for. "
        "NetworkID and name differ from host to host, so that the user has to choose it: `-o vni=…`.",
        route="create_network",
        hint=1,
    ),
    "self": Check(
        "a host is no peer of its own",
        wrong="The host sends to itself what is for the others",
        why="Docker tells each host of itself, too, with `Self` true. What a container sends to all then comes back "
        "out of the tunnel, and the bridge looks for that container behind the tunnel.",
        route="discover_new",
        hint=3,
    ),
    "ping": Check(
        "containers on two hosts reach each other",
        wrong="Containers on two hosts do not reach each other",
        why="A container that looks for another one asks all who has its address. The question has to get to the other "
        "host, and the answer back.",
        route="discover_new",
        hint=3,
    ),
    "mtu": Check(
        "the largest packet that a container may send reaches the other host",
        wrong="The largest packet that a container may send does not reach the other host",
        why="VXLAN puts 50 bytes in front of every frame, and the hosts' network carries 1500. A small ping passes, "
        "and the first download hangs: nobody tells the container that its packets are too large.",
        route="create_endpoint",
        hint=4,
    ),
    "several": Check(
        "with a third host, the second is still reached",
        wrong="With a third host, the second is not reached any more",
        why="What is for all goes to every host of the list. One that takes another's place cuts that one off.",
        route="discover_new",
        hint=3,
    ),
    "repeated": Check(
        "being told of a host again does no harm",
        wrong="Being told of a host again does harm",
        why="After a restart of Docker, or when the cluster has a new leader, each host is told once more.",
        route="discover_new",
        hint=3,
    ),
    "before": Check(
        "hosts that were told of before the network are reached",
        wrong="A host that was told of before the network is not reached",
        why="A host joins the cluster once, and networks are made later. Docker does not tell you of it again.",
        route="create_network",
        hint=3,
    ),
    "ping6": Check(
        "they reach each other over IPv6",
        wrong="Containers on two hosts do not reach each other over IPv6",
        why="The tunnel carries frames; what is in them is not its business.",
        route="create_network",
        hint=2,
    ),
    "gone": Check(
        "a host that leaves takes nothing from the others",
        wrong="A host that left has taken another one with it",
        why="The call names one host.",
        route="discover_delete",
        hint=3,
    ),
    "both": Check(
        "a second network works beside the first",
        wrong="A second network does not work beside the first",
        why="Each network has a bridge and a tunnel of its own, and so its own list of hosts.",
        route="create_network",
        hint=1,
    ),
    "apart": Check(
        "networks with different VNIs do not see each other",
        wrong="Networks with different VNIs see each other",
        why="Two tenants may use the same subnet. The VNI is all that keeps them apart.",
        route="create_network",
        hint=1,
    ),
    "refused": Check(
        "what is no VNI is answered with Err",
        wrong="A network without a usable VNI was answered as if all were well",
        why="A number that one host makes up is not what the other makes up: the network ends at its host, or meets "
        "a stranger's. VNIs have 24 bits: 1 to 16777215.",
        route="create_network",
        hint=1,
    ),
    "rolled_back": Check(
        "a failed call leaves nothing behind",
        wrong="A failed call left something behind",
        why="After Err, Docker forgets the network and never sends DeleteNetwork for it.",
        route="create_network",
        hint=4,
    ),
    "same_again": Check(
        "CreateNetwork a second time is answered like the first",
        wrong="CreateNetwork a second time is answered with Err",
        why="Docker asks again if it did not get the answer.",
        route="create_network",
        hint=4,
    ),
    "taken": Check(
        "a VNI that another network of this host has is answered with Err",
        wrong="Two networks of one host have got the same VNI",
        why="To the other host they are one network. The kernel takes no second VXLAN link with the same VNI and port, "
        "and ip says: A VXLAN device with the specified VNI already exists.",
        route="create_network",
        hint=4,
    ),
    "kept": Check(
        "the network that had the VNI first keeps its tunnel",
        wrong="The network that had the VNI first has lost its tunnel",
        why="Its containers run, and nobody has removed it.",
        route="create_network",
        hint=4,
    ),
    "removed": Check(
        "the tunnel goes with its network",
        wrong="The tunnel is still there when its network is gone",
        why="It keeps its VNI: the next network with this number is refused. Links that appear in CreateNetwork are "
        "removed by the reference driver, unless you remove them yourself in `delete_network`.",
        route="delete_network",
        hint=4,
    ),
    "late": Check(
        "a host may come when there is no network (any more)",
        wrong="A host that comes when there is no network is answered with Err",
        why="Docker tells of hosts whether or not there is a network. A tunnel that you remember may be gone.",
        route="discover_new",
        hint=3,
    ),
}

TUNNEL = ("tunnel", "vni", "up", "plugged")
"""What ``tunnel_of`` decides."""


def restart(run: Run) -> None:
    """Nothing is known from the scenario before: what is told is told now."""
    for here in (run, run.second):
        here.restart_plugin()


def on_both(run: Run, act: Callable[[Run], Any], key: str) -> list[Any]:
    """What comes of doing something on both hosts, side by side. A refusal of Docker's is what the check says."""
    assert run.second is not None

    def tried(each: Run) -> Any:
        try:
            return act(each)
        except DockerError as error:
            return error

    runs = (run, run.second)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(tried, runs))
    for each, result in zip(runs, found, strict=True):
        good = not isinstance(result, DockerError)
        run.check(key, good, expected=f"Docker on {each.host} succeeds", seen=str(result), docker=str(result))
    return found


def network(run: Run, name: str, number: int, vni: int, *, six: bool = False, key: str = "network") -> list[Network]:
    """A network of the same name, subnet and VNI on both hosts.

    The two Dockers do not know of each other: each gets a gateway and a range of the subnet for itself.
    """
    return on_both(run, lambda each: create(run, each, name, number, vni, six), key)


def create(run: Run, here: Run, name: str, number: int, vni: int, six: bool = False) -> Network:
    first, subnet = here is run, f"10.90.{number}"
    more = {"subnet6": f"fd00:90:{number}::/64", "gateway6": f"fd00:90:{number}::{1 if first else 2}"} if six else {}
    return here.docker.create_network(
        name,
        subnet=f"{subnet}.0/24",
        gateway=f"{subnet}.{1 if first else 2}",
        ip_range=f"{subnet}.{64 if first else 128}/26",
        options={"vni": str(vni)},
        **more,
    )


def containers(run: Run, networks: list[Network]) -> tuple[Container, Container]:
    """One on each host: bar on the first, kitchen on the second."""
    names = {run.host: ("bar", networks[0]), run.second.host: ("kitchen", networks[1])}
    bar, kitchen = on_both(run, lambda each: each.docker.run(*names[each.host]), "started")
    return bar, kitchen


def gateway(run: Run, here: Run, container: Container, address: str) -> None:
    """The host has the gateway's address, and the container gets there."""
    view = here.look()
    seen = here.told(link for link in view.links if link.addresses_of(4) and link.name != "lo")
    run.check("gateway", view.holder(address), expected=f"a link of {here.host} with {address}", seen=seen)
    run.check_ping("gateway", container, address)


def remove(here: Run, container: Container, network: Network) -> None:
    here.docker.remove(container)
    here.docker.remove_network(network)


def tell(run: Run, here: Run, address: str, *, self_: bool = False, gone: bool = False, key: str = "told") -> None:
    """Docker tells a host of another one, or of itself."""
    answer = here.docker.discover(address, gone=gone, self_=self_)
    who = f"{address}, which is {here.host} itself" if self_ else address
    what = "has left" if gone else "has come"
    said = answer.get("Err")
    run.check(key, not said, expected=f"{{}} when {here.host} is told that {who} {what}", seen=f"Err: {said}")


def introduce(run: Run) -> None:
    """Each host is told of itself and of the other, as in a cluster that two hosts join."""
    for here, there in ((run, run.second), (run.second, run)):
        tell(run, here, here.host_address(), self_=True)
        tell(run, here, there.host_address())


def tunnel_of(run: Run, here: Run, before: View, vni: int) -> Link:
    """The tunnel that was made for a network, with the right VNI."""
    new = here.look().new_since(before)
    found = [link for link in new if link.kind == "vxlan"]
    run.check("tunnel", found, expected=f"a new link of kind vxlan on {here.host}", seen=f"new links: {here.told(new)}")
    numbers = {link.info.get("vni"): link for link in found}
    good = vni in numbers or any(link.info.get("external") for link in found)
    seen = ", ".join(f"{link.name} on {here.host} has VNI {number}" for number, link in numbers.items())
    run.check("vni", good, expected=f"VNI {vni}", seen=seen)
    tunnel = numbers.get(vni, found[0])
    run.check("up", tunnel.up, expected=f"{tunnel.name} on {here.host} up", seen=f"{tunnel.name} is {tunnel.state}")
    above = [link for link in here.look().links if link.parent is not None and link.parent.index == tunnel.index]
    run.check(
        "plugged",
        tunnel.master or above,
        expected=f"{tunnel.name} on {here.host} on the network's bridge",
        seen=f"{here.told(tunnel)}: on no bridge; there is {here.told(link for link in new if link.kind == 'bridge')}",
    )
    return tunnel


def alone(run: Run, here: Run) -> None:
    """No tunnel sends to its own host."""
    view, own = here.look(), here.host_address()
    entries = [f"{each.mac} dst {each.dst} on {each.link}" for each in view.fdb if each.dst == own]
    expected = f"no tunnel of {here.host} sends to {own}, its own address"
    run.check("self", not entries, expected=expected, seen="; ".join(entries))


def each_way(run: Run, key: str, first: Container, second: Container, version: int = 4) -> None:
    """They reach each other, each by asking everybody who has the other's address."""
    for source, target in ((first, second), (second, first)):
        run.forget_neighbours(first, second)
        run.check_ping(key, source, target, version=version)


def fits(run: Run, source: Container, target: Container, address: str) -> None:
    """The largest packet that the container's link takes gets through whole."""
    link = next(link for link in run.inside(source).links if link.name != "lo")
    good = run.carries(source, address, link.mtu, 0.5)
    tunnels = [f"{each.name} has {each.mtu}" for each in run.look().links if each.kind == "vxlan"]
    run.check(
        "mtu",
        good,
        expected=f"a packet of {link.mtu} bytes, the most that {link.name} in {source.name} takes, at {target.name}",
        seen=f"no answer; {link.name} in {source.name} has mtu {link.mtu}, on {run.host} {', '.join(tunnels)}; "
        "of the 1500 bytes that the hosts' network carries, 50 are the tunnel's",
    )


@scenario(
    "two hosts that have the network hear of each other, then of a third",
    checks=[
        "network", "made", "started", "gateway", "told", *TUNNEL, "self", "ping", "mtu", "repeated", "several",
        "removed",
    ],
)  # fmt: skip
def heard_later(run: Run) -> None:
    restart(run)
    before = (run.look(), run.second.look())
    networks = network(run, "cafe", 1, 42)
    for here, earlier in zip((run, run.second), before, strict=True):
        expected = f"a bridge on {here.host}, or whatever containers are to be plugged into"
        run.check("made", here.look().new_since(earlier), expected=expected, seen="no new link")
    bar, kitchen = containers(run, networks)
    gateway(run, run, bar, "10.90.1.1")
    gateway(run, run.second, kitchen, "10.90.1.2")
    introduce(run)
    for here, earlier in zip((run, run.second), before, strict=True):
        tunnel_of(run, here, earlier, 42)
        alone(run, here)
    each_way(run, "ping", bar, kitchen)
    fits(run, bar, kitchen, run.second.docker.address(kitchen, networks[1]))
    for here, there in ((run, run.second), (run.second, run)):
        tell(run, here, there.host_address(), key="repeated")
    each_way(run, "repeated", bar, kitchen)
    for here in (run, run.second):
        tell(run, here, ABSENT, key="several")
    each_way(run, "several", bar, kitchen)
    ends = {run.host: (bar, networks[0]), run.second.host: (kitchen, networks[1])}
    on_both(run, lambda each: remove(each, *ends[each.host]), "removed")
    for here, earlier in zip((run, run.second), before, strict=True):
        left = [link for link in here.look().new_since(earlier) if link.kind == "vxlan"]
        run.check("removed", not left, expected=f"no VXLAN link on {here.host}", seen=run.told(left), left_over=left)


@scenario(
    "three hosts are known before there is a network; the third leaves",
    checks=["told", "network", "started", "before", "ping6", "gone"],
)
def heard_before(run: Run) -> None:
    restart(run)
    for here in (run, run.second):
        tell(run, here, ABSENT)
    introduce(run)
    networks = network(run, "cafe", 2, 43, six=True)
    bar, kitchen = containers(run, networks)
    each_way(run, "before", bar, kitchen)
    run.check_ping("ping6", bar, kitchen, version=6)
    for here in (run, run.second):
        tell(run, here, ABSENT, gone=True, key="gone")
    each_way(run, "gone", bar, kitchen)


@scenario(
    "the same subnet with two VNIs, and a second network beside it",
    checks=["network", "started", "told", "both", "apart"],
)
def two_networks(run: Run) -> None:
    restart(run)
    vnis = {run.host: ("red", 61), run.second.host: ("green", 62)}
    first = on_both(run, lambda each: create(run, each, vnis[each.host][0], 3, vnis[each.host][1]), "network")
    bar, kitchen = containers(run, first)
    introduce(run)
    blue = network(run, "blue", 4, 63, key="both")
    ends = {run.host: (blue[0], bar), run.second.host: (blue[1], kitchen)}
    on_both(run, lambda each: each.docker.connect(*ends[each.host]), "both")
    each_way(run, "both", bar, kitchen)
    green = run.second.docker.address(kitchen, first[1])
    run.check(
        "apart",
        not meets(run, bar, kitchen, green, run.second.docker.address(kitchen, blue[1])),
        expected=f"no answer to {bar.name}, which is in red on {run.host} (VNI 61)",
        seen=f"{green} answers, which is {kitchen.name} in green on {run.second.host} (VNI 62)",
    )


def meets(run: Run, source: Container, target: Container, address: str, known: str) -> bool:
    """Whether an address of the target answers, for one that should not.

    No answer means something only where the one that is ``known`` to answer does so in the same time: else both are
    asked again.
    """
    for _ in range(20):
        run.forget_neighbours(source, target)
        if run.carries(source, address, 84, 0.06):
            return True
        if run.carries(source, known, 84, 0.06):
            break
    return False


@scenario(
    "the calls alone: VNIs that cannot be had, and a host that comes too late",
    checks=[
        "told", "refused", "rolled_back", "network", *TUNNEL, "same_again", "taken", "kept", "late",
    ],
)  # fmt: skip
def calls_alone(run: Run) -> None:
    restart(run)
    peer = run.second.host_address()
    tell(run, run, peer)
    before = run.look()
    for options in ({}, {"vni": "many"}, {"vni": "0"}, {"vni": "16777216"}):
        said = run.refused(run.docker.create_network, "cafe", subnet="10.90.5.0/24", options=options)
        what = f"with -o vni={options['vni']}" if options else "without -o vni"
        run.check("refused", said, expected=f"Err for a network {what}", seen="{}, and Docker shows the network")
        clean(run, before, f"a network {what}")
    try:
        cafe = create(run, run, "cafe", 5, 71)
    except DockerError as error:
        run.check("network", False, expected="a network with -o vni=71", seen=str(error), docker=str(error))
        raise
    run.check("network", True)
    tunnel = tunnel_of(run, run, before, 71)
    now = run.look()
    request = dict(run.calls("create_network")[-1].request)
    said = run.refused(run.docker.call, "create_network", request)
    run.check("same_again", said is None, expected="{}", seen=f"Err: {said}")
    clean(run, now, "the same network again", key="same_again")
    said = run.refused(create, run, run, "other", 6, 71)
    run.check(
        "taken", said, expected="Err for a second network with -o vni=71", seen="{}, and Docker shows both networks"
    )
    still = run.look().at(tunnel.index)
    same = still is not None and still.up and _on(still) == _on(tunnel)
    run.check(
        "kept",
        same,
        expected=run.told(tunnel),
        seen=run.told(still) if still else f"{tunnel.name} is gone",
        missing=[] if still else [tunnel],
    )
    clean(run, now, "a second network with -o vni=71")
    run.docker.remove_network(cafe)
    tell(run, run, peer, key="late")
    tell(run, run, ABSENT, key="late")


def clean(run: Run, before: View, what: str, key: str = "rolled_back") -> None:
    """Nothing new is on the host."""
    left = run.look().new_since(before)
    run.check(key, not left, expected=f"no new link after {what}", seen=run.told(left), left_over=left)


def _on(link: Link) -> str | None:
    return link.master.name if link.master else None
