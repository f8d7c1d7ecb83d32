# cause: answers
# seen: None
"""Does it all, and forgets to answer."""

import subprocess


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
    for pool in request["IPv4Data"] + request["IPv6Data"]:
        if "Gateway" in pool:
            subprocess.run(["ip", "addr", "add", pool["Gateway"], "dev", name], check=True)
    subprocess.run(["ip", "link", "set", name, "up"], check=True)
