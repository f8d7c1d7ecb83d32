# cause: kept
# part: bug_3
# seen: gone:
"""The end on the bridge can be found in Leave. Docker cannot find the other one then."""

import shlex
import subprocess

from workshop import PluginError


def create_network(request, host):
    net = short(request["NetworkID"])
    if sh(f"ip link show net{net}", must=False):
        return {}
    mac = f"02:00:{net[0:2]}:{net[2:4]}:{net[4:6]}:{net[6:8]}"
    sh(f"ip link add net{net} address {mac} type bridge")
    try:
        for pool in request["IPv4Data"]:
            sh(f"ip address add {pool['Gateway']} dev net{net}")
        sh(f"ip link set net{net} up")
        sh(f"iptables -w -I DOCKER-USER -i net{net} -o net{net} -j ACCEPT")
    except PluginError:
        delete_network(request, host)
        raise
    return {}


def delete_network(request, host):
    net = short(request["NetworkID"])
    sh(f"iptables -w -D DOCKER-USER -i net{net} -o net{net} -j ACCEPT", must=False)
    sh(f"ip link delete net{net}", must=False)
    return {}


def create_endpoint(request, host):
    net, end = short(request["NetworkID"]), short(request["EndpointID"])
    if sh(f"ip link show near{end}", must=False):
        return {"Interface": {}}
    sh(f"ip link add near{end} type veth peer name far{end}")
    if not sh(f"ip link set near{end} master net{net} up", must=False):
        sh(f"ip link delete near{end}")
        raise PluginError(f"the network {net} is not there")
    return {"Interface": {}}


def join(request, host):
    network, end = host.network(request["NetworkID"]), short(request["EndpointID"])
    return {
        "InterfaceName": {"SrcName": f"far{end}", "DstPrefix": "eth"},
        "Gateway": network["IPv4Data"][0]["Gateway"].split("/")[0],
    }


def leave(request, host):
    sh(f"ip link delete near{short(request['EndpointID'])}", must=False)  # it may be gone already
    return {}


def delete_endpoint(request, host):
    return {}


def short(key: str) -> str:
    """What links are told apart by."""
    return key[:10]


def sh(line: str, must: bool = True) -> bool:
    """One line, as one would type it; whether it went well. If it must, Docker's user reads why it did not."""
    done = subprocess.run(shlex.split(line), capture_output=True, text=True)
    if must and done.returncode:
        raise PluginError(f"{line}: {done.stderr.strip()}")
    return done.returncode == 0
