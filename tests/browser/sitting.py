"""A stand-in for ``workshop.course.lesson.Lesson``: real files and a real journal, verdicts that tests write.

It has the methods and shapes of docs/course.md, and judges nothing: a test says what the verdict is.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workshop.course.verdict import Decided, Finding, Verdict
from workshop.errors import UsageError, WorkshopError
from workshop.journal import Journal

NAMES = (
    ("activate", "Answer Docker's first question"),
    ("capabilities", "How far networks reach"),
    ("create_network", "Make the bridge"),
    ("delete_network", "Take the bridge away"),
    ("create_endpoint", "A cable with two ends"),
    ("join", "The first ping"),
    ("leave", "Nothing left behind"),
    ("oper_info", "What is worth knowing"),
    ("discovery", "Who else is there"),
    ("publish", "A port to the outside"),
    ("vxlan", "One network, two hosts"),
    ("macvlan", "A link with many faces"),
    ("ipvlan", "One MAC for all"),
    ("custom", "A driver of your own"),
    ("bug_hunt", "Six broken drivers"),
    ("volumes", "Not only networks"),
)

TASK = """# Exercise 3

Docker asks for a network. Make a **Linux bridge** for it, give it the *gateway's* address, and bring it up.

## What Docker sends

    {"NetworkID": "56aaf7d6", "IPv4Data": [{"Gateway": "10.9.0.1/24"}]}

```python
def create_network(request, host):
    host.kernel.link("add", ifname="ws-56aaf7d6", kind="bridge")
    return {}
```

| field | what |
|---|---:|
| `NetworkID` | 64 digits |
| `IPv4Data` | a list |

- The gateway is `IPv4Data[0].Gateway`.
- See [the slides](../../slides/README.md) and <script>window.bad = 1</script>.
"""

HINTS = ("A bridge is a link of kind `bridge`.", '`host.kernel.link("add", …)` makes one.', "It must be **up**, too.")

STUB = '''"""Exercise 3: make the bridge."""

from workshop.course.host import Host
from workshop.protocol.types import CreateNetworkRequest, Empty


def create_network(request: CreateNetworkRequest, host: Host) -> Empty:
    # TODO: make a bridge, give it the gateway's address, bring it up
    return {}
'''

VARIANTS = {
    "a network with IPv4": ("a bridge appears", "the bridge has the gateway's address", "the bridge is up"),
    "two networks at once": ("each has a bridge of its own", "neither takes the other's address"),
    "a network with IPv4 and IPv6": ("the bridge has both addresses", "the bridge is up"),
    "an internal network": ("a bridge appears", "nothing leads out of it"),
}


class Changed(WorkshopError):
    """The file has changed since it was read."""

    def __init__(self, text: str, version: str) -> None:
        super().__init__("The file has changed since it was read.", "Take theirs or keep yours.")
        self.text, self.version = text, version


def version_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Sitting:
    """One sitting. ``on_save(text)`` is called in a thread of its own for each text that is written to the file."""

    def __init__(self, folder: Path, journal: Journal, number: int = 3) -> None:
        self._folder, self._journal, self.number = folder, journal, number
        self.hints = 0
        self.attempt = 0
        self.passed: set[int] = set()
        self.begun: set[int] = set()
        self.verdict: dict[str, Any] | None = None
        self.problem: str | None = None
        self.slides = ["What a bridge is"]
        self.commands = ["docker network create -d workshop shop", "docker run -d --name web --net shop busybox"]
        self.typed: list[str] = []
        self.answers: dict[str, dict[str, Any]] = {}
        self.files = ["handler.py"]
        self.file = ""
        """The file that is worked on, if it is not the first."""
        self.mended: set[str] = set()
        self.title = dict(enumerate((title for _, title in NAMES), 1))
        self.goal = "Make a Linux bridge with the gateway's address, `IPv4Data[0].Gateway`, and bring it up."
        self.on_save: Callable[[str], None] = lambda text: None
        self.on_choose: Callable[[str], None] = lambda name: None
        self.reruns = 0
        self._lock = threading.Lock()
        self._told = journal.append

    # -- what a test does

    def path(self, name: str = "handler.py") -> Path:
        path = self._folder / f"{self.number:02}_{NAMES[self.number - 1][0]}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), path.open("x") as made:  # the page may ask at the same moment
            made.write(STUB)
        return path

    def begin(self) -> None:
        """Judging begins."""
        self.attempt += 1
        self.begun.add(self.number)
        self._told("verdict", {"exercise": self.number, "judging": True, "attempt": self.attempt})

    def end(
        self, *findings: Finding, failed: int = 0, problem: str | None = None, checks: Any = None, notes: Any = ()
    ) -> None:
        """Judging ends: with these findings, of which each fails one check, in order of the variants."""
        extra = ({"part": self.file.removesuffix(".py")} if self.file else {}) | (
            {"notes": list(notes)} if notes else {}
        )
        made = Verdict(
            exercise=self.number,
            name=NAMES[self.number - 1][0],
            engine="28.5",
            duration_ms=212,
            findings=findings,
            checks=() if problem else tuple(checks if checks is not None else decided(findings)),
            problem=problem,
            attempt=self.attempt,
            at=time.time(),
            extra=extra,
        )
        self.verdict = made.as_dict()
        if made.passed:
            self.passed.add(self.number)
        self._told("verdict", self.verdict)

    def judge(self, *findings: Finding, **more: Any) -> None:
        """A whole judgement."""
        self.begin()
        self.end(*findings, **more)

    # -- what the page asks

    def state(self) -> dict[str, Any]:
        with self._lock:
            progress = [
                {"number": number, "name": name, "title": self.title[number], "state": self._state(number)}
                for number, (name, _) in enumerate(NAMES, 1)
            ]
            return {
                "number": self.number,
                "name": NAMES[self.number - 1][0],
                "title": self.title[self.number],
                "goal": self.goal,
                "task": TASK,
                "routes": ["create_network"],
                "driver": "bridge",
                "engine": "28.5",
                "files": [
                    {
                        "name": name,
                        "path": str(self.path(name)),
                        "title": f"About {name}" if len(self.files) > 1 else "",
                        "passed": name in self.mended,
                    }
                    for name in self.files
                ],
                "file": self.file or self.files[0],
                "next_file": self._next_file(),
                "try": self.commands,
                "hints": list(HINTS[: self.hints]),
                "hints_total": len(HINTS),
                "slides": self.slides,
                "verdict": self.verdict,
                "judging": False,
                "progress": progress,
                "next": self.number + 1 if self.number < len(NAMES) else None,
                "problem": self.problem,
            }

    def _next_file(self) -> str | None:
        left = [name for name in self.files if name not in self.mended]
        return left[0] if len(self.files) > 1 and left else None

    def _state(self, number: int) -> str:
        return "passed" if number in self.passed else "begun" if number in self.begun else "untouched"

    def hint(self) -> dict[str, Any]:
        with self._lock:
            if self.hints == len(HINTS):
                raise WorkshopError("There are no more hints.", "The solution is next.")
            self.hints += 1
            return {"text": HINTS[self.hints - 1], "number": self.hints, "total": len(HINTS)}

    def solution(self, anyway: bool = False) -> dict[str, Any]:
        if self.number not in self.passed and not anyway:
            raise WorkshopError("You have not passed this exercise yet.", "Ask with `anyway` to see it all the same.")
        line = "    # TODO: make a bridge, give it the gateway's address, bring it up\n"
        return {
            "text": STUB.replace(line, "    make(request)\n"),
            "diff": f"--- yours\n+++ solution\n@@ -8 +8 @@\n-{line}+    make(request)\n",
        }

    def rerun(self) -> None:
        self.reruns += 1
        self.judge()

    def open(self, number: int) -> None:
        if not 1 <= number <= len(NAMES):
            raise UsageError(f"There is no exercise {number}.", "See `python -m workshop list`.")
        with self._lock:
            self.number, self.verdict, self.hints, self.attempt, self.file = number, None, 0, 0, ""
        self._told("verdict", {"exercise": number, "opened": True})

    def choose(self, name: str) -> None:
        if name not in self.files:
            raise UsageError(f"There is no file {name!r} here.")
        self.file, self.verdict = name, None
        self.on_choose(name)

    def reset(self, name: str | None = None) -> dict[str, Any]:
        path = self.path(name or self.files[0])
        backup = path.with_suffix(".py.backup")
        backup.write_text(path.read_text())
        path.write_text(STUB)
        return {"backup": str(backup)}

    def read(self, name: str) -> dict[str, Any]:
        if name not in self.files:
            raise UsageError(f"There is no file {name!r} here.")
        text = self.path(name).read_bytes().decode()
        return {"name": name, "text": text, "version": version_of(text)}

    def write(self, name: str, text: str, version: Any) -> dict[str, Any]:
        with self._lock:
            now = self.read(name)
            if now["version"] != version:
                raise Changed(now["text"], now["version"])
            self.path(name).write_bytes(text.encode())
        threading.Thread(target=self.on_save, args=(text,), daemon=True).start()
        return {"name": name, "version": version_of(text)}

    def command(self, line: str) -> dict[str, Any]:
        self.typed.append(line)
        return self.answers.get(line, {"code": 0, "output": f"{line} was run\n"})


def finding(check: str = "up", variant: str = "a network with IPv4", **more: Any) -> Finding:
    """A finding with everything in it."""
    facts: dict[str, Any] = {
        "title": "The bridge is there, but it is down",
        "expected": "`ws-56aaf7d6` state up",
        "seen": "`ws-56aaf7d6` state down, 10.9.0.1/24",
        "why": "A link that is down forwards nothing: the first ping between two containers is lost at the bridge.",
        "route": "NetworkDriver.CreateNetwork",
        "line": 9,
        "slide": "What a bridge is",
        "hint": 3,
    }
    return Finding(check=check, variant=variant, **{**facts, **more})


def decided(findings: tuple[Finding, ...], variants: dict[str, tuple[str, ...]] = VARIANTS) -> list[Decided]:
    """Every check of every variant: the last one of a finding's variant has failed."""
    wrong = {each.variant for each in findings}
    return [
        Decided("x", title, variant, "failed" if variant in wrong and index == len(titles) - 1 else "passed")
        for variant, titles in variants.items()
        for index, title in enumerate(titles)
    ]
