"""By mkdir, ls and rm. A volume's folder is named by a sum, and its own name is in a file beside its files."""

import hashlib
import json
import subprocess

from workshop import PluginError


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise PluginError(done.stderr.strip())
    return done.stdout


def home(name, host):
    return host.volumes / hashlib.sha256(name.encode()).hexdigest()[:24]


def about(folder):
    return json.loads((folder / "about.json").read_text())


def activate(request, host):
    return {"implements": ["NetworkDriver", "VolumeDriver"]}


def volume_capabilities(request, host):
    return {"Capabilities": {"Scope": "LOCAL"}}


def volume_create(request, host):
    folder = home(request["Name"], host)
    if (folder / "about.json").exists():
        return {}
    run("mkdir", "-p", f"{folder}/files")
    (folder / "about.json").write_text(json.dumps({"name": request["Name"], "options": request.get("Opts") or {}}))
    return {}


def volume_get(request, host):
    folder = home(request["Name"], host)
    if not folder.is_dir():
        raise PluginError(f"nobody made a volume {request['Name']}")
    return {"Volume": {"Name": about(folder)["name"], "Status": {"options": about(folder)["options"]}}}


def volume_list(request, host):
    names = run("ls", "-A", str(host.volumes)).split()
    return {"Volumes": [{"Name": about(host.volumes / name)["name"], "Mountpoint": ""} for name in names]}


def volume_mount(request, host):
    volume_get(request, host)
    return {"Mountpoint": str(home(request["Name"], host) / "files")}


def volume_path(request, host):
    return volume_mount(request, host)


def volume_unmount(request, host):
    return {}


def volume_remove(request, host):
    volume_get(request, host)
    run("rm", "-rf", "--", str(home(request["Name"], host)))
    return {}
