"""Sessions as events, wherever they are: one that runs, a journal's file, a recorded session, one that ships."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workshop import resources
from workshop.errors import WorkshopError
from workshop.journal import recording
from workshop.journal.text import harmless

if TYPE_CHECKING:
    from workshop.journal import Event

_SQLITE = b"SQLite format 3\0"


def shipped() -> dict[str, Path]:
    """The recorded sessions that ship with the program, by name."""
    found = sorted((resources.path("slides") / "recordings").glob("*"))
    ours = {path.name.partition(".")[0]: path for path in found if path.name.endswith(recording.ENDINGS)}
    return dict(sorted(ours.items()))


def about(events: list[Event]) -> str:
    """The first sentence of a session: what a recording that ships says of itself."""
    told = (str(event.data["did"]) for event in events if event.kind == "docker" and event.data.get("did"))
    return harmless(next(told, ""))


def title(what: str) -> str:
    """What a page calls the session that ``load`` reads."""
    name = Path(what).name.partition(".")[0]
    return f"recorded session {name.encode('utf-8', 'replace').decode()}"


def find(what: str) -> Path:
    """The file that a person means: a path, or the name of a session that ships.

    :raises WorkshopError: if there is neither.
    """
    path = Path(what)
    if path.exists():
        return path
    ours = shipped()
    if what in ours:
        return ours[what]
    raise WorkshopError(
        f"There is no file {what}, and no recorded session of that name.",
        f"There are {', '.join(ours)}; `python -m workshop export FILE` records one.",
    )


def load(what: str) -> list[Event]:
    """All events of a recorded session or of a journal's file: see ``find``.

    :raises WorkshopError: if it is neither, or there is nothing in it.
    """
    path = find(what)
    if not _is_journal(path):
        return recording.read(path)
    from workshop.journal import JournalReader

    reader = JournalReader(path)
    try:
        events = reader.since(0)
    finally:
        reader.close()
    if not events:
        raise WorkshopError(f"The journal {path} is empty.", "Make a call first, such as `docker network create`.")
    return events


def _is_journal(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False  # whoever reads it says what is wrong
