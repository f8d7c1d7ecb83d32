"""Make the managed plugin: ``python -m shipping.plugin FOLDER``, then ``docker plugin create NAME FOLDER``."""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

from shipping import config
from shipping.rootfs import Rootfs
from workshop import resources
from workshop.journal import Journal
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace
from workshop.plugin.plugin import Plugin

ROOT = Path(__file__).resolve().parents[1]
DISTRIBUTION = "docker-network-workshop"
LARGEST = 150
"""Megabytes that it may have."""

PROGRAMS = {
    "nft": (),
    "xtables-nft-multi": ("iptables-nft", "ip6tables-nft", "iptables-nft-restore", "ip6tables-nft-restore"),
    "xtables-legacy-multi": (
        *("iptables-legacy", "ip6tables-legacy", "iptables-legacy-restore", "ip6tables-legacy-restore"),
    ),
}
"""The programs that the plugin calls, and by which names."""

EXTENSIONS = ("usr/lib/*/xtables", "usr/lib/xtables")
"""Where iptables has its matches and targets."""


def build(folder: Path) -> float:
    """Make ``config.json`` and ``rootfs/`` in a folder, which must not be there or be empty; the size in megabytes."""
    rootfs = Rootfs(folder / "rootfs")
    rootfs.skeleton()
    python = rootfs.python()
    rootfs.distributions(DISTRIBUTION)
    package = rootfs.library / "site-packages/workshop"
    rootfs.folder(ROOT / "workshop", package)
    for name in ("templates", "static"):
        rootfs.folder(resources.path(name), package / "_data" / name)
    for name, names in PROGRAMS.items():
        found = programs.find(name)
        if found is None:
            raise SystemExit(f"The program {name} is missing. Install it: `apt install nftables iptables`.")
        rootfs.program(Path(found), *names)
    for pattern in EXTENSIONS:
        for place in Path("/").glob(pattern):
            rootfs.folder(place, place.relative_to("/"))
    rootfs.libraries()
    rootfs.compile()
    entry = Path("usr/lib/workshop-plugin.py")
    shutil.copy(ROOT / "shipping/entry.py", rootfs.path / entry)
    (rootfs.path / config.STATE.lstrip("/")).mkdir(parents=True)
    (rootfs.path / "run/docker/plugins").mkdir(parents=True)
    told = config.config([str(python), f"/{entry}"], implemented())
    (folder / "config.json").write_text(json.dumps(told, indent=2) + "\n")
    return rootfs.size() / 1e6


def implemented() -> list[str]:
    """What the program answers to Plugin.Activate: Docker uses a managed plugin for what both say."""
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(Namespace.current()) as here,
        contextlib.closing(Journal(Path(folder) / "journal.db")) as journal,
    ):
        plugin = Plugin(here, journal, None, driver="all")
        return list(plugin.pipeline.call("POST", "/Plugin.Activate", b"")[1]["Implements"])


def main() -> None:
    """Make it anew in the folder that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    if folder.exists():
        if any(folder.iterdir()) and not (folder / "config.json").is_file():
            sys.exit(f"{folder} has something else in it; name another folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    size = build(folder)
    print(f"{folder}: config.json and rootfs, {size:.0f} MB. Next, as root:")
    print(f"  docker plugin create workshop {folder} && docker plugin enable workshop")
    if size > LARGEST:
        sys.exit(f"That is more than {LARGEST} MB.")


if __name__ == "__main__":
    main()
