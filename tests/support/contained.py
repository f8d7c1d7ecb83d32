"""The plugin in a privileged container of a real engine, started as the compose file has it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from tests.support.engine import Engine
from tests.support.pages import ROOT
from tests.support.shell import run, until

COMPOSE = ROOT / "shipping/compose.yaml"
IMAGE, NAME = "network-workshop", "the-plugin"
SYS_RESOURCE = 24
"""The number of a capability that some machines do not give to root, such as those of continuous integration."""


def privileged(engine: Engine) -> list[str]:
    """``--privileged``; or all but what the machine's root has not itself, where Docker 20.10 fails for that."""
    had = int(re.search(r"^CapBnd:\s*(\w+)", Path("/proc/self/status").read_text(), re.MULTILINE)[1], 16)
    if engine.version != "20.10" or had >> SYS_RESOURCE & 1:
        return ["--privileged"]
    unconfined = [f"--security-opt={what}=unconfined" for what in ("systempaths", "seccomp", "apparmor")]
    return ["--cap-add=ALL", "--cap-drop=SYS_RESOURCE", *unconfined]


def service(name: str) -> tuple[dict[str, str], list[str], list[str]]:
    """What the compose file says of a service, with what is common to all: its settings, volumes and command."""
    text = COMPOSE.read_text(encoding="utf-8")
    common = re.search(r"^x-workshop:.*\n((?:  .*\n)+)", text, re.MULTILINE)[1]
    own = re.search(rf"^  {name}:\n((?:    .*\n)+)", text, re.MULTILINE)[1]
    settings = dict(re.findall(r"^  (?:  )?(\w+): ([\w-]+)$", common + own, re.MULTILINE))
    return settings, re.findall(r"^      - (\S+)$", own, re.MULTILINE), json.loads(re.search(r"command: (.*)", own)[1])


class Contained:
    """The service ``plugin``, from an image that is the managed plugin's root: no registry is needed for it."""

    name = "workshop"

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self._folder = engine, folder
        self.state_dir = engine.home / "data/volumes/state/_data"
        self.socket = engine.plugins_dir / "workshop.sock"

    def create(self) -> None:
        """Import the image and make the container."""
        archive = self.engine.home / "image.tar"
        run("tar", "-C", self._folder / "rootfs", "-cf", archive, ".")
        self.engine.docker("import", archive, f"{IMAGE}:latest")
        archive.unlink()
        settings, volumes, command = service("plugin")
        options = ["--network", settings["network_mode"], "--pid", settings["pid"]]
        options += privileged(self.engine) if settings["privileged"] == "true" else []
        for volume in volumes:
            source, _, target = volume.partition(":")
            options += ["-v", f"{self.engine.socket if source == '/var/run/docker.sock' else source}:{target}"]
        self.engine.docker(
            *("create", "--name", NAME, *options, "-e", "PYTHONHOME=/usr", "-e", "PYTHONUNBUFFERED=1"),
            *(IMAGE, "python3", "-m", "workshop", *command),
        )

    def start(self) -> Contained:
        """Start it and wait until it is ready. Raises AssertionError with its log."""
        if not self.engine.docker("ps", "-aq", "--filter", f"name={NAME}").stdout:
            self.create()
        said = len(self.log())
        self.engine.docker("start", NAME)
        if not until(lambda: "Ready" in self.log()[said:], 60):
            raise AssertionError(f"the plugin does not start:\n{self.log()[-3000:]}")
        return self

    def terminate(self) -> tuple[int, float]:
        """Stop the container: the program's exit code, and how many seconds it took."""
        began = time.monotonic()
        self.engine.docker("stop", NAME)
        return self.engine.inspect(NAME)["State"]["ExitCode"], time.monotonic() - began

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.engine.docker("kill", NAME)

    def run(self, *arguments: str) -> str:
        """What a command of ours prints beside it, in the same container."""
        return self.engine.docker("exec", NAME, "python3", "-m", "workshop", *arguments).stdout

    @property
    def runs(self) -> bool:
        """Whether it runs now."""
        return self.engine.docker("ps", "-q", "--filter", f"name={NAME}").stdout != ""

    def log(self) -> str:
        """All that it printed so far."""
        result = self.engine.docker("logs", NAME, check=False)
        return result.stdout + result.stderr

    def down(self) -> None:
        """Remove it with its state."""
        self.engine.docker("rm", "-f", NAME, check=False)
        self.engine.docker("volume", "rm", "state", check=False)
