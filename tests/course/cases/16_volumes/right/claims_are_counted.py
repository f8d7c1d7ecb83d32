"""A volume is seen at a place of its own while somebody has it: a link, made for the first ID, gone after the last."""

import shutil
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from workshop import PluginError

claims = {}


def kept(name, host):
    return host.volumes / f"{quote(name, safe='')}.kept"


def shown(name, host):
    return host.volumes / f"{quote(name, safe='')}.shown"


def activate(request, host):
    return {"Implements": ["NetworkDriver", "VolumeDriver"]}


def volume_capabilities(request, host):
    return {"Capabilities": {"Scope": "local"}}


def volume_create(request, host):
    kept(request["Name"], host).mkdir(exist_ok=True)
    return {}


def described(folder, host):
    name = unquote(folder.name.removesuffix(".kept"))
    made = datetime.fromtimestamp(folder.stat().st_ctime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    place = str(shown(name, host)) if claims.get(name) else ""
    return {"Name": name, "Mountpoint": place, "CreatedAt": made, "Status": {"claims": len(claims.get(name, ()))}}


def volume_get(request, host):
    folder = kept(request["Name"], host)
    if not folder.is_dir():
        raise PluginError("unknown volume")
    return {"Volume": described(folder, host)}


def volume_list(request, host):
    return {"Volumes": [described(each, host) for each in host.volumes.glob("*.kept")] or None}


def volume_path(request, host):
    return {"Mountpoint": volume_get(request, host)["Volume"]["Mountpoint"]}


def volume_mount(request, host):
    name = request["Name"]
    volume_get(request, host)
    claims.setdefault(name, set()).add(request["ID"])
    if not shown(name, host).is_symlink():
        shown(name, host).symlink_to(kept(name, host), target_is_directory=True)
    return {"Mountpoint": str(shown(name, host))}


def volume_unmount(request, host):
    name = request["Name"]
    claims.setdefault(name, set()).discard(request["ID"])
    if not claims[name]:
        shown(name, host).unlink(missing_ok=True)
    return {}


def volume_remove(request, host):
    name = request["Name"]
    if claims.pop(name, None):
        raise PluginError("somebody has it")
    shown(name, host).unlink(missing_ok=True)
    shutil.rmtree(kept(name, host))
    return {}
