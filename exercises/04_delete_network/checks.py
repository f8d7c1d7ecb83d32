"""What DeleteNetwork has to bring about: the bridge is gone, nothing else is, and asking twice does no harm."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from workshop.course.checking import Check, Link, Network, Run, View, scenario

CHECKS = {
    "no_err": Check(
        "the removal is answered without Err",
        wrong="The removal was answered with Err",
        why="Docker only logs an Err of DeleteNetwork and forgets the network all the same. Nobody will ask again.",
        route="delete_network",
        hint=3,
    ),
    "gone": Check(
        "the bridge is gone",
        wrong="The bridge is still there",
        why="Docker has forgotten the network and will not ask again: what you do not remove now stays until the "
        "machine is restarted, with its address and its route.",
        route="delete_network",
        hint=1,
    ),
    "others": Check(
        "the bridge of another network stays",
        wrong="The bridge of another network went too",
        why="The request names one network. The other one still has containers, which have lost their gateway now.",
        route="delete_network",
        hint=2,
    ),
    "strangers": Check(
        "links that are not ours stay",
        wrong="A link that is not ours was removed",
        why="The host has other bridges: docker0, those of virtual machines, those of another plugin. "
        "A driver removes what it has made.",
        route="delete_network",
        hint=2,
    ),
    "repeated": Check(
        "asked a second time, it answers {} again",
        wrong="Asked a second time, it answers with Err",
        why="Docker asks again if it did not get the answer. That the bridge is gone is what was asked for.",
        route="delete_network",
        hint=3,
    ),
    "unknown": Check(
        "a network that it has never heard of is no mistake",
        wrong="A network that it has never heard of is answered with Err",
        why="After a crash Docker may know networks of which nothing is left. The goal, no bridge, is reached already.",
        route="delete_network",
        hint=3,
    ),
    "unharmed": Check(
        "a network that it has never heard of costs the others nothing",
        wrong="A call for another network removed this one's bridge",
        why="All networks but the one in the request are in use.",
        route="delete_network",
        hint=2,
    ),
    "again": Check(
        "a network of the same subnet can be made anew",
        wrong="A network of the same subnet cannot be made anew",
        why="If the old bridge were still there, two links would have one subnet, and packets went to the wrong one.",
        route="delete_network",
        hint=1,
    ),
}


def bridges(view: View, before: View) -> list[Link]:
    """The bridges that are there now and were not before."""
    return [link for link in view.new_since(before) if link.kind == "bridge"]


def remove(run: Run, network: Network, key: str = "no_err") -> None:
    """Have Docker remove it. Docker hides an Err, so the call itself is looked at."""
    run.docker.remove_network(network)
    calls = run.calls("delete_network")
    error = calls[-1].error if calls else None
    run.check(key, error is None, expected="{}", seen=f"Err: {error}")


def is_gone(run: Run, before: View) -> None:
    left = bridges(run.look(), before)
    run.check("gone", not left, expected="no link of the network's", seen=run.told(left), left_over=left)


def strangers_stay(run: Run, before: View) -> None:
    now = run.look()
    lost = [link for link in before.links if now.at(link.index) is None]
    expected = "all links that were there before the network"
    run.check("strangers", not lost, expected=expected, seen=f"gone: {run.told(lost)}", missing=lost)


@scenario(
    "a network beside a bridge that is somebody else's, and the same network anew, with IPv6",
    checks=["no_err", "strangers", "gone", "repeated", "again"],
)
def plain(run: Run) -> None:
    run.stranger("br-vms", "10.90.99.1/24")
    before = run.look()
    network = run.docker.create_network("cafe", subnet="10.90.1.0/24")
    remove(run, network)
    strangers_stay(run, before)
    is_gone(run, before)
    # as when Docker did not get the answer
    said = run.refused(run.docker.call, "delete_network", {"NetworkID": network.id})
    run.check("repeated", said is None, expected="{}", seen=f"Err: {said}")
    network = run.docker.create_network("cafe", subnet="10.90.1.0/24", subnet6="fd00:90:1::/64")
    there = bridges(run.look(), before)
    run.check(
        "again",
        len(there) == 1 and there[0].has("10.90.1.1/24"),
        expected="one bridge with 10.90.1.1/24",
        seen=run.told(there),
    )
    remove(run, network)
    strangers_stay(run, before)
    is_gone(run, before)


@scenario(
    "two of three networks at once, then one that it has never heard of",
    checks=["no_err", "others", "gone", "unknown", "unharmed"],
)
def two_of_three(run: Run) -> None:
    empty = run.look()
    networks = [run.docker.create_network(f"cafe{n}", subnet=f"10.90.{n}.0/24") for n in (3, 4)]
    gone = bridges(run.look(), empty)
    kept = run.docker.create_network("kept", subnet="10.90.5.0/24")
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(run.docker.remove_network, network) for network in networks]:
            done.result()
    errors = [call.error for call in run.calls("delete_network") if call.error]
    run.check("no_err", not errors, expected="{} for both", seen=f"Err: {'; '.join(errors)}")
    now = run.look()
    there = bridges(now, empty)
    run.check(
        "others",
        any(link.has("10.90.5.1/24") and link.up for link in there),
        expected=f"the bridge of {kept.name}, up, with 10.90.5.1/24",
        seen=run.told(there),
    )
    left = [link for link in gone if now.at(link.index)]
    run.check("gone", not left, expected="no link of the two networks", seen=run.told(left), left_over=left)
    said = run.refused(run.docker.call, "delete_network", {"NetworkID": "7e57" * 16})
    run.check("unknown", said is None, expected="{}", seen=f"Err: {said}")
    there = bridges(run.look(), empty)
    run.check("unharmed", there, expected=f"the bridge of {kept.name}", seen=run.told(there))
