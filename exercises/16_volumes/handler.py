"""Exercise 16: the same plugin is to be a volume driver as well. All other routes are still answered for you."""

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


def activate(request: Empty, host: Host) -> ActivateAnswer:
    """Plugin.Activate: what this process is."""
    return {"Implements": ["NetworkDriver"]}  # TODO: and what else?


def volume_capabilities(request: Empty, host: Host) -> VolumeCapabilitiesAnswer:
    """VolumeDriver.Capabilities: how far the volumes reach."""
    return {}  # TODO


def volume_create(request: CreateVolumeRequest, host: Host) -> Empty:
    """VolumeDriver.Create: make a volume."""
    print(f"volume {request['Name']!r}, in {host.volumes}")  # shown beside the call
    return {}  # TODO: a folder in host.volumes


def volume_get(request: VolumeRequest, host: Host) -> GetVolumeAnswer:
    """VolumeDriver.Get: tell what is known of a volume."""
    raise PluginError(f"there is no volume {request['Name']}")  # TODO: unless there is


def volume_list(request: Empty, host: Host) -> ListVolumesAnswer:
    """VolumeDriver.List: tell which volumes there are."""
    return {"Volumes": []}  # TODO


def volume_path(request: VolumeRequest, host: Host) -> MountAnswer:
    """VolumeDriver.Path: tell where a volume is."""
    return {"Mountpoint": ""}  # TODO


def volume_mount(request: MountRequest, host: Host) -> MountAnswer:
    """VolumeDriver.Mount: a container with this volume starts; ID says which."""
    return {"Mountpoint": ""}  # TODO


def volume_unmount(request: MountRequest, host: Host) -> Empty:
    """VolumeDriver.Unmount: the container with this ID has ended."""
    return {}  # TODO: is there something to be undone?


def volume_remove(request: VolumeRequest, host: Host) -> Empty:
    """VolumeDriver.Remove: remove a volume."""
    return {}  # TODO
