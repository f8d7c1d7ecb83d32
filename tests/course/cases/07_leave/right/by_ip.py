# The program ip, from the container's end, which has come back under its old name.
import subprocess


def leave(request, host):
    return {"Err": ""}


def delete_endpoint(request, host):
    for name in (f"wsc{request['EndpointID'][:10]}", f"wsh{request['EndpointID'][:10]}"):
        subprocess.run(["ip", "link", "del", name], capture_output=True)
    return {}
