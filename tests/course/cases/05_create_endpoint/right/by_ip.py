# The program ip, other names, and no MAC address answered at all: the link keeps its own.
import subprocess


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def create_endpoint(request, host):
    port, end = "p" + request["EndpointID"][-12:], "c" + request["EndpointID"][-12:]
    network = host.network(request["NetworkID"])
    if subprocess.run(["ip", "link", "show", port], capture_output=True).returncode:
        ip("link", "add", port, "type", "veth", "peer", "name", end)
        try:
            ip("link", "set", port, "master", f"wsb{network['NetworkID'][:10]}", "up")
        except subprocess.CalledProcessError:
            ip("link", "del", port)
            raise
    return {}
