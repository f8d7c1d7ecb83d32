"""A container's /etc/hosts, /etc/hostname and /etc/resolv.conf.

Docker's name server answers with the names of containers; the practice engine writes them into /etc/hosts
instead, so that every program finds them, and keeps the files up to date.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from workshop.lab.engine.model import Attachment, Container

_HOSTS = """\
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
"""
NAMES = ("hosts", "hostname", "resolv.conf")


def make(folder: Path, container: Container) -> list[tuple[str, str]]:
    """Write the container's files; pairs of where each is and where the container has to see it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hosts").write_text(_HOSTS)
    (folder / "hostname").write_text(container.hostname + "\n")
    (folder / "resolv.conf").write_text("# Names of containers are in /etc/hosts.\noptions ndots:0\n")
    return [(str(folder / name), f"/etc/{name}") for name in NAMES]


def remove(folder: Path) -> None:
    """Remove a container's files."""
    shutil.rmtree(folder, ignore_errors=True)


def write_hosts(folder: Path, container: Container, others: list[Container]) -> None:
    """Bring /etc/hosts up to date: the container's own addresses, then those of its neighbours by all their
    names.

    Written in place, as the container has the file itself mounted.
    """
    lines = [f"{_bare(a)}\t{container.hostname}" for one in _attached(container) for a in _addresses(one)]
    mine = {one.network_id for one in _attached(container)}
    plain = {network for network in mine if not _is_default(container, network)}
    for other in (container, *others):
        for one in _attached(other):
            if one.network_id in plain:
                names = " ".join(dict.fromkeys([other.name, *one.aliases, other.short_id]))
                lines += [f"{_bare(address)}\t{names}" for address in _addresses(one)]
    (folder / "hosts").write_text(_HOSTS + "".join(f"{line}\n" for line in dict.fromkeys(lines)))


def _attached(container: Container) -> list[Attachment]:
    return [one for one in container.attachments.values() if one.endpoint is not None and one.endpoint.joined]


def _addresses(attachment: Attachment) -> list[str]:
    endpoint = attachment.endpoint
    return [address for address in (endpoint.address, endpoint.address6) if address] if endpoint else []


def _is_default(container: Container, network: str) -> bool:
    endpoint = container.attachments[network].endpoint
    return endpoint is not None and endpoint.network.builtin  # Docker knows no names on its default bridge


def _bare(address: str) -> str:
    return address.split("/")[0]
