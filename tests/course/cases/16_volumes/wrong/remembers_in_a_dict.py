# cause: remembered
# seen: no volume
import shutil
from urllib.parse import quote

from workshop import PluginError

VOLUMES = {}


def activate(request, host):
    return {"Implements": ["NetworkDriver", "VolumeDriver"]}


def volume_capabilities(request, host):
    return {"Capabilities": {"Scope": "local"}}


def volume_create(request, host):
    VOLUMES[request["Name"]] = place(request, host)
    place(request, host).mkdir(exist_ok=True)
    return {}


def volume_get(request, host):
    if request["Name"] not in VOLUMES:
        raise PluginError(f"no volume {request['Name']}")
    return {"Volume": {"Name": request["Name"], "Mountpoint": str(VOLUMES[request["Name"]])}}


def volume_list(request, host):
    return {"Volumes": [{"Name": name} for name in VOLUMES]}


def volume_path(request, host):
    return {"Mountpoint": str(place(request, host))}


def volume_mount(request, host):
    return {"Mountpoint": str(place(request, host))}


def volume_unmount(request, host):
    return {}


def volume_remove(request, host):
    VOLUMES.pop(request["Name"], None)
    shutil.rmtree(place(request, host), ignore_errors=True)
    return {}


def place(request, host):
    return host.volumes / ("=" + quote(request["Name"], safe=""))
