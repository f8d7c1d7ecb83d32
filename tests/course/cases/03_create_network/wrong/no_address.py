# cause: address
# seen: with no address
"""A bridge that is up, as switches have no addresses."""

import subprocess


def create_network(request, host):
    name = "br-" + request["NetworkID"][:12]
    subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
    subprocess.run(["ip", "link", "set", name, "up"], check=True)
    return {}
