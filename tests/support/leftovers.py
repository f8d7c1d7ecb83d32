"""What a test left behind: a picture of everything that it may have touched, taken before and after.

A namespace of a test's own is compared as a whole. In the machine's own, where other things go on
as well, only what carries our names counts.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.shell import path_of, run
from workshop.drivers.host import Host
from workshop.drivers.store import Store
from workshop.kernel.namespaces import Namespace

Picture = dict[str, list[str]]
"""Lines by what they tell of, such as ``{"links": ["lo ..."], "iptables": [...]}``."""

PROCESSES = "processes"
"""What is watched under this name may end: only what was started is left behind."""

MACHINE = "this machine"
"""What is watched under this name is shared with all that goes on beside the tests."""

MARK = "WORKSHOP_TESTS_SESSION"
"""An environment variable that every process started by these tests inherits."""

_COMMANDS = {
    "links": "ip -o link show",
    "addresses": "ip -o addr show",
    "routes": "ip -4 route show table all; ip -6 route show table all",
    "policy rules": "ip rule; ip -6 rule",
    "neighbours": "ip neigh show nud permanent",
    "fdb": "bridge fdb show | grep ' dst .*permanent'",
    "nft": "nft -s list ruleset || { iptables-nft-save; ip6tables-nft-save; }",
    "iptables-legacy": "iptables-legacy-save; ip6tables-legacy-save",
    "route_localnet": "grep -H 1 /proc/sys/net/ipv4/conf/*/route_localnet",
}
_OURS = re.compile(r"\bws[bhcdtvngu][0-9a-z]{10}\b|workshop", re.IGNORECASE)
_PASSING = re.compile(r"fe80::|ff00::/8|^anycast")
"""Link-local addresses come after a while; a router's anycast address once the machine forwards."""

_NOISE = (
    (re.compile(r"^\d+: "), ""),  # index
    (re.compile(r"@if\d+|\blink-netnsid \d+|\blink-netns \S+"), ""),
    (re.compile(r"\[\d+:\d+\]"), ""),  # counters
    (re.compile(r"(valid|preferred)_lft \S+|expires \S+|\bage \S+"), ""),
    (re.compile(r"\b(tentative|dadfailed|linkdown)\b"), ""),
    (re.compile(r"qdisc \w+|qlen \d+|mode \w+"), ""),
    (re.compile(r"<[A-Z_,]+>|state \w+"), ""),  # carrier follows what is plugged in
    (re.compile(r"\s+"), " "),
)


def picture(namespace: Namespace | None = None) -> Picture:
    """All links, addresses, routes and rules of a namespace (default: this process's), in a fixed form."""
    enter = ["nsenter", f"--net={path_of(namespace)}"] if namespace else []
    script = "\n".join(f"echo '== {what}'; ({command}) 2>/dev/null" for what, command in _COMMANDS.items())
    said = run(*enter, "sh", "-c", script, check=False).stdout
    found: Picture = {}
    what = ""
    for line in said.splitlines():
        if line.startswith("== "):
            what = line[3:]
        elif line and not line.startswith("#") and not _PASSING.search(line):
            for pattern, replacement in _NOISE:
                line = pattern.sub(replacement, line)
            found.setdefault(what, []).append(line.strip())
    return found


def ours(of: Picture) -> Picture:
    """What carries our names, out of a picture."""
    kept = {what: [line for line in lines if _OURS.search(line)] for what, lines in of.items()}
    return {what: lines for what, lines in kept.items() if lines}


def store_rows(state_dir: Path) -> list[str]:
    """Each row of a plugin's store as ``table id``. It is read from a copy, since a plugin locks its own."""
    if not (state_dir / "store.db").exists():
        return []
    with tempfile.TemporaryDirectory() as folder:
        for file in state_dir.glob("store.db*"):
            shutil.copy(file, folder)
        database = sqlite3.connect(Path(folder) / "store.db")
        try:
            tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
            return [f"{table} {row[0]}" for table in tables for row in database.execute(f"select * from {table}")]
        finally:
            database.close()


def processes() -> list[str]:
    """Every process that these tests started and that still runs, however it was re-parented: its command.

    Without its number: what a test ended and started again is as it was before.
    """
    session = os.environ.get(MARK)
    if not session:
        return []
    wanted, found = f"{MARK}={session}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int(folder.name) == os.getpid() or wanted not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if command and " --type=" not in command:  # a zombie has none; a browser's helpers come and go with it
            found.append(re.sub(r"\b[0-9a-f]{64}\b", "<id>", command))  # of a container, or of a managed plugin
    return found


def differences(before: Picture, after: Picture) -> list[str]:
    """One line for each thing that is more (``+``) or less (``-``) than before."""
    found = []
    for what in sorted(before.keys() | after.keys()):
        was, now = list(before.get(what, [])), list(after.get(what, []))
        for line in list(now):
            if line in was:
                was.remove(line)
                now.remove(line)
        found += [f"{what}: - {line}" for line in was] + [f"{what}: + {line}" for line in now]
    return found


class Leftovers:
    """Watches namespaces, stores and more, from when each is named to ``left()``.

    Without ``alone``, other tests are at work on the same machine: what goes there meanwhile may be theirs.
    """

    def __init__(self, alone: bool = True) -> None:
        self._alone = alone
        self._watched: dict[str, tuple[Callable[[], Picture], Picture]] = {}

    def watch(self, what: str, look: Callable[[], Picture]) -> None:
        """Compare what ``look()`` gives now with what it will give later. A name is watched once."""
        if what not in self._watched:
            self._watched[what] = (look, look())

    def watch_namespace(self, name: str, namespace: Namespace) -> None:
        """Compare a whole network namespace."""
        self.watch(name, lambda: picture(namespace))

    def watch_store(self, state_dir: Path) -> None:
        """Compare a plugin's store."""
        self.watch(f"store {state_dir}", lambda: {"rows": store_rows(state_dir)})

    def watch_rooms(self, name: str, namespace: Namespace) -> None:
        """Compare the networks' own namespaces that a host's plugins have where those of a running plugin are."""

        def look() -> Picture:
            host = Host(namespace, Store(None))
            try:
                return {"namespaces": [room.path.name for room in host.rooms.found(host) if room.network]}
            finally:
                host.close()

        self.watch(name, look)

    def watch_machine(self) -> None:
        """Compare what carries our names in this process's namespace, and what tests started."""
        self.watch(MACHINE, lambda: ours(picture()))
        self.watch(PROCESSES, lambda: {"running": processes()})

    def left(self, seconds: float = 20) -> list[str]:
        """What is different now. Removal takes a moment: the kernel and Docker have ``seconds``."""
        end = time.monotonic() + seconds
        while True:
            found = [
                f"{name}: {line}"
                for name, (look, before) in self._watched.items()
                for line in differences(before, look())
                if ": + " in line or (name != PROCESSES and (self._alone or name != MACHINE))
            ]
            if not found or time.monotonic() > end:
                return found
            time.sleep(0.2)
