# cause: address
# seen: 10.90.1.1/32
"""The address without its mask: the kernel takes it for a host of its own."""

import subprocess


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
    for pool in request["IPv4Data"]:
        subprocess.run(["ip", "addr", "add", pool["Gateway"].split("/")[0], "dev", name], check=True)
    subprocess.run(["ip", "link", "set", name, "up"], check=True)
    return {}
