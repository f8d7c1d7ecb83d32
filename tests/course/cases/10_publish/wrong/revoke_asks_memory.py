# cause: unknown
"""Exercise 10: a container's port is to be reached from outside, through a port of the host."""

import subprocess

from workshop import PluginError
from workshop.course.host import Host
from workshop.protocol.types import Empty, EndpointRequest, ProgramExternalConnectivityRequest

PORTMAP = "com.docker.network.portmap"
PROTOCOLS = {6: "tcp", 17: "udp", 132: "sctp"}


def program_external_connectivity(request: ProgramExternalConnectivityRequest, host: Host) -> Empty:
    """NetworkDriver.ProgramExternalConnectivity: after Join, for the endpoint that is the container's way out."""
    endpoint_id = request["EndpointID"]
    address = host.endpoint(endpoint_id)["Interface"]["Address"].partition("/")[0]
    ports = (request.get("Options") or {}).get(PORTMAP) or []
    if not ports:
        return {}
    taken = others(nft("list", "ruleset"), endpoint_id)
    doors = []
    for port in ports:
        match = f"{PROTOCOLS[port['Proto']]} dport {port['HostPort']} "
        if match in taken:
            raise PluginError(f"the port {port['HostPort']} is taken by another container")
        doors.append(f"fib daddr type local {door(port)}{match}dnat to {address}:{port['Port']}")
    rules = "\n".join(doors)
    # One table for each endpoint: it is made anew at one stroke, and one word takes all of it away.
    # What arrives is sent through a door before it is routed, what the host itself sends, when it leaves.
    script = f"""
        {gone(endpoint_id)}
        table ip {table(endpoint_id)} {{
            chain doors {{
                {rules}
            }}
            chain arriving {{
                type nat hook prerouting priority -100
                jump doors
            }}
            chain local {{
                type nat hook output priority -100
                ip daddr != 127.0.0.0/8 jump doors
            }}
        }}
    """
    nft("-f", "-", given=script)
    return {}


def revoke_external_connectivity(request: EndpointRequest, host: Host) -> Empty:
    """NetworkDriver.RevokeExternalConnectivity: before Leave, or when another endpoint becomes the way out."""
    host.endpoint(request["EndpointID"])
    nft("-f", "-", given=gone(request["EndpointID"]))
    return {}


def table(endpoint_id: str) -> str:
    return f"publish_{endpoint_id[:12]}"


def gone(endpoint_id: str) -> str:
    """What removes an endpoint's table. "add" does nothing if there is one, so that "delete" never fails."""
    return f"add table ip {table(endpoint_id)}\ndelete table ip {table(endpoint_id)}\n"


def others(ruleset: str, endpoint_id: str) -> str:
    """The rules without this endpoint's own table: its ports are not taken if Docker repeats the call."""
    before, _, rest = ruleset.partition(f"table ip {table(endpoint_id)} {{")
    return before + rest.partition("\n}")[2]


def door(port: dict) -> str:
    """Only the host's address that the user named, if one was."""
    address = port.get("HostIP") or ""
    return f"ip daddr {address} " if address not in ("", "0.0.0.0") and ":" not in address else ""


def nft(*words: str, given: str = "") -> str:
    """Run the program nft; what it says against it becomes Err."""
    done = subprocess.run(["nft", *words], input=given, capture_output=True, text=True)
    if done.returncode:
        raise PluginError(done.stderr.strip().splitlines()[0])
    return done.stdout
