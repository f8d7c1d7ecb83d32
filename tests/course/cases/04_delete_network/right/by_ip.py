# The program ip, whose complaint that there is no such link is passed over.
import subprocess


def delete_network(request, host):
    name = f"wsb{request['NetworkID'][:10]}"
    if subprocess.run(["ip", "link", "show", name], capture_output=True).returncode == 0:
        subprocess.run(["ip", "link", "del", name], check=True, capture_output=True)
    return {}
