# cause: anew
# part: bug_2
"""Two digits of the endpoint's ID are in the name now: enough for the two containers that one has tried."""

import ipaddress
import subprocess

from workshop import PluginError


def create_network(request, host):
    bridge = bridge_of(request)
    if is_there(bridge):
        return {}
    ip("link", "add", bridge, "address", mac_of(request["NetworkID"]), "type", "bridge")
    try:
        for pool in request["IPv4Data"]:
            ip("address", "add", str(ipaddress.ip_interface(pool["Gateway"])), "dev", bridge)
        ip("link", "set", bridge, "up")
        run("iptables", "-w", "-I", *within(bridge))
    except PluginError:
        delete_network(request, host)
        raise
    return {}


def delete_network(request, host):
    bridge = bridge_of(request)
    if is_there(bridge):
        run("iptables", "-w", "-D", *within(bridge))
        ip("link", "delete", bridge)
    return {}


def create_endpoint(request, host):
    outside, inside = names(request)
    if is_there(outside):  # Docker asks again
        return {"Interface": {}}
    ip("link", "add", outside, "type", "veth", "peer", "name", inside)
    try:
        ip("link", "set", outside, "master", bridge_of(request), "up")
    except PluginError:
        ip("link", "delete", outside)
        raise
    return {"Interface": {}}


def join(request, host):
    gateway = ipaddress.ip_interface(host.network(request["NetworkID"])["IPv4Data"][0]["Gateway"])
    return {"InterfaceName": {"SrcName": names(request)[1], "DstPrefix": "eth"}, "Gateway": str(gateway.ip)}


def leave(request, host):
    return {}


def delete_endpoint(request, host):
    outside, _ = names(request)
    if is_there(outside):
        ip("link", "delete", outside)
    return {}


def bridge_of(request):
    return f"lan-{request['NetworkID'][:11]}"


def names(request):
    """The outer and the inner link of an endpoint. The kernel takes 15 characters."""
    whose = f"{request['NetworkID'][:10]}-{request['EndpointID']}"
    return f"h-{whose}"[:15], f"c-{whose}"[:15]


def mac_of(network_id: str) -> str:
    """The bridge's MAC address: 02, and what the network's ID begins with."""
    return ":".join(["02", *(network_id[place : place + 2] for place in range(0, 10, 2))])


def within(bridge: str) -> list[str]:
    """The rule that lets packets pass from one port of a bridge to another."""
    return ["DOCKER-USER", "-i", bridge, "-o", bridge, "-j", "ACCEPT"]


def is_there(link: str) -> bool:
    return subprocess.run(["ip", "link", "show", link], capture_output=True).returncode == 0


def ip(*words: str) -> None:
    run("ip", *words)


def run(*words: str) -> None:
    """Run a program; what it says against it is what Docker's user reads."""
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise PluginError(f"`{' '.join(words)}` says: {done.stderr.strip()}")
