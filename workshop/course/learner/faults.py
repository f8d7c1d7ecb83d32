"""What went wrong in a call of the learner's: as a record, and the sentences for a process that did not answer."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.course.learner.population import MOST

BROKEN, UNHEARD = 70, 71
"""Exit codes of a learner's process whose own part could not go on, or found the way to the plugin closed."""

Place = tuple[str, int]


@dataclass(frozen=True)
class Fault:
    """A call that was not answered well.

    ``kind``: ``raised`` (an exception), ``keyboard`` (input() or breakpoint()), ``exit``, ``died``, ``memory``,
    ``time``, ``descriptors``, ``processes``, ``threads``, ``nothing`` (no answer returned) or ``answer`` (one that is
    no JSON object). ``text`` is a sentence, ``file`` and ``line`` the innermost place in the learner's files, ``call``
    the call's number in the journal.
    """

    route: str
    kind: str
    text: str
    file: str | None = None
    line: int | None = None
    call: int | None = None

    @property
    def told(self) -> str:
        """What Docker is told: ``create_network: ValueError: … (handler.py, line 14)``."""
        return f"{self.route}: {self.text}{where(self.file, self.line)}"


@dataclass(frozen=True)
class End:
    """How a learner's process ended before it answered.

    ``cause`` is why the plugin ended it (``time``, ``processes``, ``descriptors``, ``nonsense``, ``anew``), or empty.
    ``code`` is its exit code, less than 0 for a signal, ``None`` if not known. ``did`` is what it did last that may
    have ended it (``{"did": "os._exit", "arguments": "(3,)", "place": […]}``), ``trace`` what it wrote on where it was.
    """

    cause: str = ""
    code: int | None = None
    did: dict[str, Any] | None = None
    trace: str = ""


def where(file: str | None, line: int | None) -> str:
    """`` (handler.py, line 14)``, or nothing."""
    if file is None:
        return ""
    return f" ({Path(file).name}, line {line})" if line else f" ({Path(file).name})"


def read_end(end: End, seconds: float, folder: str) -> tuple[str, str, Place | None]:
    """Kind, sentence and place of how a process ended. The sentence begins with a small letter."""
    place = place_in(end.trace, folder)
    did = end.did or {}
    if did.get("place"):
        place = (str(did["place"][0]), int(did["place"][1])) if end.cause != "time" else place
    if end.cause == "time":
        return "time", f"it did not answer within {seconds:g} s, and was stopped", place
    if end.cause == "processes":
        return "processes", f"it had more than {MOST} processes at once, and was stopped", place
    if did.get("did") == "os.exec":
        return "exit", f"it became another program (os.exec…: {did['arguments'][:100]}); use subprocess.run", place
    if end.cause == "descriptors" or (not end.cause and end.code == UNHEARD):
        what = f" with {did['did']}{_plain(did['arguments'])}" if str(did.get("did")).startswith("os.close") else ""
        return "descriptors", f"it closed files that are not its own{what}; close only what you opened", place
    if end.cause == "anew":
        return "died", "it was stopped, since the file is loaded anew or the lab ends", None
    if end.cause == "nonsense":
        return "descriptors", "it wrote into a file that is not its own; write only to what you opened", place
    if did.get("did") == "os._exit":
        return (
            "exit",
            f"it ended its process with os._exit{_plain(did['arguments'])}; answer with return, or raise",
            place,
        )
    if did.get("did") == "os.abort":
        return "died", "it ended its process with os.abort()", place
    return "died", f"its process {_signal(end.code)}", place


def _plain(arguments: str) -> str:
    return re.sub(r",\)$", ")", arguments)


def _signal(code: int | None) -> str:
    if code is None:
        return "died"
    if code == BROKEN:
        return "could not go on: what Python needs itself was changed or taken away"
    if code >= 0:
        return f"ended by itself with status {code}"
    if -code == signal.SIGKILL:
        return "was killed by the machine, which may have run out of memory"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"died of {name}{_MEANINGS.get(name, '')}"


_MEANINGS = {
    "SIGSEGV": " (it used memory that is not there, as ctypes can)",
    "SIGBUS": " (it used memory that is not there, as ctypes can)",
    "SIGXFSZ": " (it wrote a file that is too large)",
}


def place_in(trace: str, folder: str) -> Place | None:
    """The innermost place in the learner's folder of what ``faulthandler`` wrote."""
    for file, line in re.findall(r'^  File "(.*)", line (\d+)', trace, re.MULTILINE):
        if file.startswith(f"{folder}/") and "/site-packages/" not in file:
            return file, int(line)
    return None
