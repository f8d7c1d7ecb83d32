"""Exercise 16: the same plugin is a volume driver as well. A volume is a folder in ``host.volumes``, and nothing else.

Nothing is kept in variables: what is on the disk is what there is, whoever has been started anew meanwhile.
"""

import shutil
from pathlib import Path
from urllib.parse import quote, unquote

from workshop import PluginError
from workshop.course.host import Host
from workshop.protocol.types import ActivateAnswer, Empty
from workshop.protocol.volumes import (
    CreateVolumeRequest,
    GetVolumeAnswer,
    ListVolumesAnswer,
    MountAnswer,
    MountRequest,
    VolumeCapabilitiesAnswer,
    VolumeRequest,
)

MARK = "v-"


def activate(request: Empty, host: Host) -> ActivateAnswer:
    """Plugin.Activate: one process, two drivers."""
    return {"Implements": ["NetworkDriver", "VolumeDriver"]}


def volume_capabilities(request: Empty, host: Host) -> VolumeCapabilitiesAnswer:
    """VolumeDriver.Capabilities: a folder is on one host."""
    return {"Capabilities": {"Scope": "local"}}


def volume_create(request: CreateVolumeRequest, host: Host) -> Empty:
    """VolumeDriver.Create: a folder; it may be there, if Docker did not get our first answer."""
    folder_of(request["Name"], host).mkdir(exist_ok=True)
    return {}


def volume_get(request: VolumeRequest, host: Host) -> GetVolumeAnswer:
    """VolumeDriver.Get: whether there is such a volume. Docker asks before each use."""
    folder = existing(request["Name"], host)
    return {"Volume": {"Name": request["Name"], "Mountpoint": str(folder)}}


def volume_list(request: Empty, host: Host) -> ListVolumesAnswer:
    """VolumeDriver.List: all that there are."""
    names = [unquote(each.name.removeprefix(MARK)) for each in host.volumes.iterdir()]
    return {"Volumes": [{"Name": name, "Mountpoint": str(folder_of(name, host))} for name in sorted(names)]}


def volume_path(request: VolumeRequest, host: Host) -> MountAnswer:
    """VolumeDriver.Path: where it is."""
    return {"Mountpoint": str(existing(request["Name"], host))}


def volume_mount(request: MountRequest, host: Host) -> MountAnswer:
    """VolumeDriver.Mount: a container starts. A folder is there already: Docker only has to know where."""
    return {"Mountpoint": str(existing(request["Name"], host))}


def volume_unmount(request: MountRequest, host: Host) -> Empty:
    """VolumeDriver.Unmount: a container has ended. Nothing was done for it alone, so nothing is to be undone."""
    return {}


def volume_remove(request: VolumeRequest, host: Host) -> Empty:
    """VolumeDriver.Remove: the volume goes with all that is in it."""
    shutil.rmtree(existing(request["Name"], host))
    return {}


def folder_of(name: str, host: Host) -> Path:
    """A volume's folder. Its user may have typed anything: quoted, no name leads elsewhere, and no two are the same."""
    return host.volumes / f"{MARK}{quote(name, safe='')}"


def existing(name: str, host: Host) -> Path:
    """The same, if there is such a volume."""
    folder = folder_of(name, host)
    if not folder.is_dir():
        raise PluginError(f"there is no volume {name}")
    return folder
