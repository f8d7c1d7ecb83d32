"""What is no plain name is refused; a volume's folder is called as the volume."""

import re
import shutil

from workshop import PluginError

PLAIN = re.compile(r"\w[\w.-]*")


def folder_of(request, host, must_be_there=True):
    name = request["Name"]
    if not PLAIN.fullmatch(name):
        raise PluginError(f"{name!r} is no name for a volume")
    folder = host.volumes / name
    if must_be_there and not folder.exists():
        raise PluginError("there is no such volume")
    return folder


def where(request, host):
    return {"Mountpoint": folder_of(request, host).as_posix()}


def volume_mount(request, host):
    return where(request, host)


def volume_path(request, host):
    return where(request, host)


def volume_get(request, host):
    return {"Volume": {"Name": request["Name"], **where(request, host)}}


def volume_list(request, host):
    return {"Volumes": [{"Name": each.name, "Mountpoint": str(each)} for each in host.volumes.iterdir()]}


def volume_create(request, host):
    folder = folder_of(request, host, must_be_there=False)
    if not folder.exists():
        folder.mkdir()
    return {}


def volume_unmount(request, host):
    return {}


def volume_remove(request, host):
    shutil.rmtree(folder_of(request, host))
    return {}


def volume_capabilities(request, host):
    return {}


def activate(request, host):
    return {"Implements": ["VolumeDriver", "NetworkDriver"]}
