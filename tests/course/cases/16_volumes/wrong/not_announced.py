# cause: volume_driver
# seen: "Implements": ["NetworkDriver"]
import shutil
from urllib.parse import quote, unquote

from workshop import PluginError


def activate(request, host):
    return {"Implements": ["NetworkDriver"]}


def volume_capabilities(request, host):
    return {"Capabilities": {"Scope": "local"}}


def volume_create(request, host):
    place(request, host).mkdir(exist_ok=True)
    return {}


def volume_get(request, host):
    if not place(request, host).is_dir():
        raise PluginError(f"no volume {request['Name']}")
    return {"Volume": {"Name": request["Name"], "Mountpoint": str(place(request, host))}}


def volume_list(request, host):
    return {"Volumes": [{"Name": unquote(each.name[1:])} for each in host.volumes.iterdir()]}


def volume_path(request, host):
    return {"Mountpoint": str(place(request, host))}


def volume_mount(request, host):
    return {"Mountpoint": str(place(request, host))}


def volume_unmount(request, host):
    return {}


def volume_remove(request, host):
    shutil.rmtree(place(request, host), ignore_errors=True)
    return {}


def place(request, host):
    return host.volumes / ("=" + quote(request["Name"], safe=""))
