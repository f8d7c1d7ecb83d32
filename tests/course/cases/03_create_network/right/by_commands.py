"""The program `ip`, a name of another form, and every error taken seriously."""

import subprocess

from workshop import PluginError


def create_network(request, host):
    name = f"cafe-{request['NetworkID'][-10:]}"
    pools = (request.get("IPv4Data") or []) + (request.get("IPv6Data") or [])
    made = not exists(name)
    try:
        if made:
            ip("link", "add", name, "address", "02:ca:fe:00:00:01", "type", "bridge")
        for pool in pools:
            if pool.get("Gateway"):
                extra = ["nodad"] if ":" in pool["Gateway"] else []
                ip("addr", "replace", pool["Gateway"], "dev", name, *extra)
        ip("link", "set", name, "up")
    except subprocess.CalledProcessError as error:
        if made and exists(name):
            ip("link", "del", name)
        raise PluginError(f"ip says: {error.stderr.strip()}") from None
    return {}


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def exists(name):
    return subprocess.run(["ip", "link", "show", name], capture_output=True).returncode == 0
