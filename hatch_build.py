"""The build step: fetch the browser libraries, and put what the program reads at run time into the wheel."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BrowserLibraries(BuildHookInterface):
    """Runs for wheels and editable installs; an sdist carries the lock file only."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node from a wheel, where the machine has no npm of its own: 60 MB that others need not load."""
        vendor = _vendor(self.root)
        return [] if vendor.npm_of_the_machine() else [vendor.NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make ``static/vendor``; an editable install reads it from the checkout, a wheel takes a copy."""
        _vendor(self.root).ensure(Path(self.root))
        if version == "editable":
            return
        from workshop import resources

        for folder in resources.FOLDERS:
            for file in sorted((Path(self.root) / folder).rglob("*")):
                if file.is_file() and "__pycache__" not in file.parts:
                    place = file.relative_to(self.root).as_posix()
                    build_data["force_include"][str(file)] = f"workshop/_data/{place}"


def _vendor(root: str) -> Any:
    """The module that does the work, from the tree that is being built."""
    if root not in sys.path:
        sys.path.insert(0, root)
    from workshop import vendor

    return vendor
