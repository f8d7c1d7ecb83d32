# cause: counted
# seen: no folder
import shutil
from urllib.parse import quote, unquote

from workshop import PluginError

USERS = {}


def activate(request, host):
    return {"Implements": ["NetworkDriver", "VolumeDriver"]}


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
    return {"Volumes": [{"Name": unquote(each.name[1:])} for each in host.volumes.glob("=*")]}


def volume_path(request, host):
    return {"Mountpoint": str(in_use(request, host))}


def volume_mount(request, host):
    link, folder = in_use(request, host), place(request, host)
    USERS[request["Name"]] = USERS.get(request["Name"], 0) + 1
    if not link.is_symlink():
        link.symlink_to(folder)
    return {"Mountpoint": str(link)}


def volume_unmount(request, host):
    USERS[request["Name"]] = USERS.get(request["Name"], 0) - 1
    if USERS[request["Name"]] <= 0:
        in_use(request, host).unlink(missing_ok=True)
    return {}


def volume_remove(request, host):
    shutil.rmtree(place(request, host), ignore_errors=True)
    return {}


def place(request, host):
    return host.volumes / ("=" + quote(request["Name"], safe=""))


def in_use(request, host):
    return host.volumes / ("+" + quote(request["Name"], safe=""))
