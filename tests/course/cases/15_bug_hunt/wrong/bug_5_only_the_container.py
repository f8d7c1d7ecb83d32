# cause: long
# part: bug_5
# seen: no answer, though a short one is answered
"""The container's end knows, and the bridge does not any more."""

import hashlib
import ipaddress
import subprocess

from workshop import PluginError

MTU = "com.docker.network.driver.mtu"
USUAL = 1500


def create_network(request, host):
    bridge = f"sw{request['NetworkID'][:11]}"
    if host.kernel.link_lookup(ifname=bridge):
        return {}
    host.kernel.link("add", ifname=bridge, kind="bridge", address=mac_of(bridge))
    try:
        (index,) = host.kernel.link_lookup(ifname=bridge)
        host.kernel.link("set", index=index, mtu=USUAL, state="up")
        for pool in request["IPv4Data"]:
            gateway = ipaddress.ip_interface(pool["Gateway"])
            host.kernel.addr("add", index=index, address=str(gateway.ip), prefixlen=gateway.network.prefixlen)
        firewall("-I", bridge)
    except BaseException:
        delete_network(request, host)
        raise
    return {}


def delete_network(request, host):
    bridge = f"sw{request['NetworkID'][:11]}"
    firewall("-D", bridge, must=False)
    for index in host.kernel.link_lookup(ifname=bridge):
        host.kernel.link("del", index=index)
    return {}


def create_endpoint(request, host):
    network = host.network(request["NetworkID"])
    bridge = host.kernel.link_lookup(ifname=f"sw{request['NetworkID'][:11]}")
    if not bridge:
        raise PluginError("the bridge of this network is gone")
    plug, socket = f"plug{request['EndpointID'][:9]}", f"sock{request['EndpointID'][:9]}"
    if not host.kernel.link_lookup(ifname=plug):
        mtu = mtu_of(network)
        cable = {"ifname": plug, "kind": "veth", "peer": {"ifname": socket, "mtu": mtu}, "mtu": USUAL}
        host.kernel.link("add", **cable, master=bridge[0], state="up")
    return {"Interface": {}}


def join(request, host):
    gateway = ipaddress.ip_interface(host.network(request["NetworkID"])["IPv4Data"][0]["Gateway"])
    return {
        "InterfaceName": {"SrcName": f"sock{request['EndpointID'][:9]}", "DstPrefix": "eth"},
        "Gateway": str(gateway.ip),
    }


def leave(request, host):
    return {}


def delete_endpoint(request, host):
    for index in host.kernel.link_lookup(ifname=f"plug{request['EndpointID'][:9]}"):
        host.kernel.link("del", index=index)
    return {}


def mtu_of(network) -> int:
    """The largest packet of a network: what its user asked for with `-o`, or the usual."""
    options = (network.get("Options") or {}).get("com.docker.network.generic") or {}
    asked = options.get(MTU, USUAL)
    try:
        return int(asked)
    except ValueError:
        raise PluginError(f"{MTU}: {asked!r} is no number") from None


def mac_of(bridge: str) -> str:
    digest = hashlib.sha256(bridge.encode()).digest()
    return ":".join(f"{byte:02x}" for byte in (2, *digest[:5]))


def firewall(verb: str, bridge: str, must: bool = True) -> None:
    """Put (-I) or take (-D) the rule that lets a bridge's own traffic pass."""
    words = ["iptables", "-w", verb, "DOCKER-USER", "-i", bridge, "-o", bridge, "-j", "ACCEPT"]
    done = subprocess.run(words, capture_output=True, text=True)
    if must and done.returncode:
        raise PluginError(done.stderr.strip())
