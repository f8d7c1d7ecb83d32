"""What `ip` prints, as it is, as one text."""

import subprocess

from workshop import PluginError


def endpoint_oper_info(request, host):
    interface = host.endpoint(request["EndpointID"])["Interface"]
    command = ["ip", "-s", "-j", "link", "show", "dev", f"wsh{request['EndpointID'][:10]}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise PluginError(done.stderr.strip())
    return {"Value": {"ip": done.stdout, "interface": str(dict(interface))}}
