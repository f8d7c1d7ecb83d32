"""What Leave and DeleteEndpoint have to bring about: the pair is gone, at the right moment, and no other is."""

from __future__ import annotations

from collections.abc import Iterable

from workshop.course.checking import Check, DockerError, Link, Network, Run, View, scenario

CHECKS = {
    "left": Check(
        "Leave is answered without Err",
        wrong="Leave was answered with Err",
        why="Docker only logs it, and goes on as if nothing had happened.",
        route="leave",
        hint=1,
    ),
    "deleted": Check(
        "DeleteEndpoint is answered without Err",
        wrong="DeleteEndpoint was answered with Err",
        why="Docker only logs it and forgets the endpoint all the same. Nobody will ask again.",
        route="delete_endpoint",
        hint=3,
    ),
    "kept": Check(
        "after Leave, the pair is still there",
        wrong="Leave has removed the pair",
        why="Docker has the link in its hands at that moment: it takes it out of the container, renames it and puts it "
        "back on the host. If it is gone, Docker logs an error, and a container that only changes networks is broken.",
        route="leave",
        hint=1,
    ),
    "gone": Check(
        "after DeleteEndpoint, the pair is gone",
        wrong="The pair is still there",
        why="Docker has forgotten the endpoint. What you do not remove now stays until the machine is restarted, "
        "one pair for each container that ever ran.",
        route="delete_endpoint",
        hint=2,
    ),
    "others": Check(
        "the pair of another container stays",
        wrong="The pair of another container went too",
        why="The request names one endpoint. The other container still runs, and has lost its network now.",
        route="delete_endpoint",
        hint=2,
    ),
    "bridge": Check(
        "the network's bridge stays",
        wrong="The network's bridge went too",
        why="A container goes, not the network. The next container will be plugged into that bridge.",
        route="delete_endpoint",
        hint=2,
    ),
    "ping": Check(
        "the other container still reaches the gateway",
        wrong="The other container does not reach the gateway any more",
        why="It did not leave.",
        route="delete_endpoint",
        hint=2,
    ),
    "repeated": Check(
        "asked a second time, it answers {} again",
        wrong="Asked a second time, it answers with Err",
        why="Docker asks again if it did not get the answer. That the pair is gone is what was asked for.",
        route="delete_endpoint",
        hint=3,
    ),
    "repeated_leave": Check(
        "asked a second time to leave, it answers {} again",
        wrong="Asked a second time to leave, it answers with Err",
        why="Docker asks again if it did not get the answer.",
        route="leave",
        hint=3,
    ),
    "unknown": Check(
        "an endpoint that it has never heard of is no mistake",
        wrong="An endpoint that it has never heard of is answered with Err",
        why="After a crash Docker may know endpoints of which nothing is left. The goal, no pair, is reached already.",
        route="delete_endpoint",
        hint=3,
    ),
    "restarted": Check(
        "a container that was stopped starts again",
        wrong="A container that was stopped does not start again",
        why="Each start is a new endpoint, often with the same address. What is left of the old one is in its way.",
        route="delete_endpoint",
        hint=2,
    ),
    "inside": Check(
        "a disconnected container has no link of that network any more",
        wrong="A disconnected container still has a link of that network",
        why="It runs on, in its other networks. What it sends to this one must not arrive.",
        route="delete_endpoint",
        hint=1,
    ),
}


def answered(run: Run, route: str, key: str) -> None:
    """Docker hides an Err of these calls, so the calls themselves are looked at."""
    errors = [call.error for call in run.calls(route) if call.error]
    run.check(key, not errors, expected="{}", seen=f"Err: {'; '.join(errors)}")


def pairs(links: list[Link]) -> list[Link]:
    """The ends of pairs that are ports of a bridge."""
    return [link for link in links if link.kind == "veth" and link.master]


def is_gone(run: Run, before: View) -> None:
    left = [link for link in run.look().new_since(before) if link.kind == "veth"]
    run.check("gone", not left, expected="no link of the pair", seen=run.told(left), left_over=left)


def bridge_stays(run: Run, before: View) -> None:
    now = run.look()
    lost = [link for link in before.links if link.kind == "bridge" and now.at(link.index) is None]
    run.check("bridge", not lost, expected="the bridge of the network", seen=f"gone: {run.told(lost)}", missing=lost)


def ids(network: Network, digit: str) -> dict[str, str]:
    return {"NetworkID": network.id, "EndpointID": digit * 64}


@scenario(
    "the calls alone, each of them twice, and for an endpoint that was never made",
    checks=["left", "kept", "repeated_leave", "deleted", "bridge", "gone", "repeated", "unknown"],
)
def calls_alone(run: Run) -> None:
    network = run.docker.create_network("cafe", subnet="10.90.1.0/24")
    before = run.look()
    body = {**ids(network, "1"), "Interface": {"Address": "10.90.1.2/24", "AddressIPv6": "", "MacAddress": ""}}
    run.docker.call("create_endpoint", body)
    made = run.look().new_since(before)
    answer = run.docker.call("leave", ids(network, "1"))
    run.check("left", not answer.get("Err"), expected="{}", seen=f"Err: {answer.get('Err')}")
    now = run.look()
    lost = [link for link in made if now.at(link.index) is None]
    run.check("kept", not lost, expected=run.told(made), seen=f"gone: {run.told(lost)}", missing=lost)
    said = run.refused(run.docker.call, "leave", ids(network, "1"))
    run.check("repeated_leave", said is None, expected="{}", seen=f"Err: {said}")
    answer = run.docker.call("delete_endpoint", ids(network, "1"))
    run.check("deleted", not answer.get("Err"), expected="{}", seen=f"Err: {answer.get('Err')}")
    bridge_stays(run, before)
    is_gone(run, before)
    said = run.refused(run.docker.call, "delete_endpoint", ids(network, "1"))
    run.check("repeated", said is None, expected="{}", seen=f"Err: {said}")
    said = run.refused(run.docker.call, "delete_endpoint", ids(network, "2"))
    run.check("unknown", said is None, expected="{}", seen=f"Err: {said}")


@scenario(
    "of two containers, one is stopped and started, the other removed, and the first disconnected while it runs",
    checks=["left", "deleted", "bridge", "others", "restarted", "ping", "inside", "gone"],
)
def one_of_two(run: Run) -> None:
    network = run.docker.create_network("cafe", subnet="10.90.2.0/24", subnet6="fd00:90:2::/64")
    empty = run.look()
    kitchen = run.docker.run("kitchen", network)
    before = run.look()
    bar = run.docker.run("bar", network, ip="10.90.2.77")
    run.docker.stop(bar)
    bystanders_stay(run, before)
    is_gone(run, before)
    words = None
    try:
        run.docker.start(bar)
    except DockerError as error:
        words = str(error)
    ports = pairs(run.look().new_since(before))
    run.check(
        "restarted",
        words is None and len(ports) == 1,
        expected="one pair, the new one",
        seen=words or run.told(ports),
        docker=words,
    )
    both = run.look()
    run.docker.remove(kitchen)
    bystanders_stay(run, both, but=before.new_since(empty))
    run.check_ping("ping", bar, "10.90.2.1")
    run.docker.disconnect(network, bar)  # the last of its network
    bystanders_stay(run, empty)
    inside = [link for link in run.inside(bar).links if any(each.startswith("10.90.2.") for each in link.addresses)]
    run.check("inside", not inside, expected="no link with an address of 10.90.2.0/24", seen=run.told(inside))
    is_gone(run, empty)


def bystanders_stay(run: Run, before: View, but: Iterable[Link] = ()) -> None:
    """The calls were answered, and neither the bridge nor another container's pair has gone."""
    answered(run, "leave", "left")
    answered(run, "delete_endpoint", "deleted")
    bridge_stays(run, before)
    now, gone = run.look(), {link.index for link in but}
    kept = [link for link in pairs(before.links) if link.index not in gone]
    lost = [link for link in kept if now.at(link.index) is None]
    run.check("others", not lost, expected=run.told(kept), seen=f"gone: {run.told(lost)}", missing=lost)
