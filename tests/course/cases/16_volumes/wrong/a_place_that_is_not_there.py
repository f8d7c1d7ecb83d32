# cause: place
# seen: which is no folder
import shutil

from workshop import PluginError

NAMES = set()


def activate(request, host):
    return {"Implements": ["NetworkDriver", "VolumeDriver"]}


def volume_capabilities(request, host):
    return {"Capabilities": {"Scope": "local"}}


def volume_create(request, host):
    NAMES.add(request["Name"])
    return {}


def volume_get(request, host):
    if request["Name"] not in NAMES:
        raise PluginError("no such volume")
    return {"Volume": {"Name": request["Name"]}}


def volume_list(request, host):
    return {"Volumes": [{"Name": name} for name in sorted(NAMES)]}


def volume_path(request, host):
    return {"Mountpoint": str(place(request, host))}


def volume_mount(request, host):
    return {"Mountpoint": str(place(request, host))}


def volume_unmount(request, host):
    return {}


def volume_remove(request, host):
    NAMES.discard(request["Name"])
    shutil.rmtree(place(request, host), ignore_errors=True)
    return {}


def place(request, host):
    return host.volumes / request["Name"]
