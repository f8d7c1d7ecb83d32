"""What EndpointOperInfo has to tell: what is true of this endpoint, at this moment, under whatever keys."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workshop.course.checking import Check, Container, Counters, DockerError, Link, Network, Run, View, scenario

MAC = "02:42:0a:5a:02:07"
UNITS = ("packets", "bytes")

ADDRESS = re.compile("(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|[0-9A-Fa-f:.]*[0-9A-Fa-f:](?:/[0-9]+)?")
"""What may be a MAC address, an IP address or a prefix."""

ID = re.compile(r"\b(?=\d*[a-f])[0-9a-f]{10,}\b")
NUMBER = re.compile(r"(?<![A-Za-z_\d.])(\d{1,3}(?:,\d{3})+|\d+)(?!\d|\.\d)")
"""A whole number, also with a unit right behind it, and with commas between thousands. ``wsh42`` is a name."""

CHECKS = {
    "made": Check(
        "an endpoint has a link on the host, on the network's bridge",
        wrong="An endpoint has no link on the host that is on the network's bridge",
        why="That is what there is to tell of an endpoint. What CreateEndpoint brings about was finished before, and "
        "has to stay.",
        route="create_endpoint",
    ),
    "kept": Check(
        "whoever asks finds the endpoint's links as they were",
        wrong="Since it was asked about, the endpoint has lost its link",
        why="A question changes nothing. The container runs, and it is by this link that it is reached.",
        route="endpoint_oper_info",
        hint=2,
    ),
    "accepted": Check(
        "Docker's question is answered without Err",
        wrong="Docker's question was answered with Err",
        why="Docker asks while the container starts, after Join. 28.5 shrugs at an Err; 20.10 and 26.1 undo the start.",
        route="endpoint_oper_info",
        hint=1,
    ),
    "value": Check(
        "there is something under Value",
        wrong="There is nothing under Value",
        why="Value is the one field of the answer that Docker reads, and it has to be a JSON object. "
        "Keys beside it are lost.",
        route="endpoint_oper_info",
        hint=1,
    ),
    "link": Check(
        "it tells the endpoint's link on the host",
        wrong="It does not tell the endpoint's link on the host",
        why="Who looks for a fault asks first where to listen: `tcpdump -i` wants the name of a link. "
        "The container's end goes and comes, this one stays.",
        route="endpoint_oper_info",
        hint=2,
    ),
    "mac": Check(
        "it tells the container's MAC address",
        wrong="It does not tell the container's MAC address",
        why="Bridges and neighbours know the container by this address, so it is what one finds in their tables.",
        route="endpoint_oper_info",
        hint=1,
    ),
    "address": Check(
        "it tells the container's IPv4 address",
        wrong="It does not tell the container's IPv4 address",
        why="It is by the address that users know a container.",
        route="endpoint_oper_info",
        hint=1,
    ),
    "address6": Check(
        "it tells the container's IPv6 address",
        wrong="It does not tell the container's IPv6 address",
        why="An endpoint of a network with both has two addresses, in two fields: Address and AddressIPv6.",
        route="endpoint_oper_info",
        hint=1,
    ),
    "live": Check(
        "asked again when packets have gone through, it tells something else",
        wrong="Asked again when packets have gone through, it tells the same as before",
        why="Operational information is about now. Whether packets get anywhere is seen by what is counted, not by "
        "what was written down when the container started.",
        route="endpoint_oper_info",
        hint=3,
    ),
    "counts": Check(
        "it tells how much has gone through the link by now, in both directions",
        wrong="It does not tell how much has gone through the link by now, in both directions",
        why="`sends but gets no answer` and `gets nothing at all` are different faults. "
        "The kernel counts for each link what it has received and what it has sent.",
        route="endpoint_oper_info",
        hint=3,
    ),
    "before": Check(
        "it can tell before the container has joined, too",
        wrong="It cannot tell before the container has joined",
        why="The endpoint is there from CreateEndpoint to DeleteEndpoint. Its link on the host does not wait for Join.",
        route="endpoint_oper_info",
        hint=2,
    ),
    "others": Check(
        "it tells nothing of another endpoint",
        wrong="It tells of another endpoint than it was asked about",
        why="The request names one endpoint. Who reads the answer takes everything in it for that one's.",
        route="endpoint_oper_info",
        hint=4,
    ),
    "gone": Check(
        "an endpoint that has been deleted is answered with Err",
        wrong="An endpoint that has been deleted is told of as if it were there",
        why="Its address may be another container's by now. What one does not know, one does not tell.",
        route="endpoint_oper_info",
        hint=4,
    ),
    "unknown": Check(
        "an endpoint that was never made is answered with Err",
        wrong="An endpoint that was never made is told of as if it were there",
        why="Nothing can be true of it. A name that is made from its ID is the name of no link.",
        route="endpoint_oper_info",
        hint=4,
    ),
}


@dataclass(frozen=True)
class Facts:
    """What is true of an endpoint: its link on the host, and the container's addresses."""

    ids: dict[str, str]
    link: Link
    mac: str
    address: str
    address6: str = ""

    def all(self) -> list[str]:
        return [each for each in (self.link.name, self.mac, self.address, self.address6) if each]


# -- what is in an answer, whatever its keys


def texts(value: Any) -> Iterator[str]:
    """All that an answer says, keys included."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif value is not None:
        yield str(value)


def says(value: Any, fact: str) -> bool:
    """Whether a fact is somewhere in an answer: a link's name, a MAC address, an IP address."""
    if re.fullmatch("(..:){5}..", fact):
        return any(fact in text.lower().replace("-", ":") for text in texts(value))
    try:
        wanted = ipaddress.ip_address(fact)
    except ValueError:
        return any(re.search(rf"(?<![\w.-]){re.escape(fact)}(?![\w-]|\.\w)", text) for text in texts(value))
    return any(wanted in addresses(text) for text in texts(value))


def addresses(text: str) -> list[Any]:
    found = []
    for word in re.findall(r"[0-9A-Fa-f:.]*[0-9A-Fa-f:]", text):
        for each in (word, word.partition(":")[2]):  # `ip:10.90.1.2` and `ip6:fd00::2` are said, too
            with contextlib.suppress(ValueError):
                found.append(ipaddress.ip_address(each))
    return found


def numbers(value: Any) -> list[int]:
    """The whole numbers in an answer, also those in a text: ``sent 12 packets``, ``rx:1,234``, ``"packets":12``.

    The digits of addresses and IDs are none.
    """
    found = []
    for text in texts(value):
        left = ID.sub(" ", ADDRESS.sub(lambda match: " " if is_address(match[0]) else match[0], text))
        for each in NUMBER.findall(left):
            whole = each.replace(",", "")
            found += map(int, dict.fromkeys((whole, *each.split(","))))  # a comma may also be that of a list
    return found


def is_address(word: str) -> bool:
    if re.fullmatch("(..[:-]){5}..", word):
        return True
    try:
        ipaddress.ip_interface(word)
    except ValueError:
        return False
    return True


def told(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}…"


# -- asking


def ask(run: Run, ids: dict[str, str], key: str = "accepted") -> dict[str, Any]:
    """The answer's Value, which has to be something."""
    answer = run.docker.call("endpoint_oper_info", ids)
    run.check(key, not answer.get("Err"), expected='{"Value": {…}}', seen=f"Err: {answer.get('Err')}")
    value = next((each for name, each in answer.items() if name.lower() == "value"), None)
    run.check("value", value, expected='{"Value": {…}} with something in it', seen=told(answer))
    return value or {}


def tells(run: Run, value: dict[str, Any], facts: Facts) -> None:
    """All that can be looked up is in it."""
    parts = {"link": facts.link.name, "mac": facts.mac, "address": facts.address, "address6": facts.address6}
    for key, fact in parts.items():
        if fact:
            run.check(key, says(value, fact), expected=f"{fact}, somewhere under Value", seen=told(value))


def create(run: Run, network: Network, digit: str, address: str, address6: str = "", mac: str = "") -> Facts:
    """An endpoint without a container, as Docker would have it made."""
    ids = {"NetworkID": network.id, "EndpointID": digit * 64}
    before = run.look()
    interface = {"Address": f"{address}/24", "AddressIPv6": f"{address6}/64" if address6 else "", "MacAddress": mac}
    answer = run.docker.call("create_endpoint", {**ids, "Interface": interface, "Options": {}})
    said = answer.get("Err")
    run.check("made", not said, expected="an endpoint that can be made", seen=f"Err: {said}")
    new = run.look().new_since(before)
    outside = next((link for link in new if link.master), None)
    inside = next((link for link in new if link is not outside), None)
    expected = "two new links, one for the container, and one on the network's bridge"
    run.check("made", outside and inside, expected=expected, seen=f"new links: {run.told(new)}")
    assert outside is not None and inside is not None
    return Facts(ids, outside, inside.mac, address, address6)


def start(run: Run, network: Network) -> tuple[Container, Link, Facts]:
    """A container, its interface, and what is true of its endpoint. If it does not start, Docker's words say why."""
    words = None
    try:
        bar = run.docker.run("bar", network)
    except DockerError as error:
        if next((call.route for call in run.calls() if call.error), "endpoint_oper_info") != "endpoint_oper_info":
            raise  # what went wrong first is not about this question
        words = str(error)
    errors = [call.error for call in run.calls("endpoint_oper_info") if call.error]
    seen = f"Err: {errors[0]}" if errors else words or ""
    run.check("accepted", words is None and not errors, expected='{"Value": {…}}', seen=seen, docker=words)
    address = run.docker.address(bar, network)
    there, host = run.inside(bar), run.look()
    inside = there.holder(address)
    run.check("kept", inside, expected=f"an interface of bar with {address}", seen=f"bar has {run.told(there.links)}")
    assert inside is not None
    plugged = [link for link in host.links if link.elsewhere and link.master]
    outside = next((link for link in plugged if link.index == inside.other), None)
    expected = f"the other end of {inside.name} in bar, on the network's bridge"
    run.check("made", outside, expected=expected, seen=f"on bridges: {run.told(plugged)}")
    assert outside is not None
    joined = run.calls("join")[-1].request
    ids = {key: joined[key] for key in ("NetworkID", "EndpointID")}
    return bar, inside, Facts(ids, outside, inside.mac, address)


@dataclass(frozen=True)
class Counted:
    """An answer, and the link's counters before and after it was given: what is told lies between them."""

    value: dict[str, Any]
    before: Counters
    after: Counters

    def missing(self) -> list[str]:
        """The directions of which the answer tells neither packets nor bytes, each in words."""
        there, found = numbers(self.value), []
        for words, way in (("received", "rx"), ("sent", "tx")):
            pairs = [(getattr(self.before, f"{way}_{unit}"), getattr(self.after, f"{way}_{unit}")) for unit in UNITS]
            if not any(low <= number <= high for low, high in pairs for number in there):
                found.append(f"{words}: {pairs[0][0]} packets or {pairs[1][0]} bytes")
        return found


def count(run: Run, facts: Facts) -> Counted:
    before = kept(run, facts).counters(facts.link)
    value = ask(run, facts.ids)
    return Counted(value, before, kept(run, facts).counters(facts.link))


def kept(run: Run, facts: Facts) -> View:
    """The host, on which the endpoint's link still is."""
    now, link = run.look(), facts.link
    there = now.at(link.index)
    run.check("kept", there, expected=f"{link.name} on the host", seen=f"{link.name} is gone", missing=[link])
    return now


@scenario(
    "a container, about which Docker asks, and then somebody else",
    checks=["accepted", "kept", "made", "value", "link", "mac", "address", "live", "counts"],
)
def container(run: Run) -> None:
    network = run.docker.create_network("cafe", subnet="10.90.1.0/24")
    bar, inside, facts = start(run, network)
    tells(run, ask(run, facts.ids), facts)
    answers = []
    for _ in range(2):
        kept(run, facts)
        run.send(inside.name, 230, bar)  # so many that no other number in the answer is the same by accident
        run.send(facts.link.name, 170)
        answers.append(count(run, facts))
    first, second = answers
    name, now = facts.link.name, second.after
    expected = f"more than before: by now {name} has received {now.rx_packets} packets and sent {now.tx_packets}"
    run.check("live", first.value != second.value, expected=expected, seen=f"both times {told(second.value)}")
    for each in answers:
        missing, there = each.missing(), ", ".join(map(str, numbers(each.value))) or "none"
        expected = f"what {name} has {' and '.join(missing)}"
        run.check("counts", not missing, expected=expected, seen=f"the numbers in the answer: {there}")


@scenario(
    "an endpoint with two addresses and a MAC address that its user chose, from beginning to end",
    checks=["made", "before", "value", "link", "mac", "address", "address6", "accepted", "gone"],
)
def from_beginning_to_end(run: Run) -> None:
    network = run.docker.create_network("cafe", subnet="10.90.2.0/24", subnet6="fd00:90:2::/64")
    facts = create(run, network, "2", "10.90.2.77", "fd00:90:2::77", MAC)
    tells(run, ask(run, facts.ids, "before"), facts)
    run.docker.call("join", {**facts.ids, "SandboxKey": "/var/run/docker/netns/222222222222", "Options": {}})
    tells(run, ask(run, facts.ids), facts)
    run.docker.call("leave", facts.ids)
    run.docker.call("delete_endpoint", facts.ids)
    refuses(run, facts.ids, "gone")


@scenario("three endpoints, in two networks", checks=["made", "accepted", "value", "others", "link", "mac", "address"])
def told_apart(run: Run) -> None:
    cafe = run.docker.create_network("cafe", subnet="10.90.3.0/24")
    shop = run.docker.create_network("shop", subnet="10.90.4.0/24")
    places = ((cafe, "3", "10.90.3.2"), (cafe, "4", "10.90.3.3"), (shop, "5", "10.90.4.2"))
    made = [create(run, network, digit, address) for network, digit, address in places]
    for facts in (made[1], made[0], made[2]):
        value = ask(run, facts.ids)
        foreign = [fact for each in made if each is not facts for fact in each.all() if says(value, fact)]
        seen = f"{', '.join(foreign)} of another one, in {told(value)}"
        run.check("others", not foreign, expected=f"what is true of {facts.ids['EndpointID'][:12]} alone", seen=seen)
        tells(run, value, facts)


@scenario("an endpoint that was never made", checks=["made", "unknown"])
def never_made(run: Run) -> None:
    network = run.docker.create_network("cafe", subnet="10.90.5.0/24")
    create(run, network, "6", "10.90.5.2")
    refuses(run, {"NetworkID": network.id, "EndpointID": "0bad" * 16}, "unknown")


def refuses(run: Run, ids: dict[str, str], key: str) -> None:
    """Nothing is told of an endpoint that is not there."""
    said = run.refused(run.docker.call, "endpoint_oper_info", ids)
    seen = "" if said else told((run.calls("endpoint_oper_info")[-1]).answer)
    run.check(key, said, expected=f"Err, since there is no endpoint {ids['EndpointID'][:12]}", seen=seen)
