# Routed links with the program ip, a link-local gateway that Docker is told as a route, and proxy ARP.
import subprocess
from pathlib import Path

from workshop import PluginError


def run(*words, check=True):
    done = subprocess.run(words, capture_output=True, text=True)
    if check and done.returncode:
        raise PluginError(done.stderr.strip())
    return done.returncode == 0


def create_network(request, host):
    return {}


def delete_network(request, host):
    return {}


def create_endpoint(request, host):
    network = host.network(request["NetworkID"])
    tag = request["EndpointID"][:9]
    if run("ip", "link", "show", f"rt-{tag}", check=False):
        return {}
    address = request["Interface"]["Address"].partition("/")[0]
    gateway = network["IPv4Data"][0]["Gateway"].partition("/")[0]
    try:
        run("ip", "link", "add", f"rt-{tag}", "type", "veth", "peer", "name", f"rc-{tag}")
        run("ip", "addr", "add", f"{gateway}/32", "dev", f"rt-{tag}")
        run("ip", "link", "set", f"rt-{tag}", "up")
        run("ip", "route", "add", f"{address}/32", "dev", f"rt-{tag}")
        for path, value in ((f"conf/rt-{tag}/proxy_arp", "1"), (f"neigh/rt-{tag}/proxy_delay", "0")):
            Path("/proc/sys/net/ipv4", path).write_text(value)
        for way in ("-i", "-o"):
            run("iptables", "-w", "-I", "FORWARD", way, f"rt-{tag}", "-j", "ACCEPT")
    except PluginError:
        delete_endpoint(request, host)
        raise
    return {}


def join(request, host):
    network = host.network(request["NetworkID"])
    gateway = network["IPv4Data"][0]["Gateway"].partition("/")[0]
    name = {"SrcName": f"rc-{request['EndpointID'][:9]}", "DstPrefix": "eth"}
    return {"InterfaceName": name, "Gateway": gateway}


def leave(request, host):
    return {}


def delete_endpoint(request, host):
    tag = request["EndpointID"][:9]
    for way in ("-i", "-o"):
        run("iptables", "-w", "-D", "FORWARD", way, f"rt-{tag}", "-j", "ACCEPT", check=False)
    run("ip", "link", "del", f"rt-{tag}", check=False)
    return {}
