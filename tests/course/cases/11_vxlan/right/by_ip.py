"""All by the program ip, with a DeleteNetwork of its own; the tunnel learns nothing, and sends all to all hosts."""

import subprocess

from workshop import PluginError

HOSTS = []


def ip(*words, program="ip"):
    done = subprocess.run([program, *words], capture_output=True, text=True)
    if done.returncode:
        raise PluginError(done.stderr.strip())
    return done.stdout


def exists(name):
    return subprocess.run(["ip", "link", "show", name], capture_output=True).returncode == 0


def create_network(request, host):
    short = request["NetworkID"][:8]
    vni = request["Options"]["com.docker.network.generic"].get("vni", "")
    if not vni.isdigit() or not int(vni):
        raise PluginError(f"no VNI: {vni!r}")
    if exists(f"switch{short}"):
        return {}
    ip(
        "link",
        "add",
        f"switch{short}",
        "address",
        "02:00:5e:" + ":".join([short[:2], short[2:4], short[4:6]]),
        "type",
        "bridge",
    )
    try:
        # 192.0.2.0/24 or whatever: the kernel chooses the address that it sends from
        ip("link", "add", f"far{short}", "mtu", "1450", "type", "vxlan", "id", vni, "dstport", "4789", "nolearning")
        ip("link", "set", f"far{short}", "master", f"switch{short}", "up")
        for pool in request["IPv4Data"] + request["IPv6Data"]:
            if pool.get("Gateway"):
                nodad = ["nodad"] if ":" in pool["Gateway"] else []
                ip("addr", "add", pool["Gateway"], "dev", f"switch{short}", *nodad)
        ip("link", "set", f"switch{short}", "up")
        for peer in HOSTS:
            send_to(f"far{short}", peer)
    except PluginError:
        delete_network(request, host)
        raise
    return {}


def delete_network(request, host):
    for name in (f"far{request['NetworkID'][:8]}", f"switch{request['NetworkID'][:8]}"):
        if exists(name):
            ip("link", "del", name)
    return {}


def create_endpoint(request, host):
    near, inner = f"n{request['EndpointID'][:9]}", f"i{request['EndpointID'][:9]}"
    if not exists(f"switch{request['NetworkID'][:8]}"):
        raise PluginError("no such network here")
    if not exists(near):
        ip("link", "add", near, "mtu", "1400", "type", "veth", "peer", "name", inner, "mtu", "1400")
        ip("link", "set", near, "master", f"switch{request['NetworkID'][:8]}")
        ip("link", "set", near, "up")
    return {"Interface": {}}


def send_to(tunnel, peer):
    ip("fdb", "append", "00:00:00:00:00:00", "dev", tunnel, "dst", peer, program="bridge")


def discover_new(request, host):
    peer = request["DiscoveryData"]["Address"]
    if request["DiscoveryData"]["Self"] or peer in HOSTS:
        return {}
    HOSTS.append(peer)
    for network_id in host.networks:
        send_to(f"far{network_id[:8]}", peer)
    return {}


def discover_delete(request, host):
    peer = request["DiscoveryData"]["Address"]
    if peer in HOSTS:
        HOSTS.remove(peer)
        for network_id in host.networks:
            ip("fdb", "del", "00:00:00:00:00:00", "dev", f"far{network_id[:8]}", "dst", peer, program="bridge")
    return {}
