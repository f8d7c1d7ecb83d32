# cause: refused
"""Without check=True, nobody hears what `ip` has to say."""

import subprocess


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    subprocess.run(["ip", "link", "add", name, "address", "02:00:00:00:00:01", "type", "bridge"], capture_output=True)
    for pool in request["IPv4Data"] + request["IPv6Data"]:
        if "Gateway" in pool:
            subprocess.run(["ip", "addr", "replace", pool["Gateway"], "dev", name], capture_output=True)
    subprocess.run(["ip", "link", "set", name, "up"], capture_output=True)
    return {}
