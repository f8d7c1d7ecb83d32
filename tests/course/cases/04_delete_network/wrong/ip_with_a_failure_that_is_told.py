# cause: repeated
import subprocess

from workshop import PluginError


def delete_network(request, host):
    done = subprocess.run(["ip", "link", "del", f"wsb{request['NetworkID'][:10]}"], capture_output=True, text=True)
    if done.returncode:
        raise PluginError(done.stderr.strip())
    return {}
