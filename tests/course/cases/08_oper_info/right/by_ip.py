"""With the program `ip`, and all that it says of the link; keys of its own."""

import json
import subprocess

from workshop import PluginError


def endpoint_oper_info(request, host):
    endpoint = host.endpoints.get(request["EndpointID"])
    if endpoint is None:
        raise PluginError("no such endpoint here")
    command = ["ip", "-json", "-statistics", "-details", "link", "show", "dev", f"wsh{request['EndpointID']:.10}"]
    (link,) = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {"value": {"endpoint": dict(endpoint), "of the kernel": link}}
