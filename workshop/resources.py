"""Where the files are that the program reads: in the checkout, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

from workshop.errors import WorkshopError

FOLDERS = ("templates", "static", "exercises", "slides")
"""The folders at the top of a checkout that a wheel carries too."""

_PACKAGE = Path(__file__).resolve().parent


def path(folder: str) -> Path:
    """The folder ``templates``, ``static``, ``exercises`` or ``slides``.

    :raises WorkshopError: if the installation lacks it.
    """
    if folder not in FOLDERS:
        raise ValueError(f"no such folder of resources: {folder}")
    for place in (_PACKAGE / "_data" / folder, _PACKAGE.parent / folder):
        if place.is_dir():
            return place
    raise WorkshopError(f"This installation has no folder {folder}.", "Install the program again.")
