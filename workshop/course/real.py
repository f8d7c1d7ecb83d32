"""The machine's own Docker as a stage: where it is, an image to run, and plugin names that it does not know yet."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workshop.course.docker import IMAGE
from workshop.engine_api import DEFAULT_SOCKET, EngineAPI, EngineError
from workshop.errors import CannotHere
from workshop.kernel.namespaces import Namespace

_SOCKETS = "/run/docker/plugins"


def _docker_host() -> Path:
    named = os.environ.get("DOCKER_HOST", "")
    return Path(named.removeprefix("unix://") if named.startswith("unix://") else DEFAULT_SOCKET)


@dataclass
class RealDocker:
    """A Docker Engine: its ``socket``, the folder where it looks for ``plugins``, and its network ``namespace``.

    ``disk`` is a folder that both see, to keep volumes in; it is made if need be.
    """

    socket: Path = field(default_factory=_docker_host)
    plugins: Path = Path(_SOCKETS)
    namespace: Namespace = field(default_factory=Namespace.current)
    disk: Path = Path("/var/lib/docker-network-workshop")

    def __post_init__(self) -> None:
        self.api = EngineAPI(str(self.socket), timeout=120)
        self.prefix = f"course{os.getpid()}-"
        """Before the names of networks and containers, so that none is taken for somebody's own."""
        self._links: list[Path] = []

    def check(self) -> None:
        """See that it answers, and has an image to run. Raises CannotHere."""
        self.api.get("/_ping")
        try:
            self.api.get(f"/images/{IMAGE}/json")
        except EngineError as error:
            if error.status != 404:
                raise
            self._import()

    def new_name(self) -> str:
        """A plugin name that this Docker has not heard of: it remembers each until it is started anew."""
        return f"workshop-{secrets.token_hex(3)}"

    def another_name(self, socket: Path) -> str:
        """A further name for the plugin behind a socket."""
        self.forget_names()
        name = self.new_name()
        link = self.plugins / f"{name}.sock"
        link.symlink_to(socket.name)
        self._links.append(link)
        return name

    @contextlib.contextmanager
    def volumes(self) -> Iterator[Path]:
        """A new folder for volumes, which is gone afterwards. Raises CannotHere."""
        try:
            self.disk.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix="course-", dir=self.disk))
        except OSError as error:
            raise CannotHere(f"{self.disk} cannot be written ({error.strerror}).", "Do it as root.") from None
        try:
            folder = made / "volumes"
            folder.mkdir()
            yield folder
        finally:
            shutil.rmtree(made, ignore_errors=True)
            with contextlib.suppress(OSError):  # it was there before, with something in it
                self.disk.rmdir()

    def forget_names(self) -> None:
        """Remove the further names."""
        while self._links:
            self._links.pop().unlink(missing_ok=True)

    def _import(self) -> None:
        """Make the image of the machine's own busybox, without any registry."""
        busybox = shutil.which("busybox")
        if busybox is None:
            raise CannotHere(
                f"Docker has no image {IMAGE}.",
                f"`docker pull {IMAGE}`, or `apt install busybox-static` to have one made.",
            )
        import socket as sockets
        from http.client import HTTPConnection

        connection = HTTPConnection("docker", timeout=60)
        with contextlib.closing(sockets.socket(sockets.AF_UNIX)) as end:
            end.settimeout(60)
            end.connect(str(self.socket))
            connection.sock = end
            connection.request("POST", f"/images/create?fromSrc=-&repo={IMAGE}&tag=latest", _image(busybox))
            answer = connection.getresponse()
            said = answer.read().decode(errors="replace")
        if answer.status != 200 or '"error"' in said:
            raise CannotHere(f"Docker does not take an image: {said.strip()[-200:]}", f"`docker pull {IMAGE}`")


def _image(busybox: str) -> bytes:
    """A busybox image's files as a tar archive: one program, and a link for each of its names."""
    program = Path(busybox).resolve()
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for folder in ("bin", "etc", "proc", "sys", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(entry)
        tar.add(program, "bin/busybox")
        for applet in applets:
            if applet != "busybox":
                entry = tarfile.TarInfo(f"bin/{applet}")
                entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(entry)
    return archive.getvalue()
