# cause: closed
import subprocess

from workshop import PluginError

PROTO = {6: "tcp", 17: "udp", 132: "sctp"}
DOORS = {}


def nft(text):
    done = subprocess.run(["nft", "-f", "-"], input=text, capture_output=True, text=True)
    if done.returncode:
        raise PluginError(done.stderr.splitlines()[0])


def program_external_connectivity(request, host):
    endpoint = request["EndpointID"]
    address = host.endpoint(endpoint)["Interface"]["Address"].partition("/")[0]
    ports = (request.get("Options") or {}).get("com.docker.network.portmap") or []
    for port in ports:
        if DOORS.get((port["Proto"], port["HostPort"]), endpoint) != endpoint:
            raise PluginError(f"port {port['HostPort']} is taken")
    nft(f"add table ip pub_{endpoint[:10]}\ndelete table ip pub_{endpoint[:10]}")
    rules = []
    for port in ports:
        DOORS[port["Proto"], port["HostPort"]] = endpoint
        rules.append(
            f"fib daddr type local {PROTO[port['Proto']]} dport {port['HostPort']} dnat to {address}:{port['Port']}"
        )
    if rules:
        chain = "chain arriving { type nat hook prerouting priority -100; " + "; ".join(rules) + "; };"
        nft(f"table ip pub_{endpoint[:10]} {{ {chain} }}")
    return {}


def revoke_external_connectivity(request, host):
    endpoint = request["EndpointID"]
    print(endpoint)
    return {}
