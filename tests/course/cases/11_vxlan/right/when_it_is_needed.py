"""The tunnel is made once there is another host, goes with the last, and sends from the address that Docker tells."""

import subprocess

from workshop import PluginError

me, others, used = [], [], {}


def sh(line):
    done = subprocess.run(line, shell=True, capture_output=True, text=True)
    if done.returncode:
        raise PluginError(f"{line}: {done.stderr.strip()}")


def dig(key, vni):
    local = f"local {me[0]}" if me else ""
    sh(f"ip link add dig{key} mtu 1450 type vxlan id {vni} {local} dstport 4789")
    sh(f"ip link set dig{key} master sw{key} up")
    for other in others:
        sh(f"bridge fdb append 00:00:00:00:00:00 dev dig{key} dst {other}")


def create_network(request, host):
    key = request["NetworkID"][:10]
    try:
        vni = int(request["Options"]["com.docker.network.generic"]["vni"])
    except (KeyError, ValueError):
        raise PluginError("which VNI?") from None
    if used.get(key) == vni:
        return {}
    if vni in used.values() or not 0 < vni <= 0xFFFFFF:
        raise PluginError(f"VNI {vni} cannot be used")
    sh(f"ip link add sw{key} address 02:{key[:2]}:{key[2:4]}:{key[4:6]}:{key[6:8]}:{key[8:]} type bridge")
    for pool in request["IPv4Data"] + request["IPv6Data"]:
        if pool.get("Gateway"):
            sh(f"ip addr add {pool['Gateway']} dev sw{key} {'nodad' if ':' in pool['Gateway'] else ''}")
    sh(f"ip link set sw{key} up")
    used[key] = vni
    if others:
        dig(key, vni)
    return {}


def delete_network(request, host):
    key = request["NetworkID"][:10]
    if key in used:
        if others:
            sh(f"ip link del dig{key}")
        sh(f"ip link del sw{key}")
        del used[key]
    return {}


def create_endpoint(request, host):
    key, end = request["NetworkID"][:10], request["EndpointID"][:10]
    if key not in used:
        raise PluginError("unknown network")
    sh(f"ip link show v{end} || ip link add v{end} mtu 1450 type veth peer name p{end} mtu 1450")
    sh(f"ip link set v{end} master sw{key} up")
    return {"Interface": {}}


def discover_new(request, host):
    node = request["DiscoveryData"]
    if node["Self"]:
        me[:] = [node["Address"]]
    elif node["Address"] not in others:
        others.append(node["Address"])
        for key, vni in used.items():
            if len(others) == 1:
                dig(key, vni)
            else:
                sh(f"bridge fdb append 00:00:00:00:00:00 dev dig{key} dst {node['Address']}")
    return {}


def discover_delete(request, host):
    address = request["DiscoveryData"]["Address"]
    if address in others:
        others.remove(address)
        for key in used:
            sh(f"bridge fdb del 00:00:00:00:00:00 dev dig{key} dst {address}" if others else f"ip link del dig{key}")
    return {}
