"""The firewall of the course's lab: what the reference driver does network by network is there once and for all.

Each change of the rules is a program that is run, some 10 ms each; judging must not wait for that, and exercises 3 to 9
are not about it. On a real Docker the driver's own is used.
"""

from __future__ import annotations

from collections.abc import Mapping

from workshop.kernel import programs
from workshop.kernel.firewall import Firewall
from workshop.kernel.forwarding import CHAIN, Forwarding, Way
from workshop.kernel.namespaces import Namespace
from workshop.kernel.programs import ProgramError
from workshop.lab.lab import UPLINK

TABLE = "workshop_course"
_MARK = '-m comment --comment "workshop course"'
_LET_THROUGH = (
    f"-m physdev --physdev-is-bridged {_MARK} -j ACCEPT",  # within a bridge, whatever it is called
    f"-m conntrack --ctstate RELATED,ESTABLISHED {_MARK} -j ACCEPT",
    f"-m conntrack --ctstate DNAT {_MARK} -j ACCEPT",
    f"-o {UPLINK} {_MARK} -j ACCEPT",
)
_MASQUERADE = f"""
add table inet {TABLE}
add chain inet {TABLE} postrouting {{ type nat hook postrouting priority srcnat; }}
flush chain inet {TABLE} postrouting
add rule inet {TABLE} postrouting oifname "{UPLINK}" fib saddr type != local masquerade comment "workshop"
"""


def place(host: Namespace) -> None:
    """Let what is within bridges, and what goes out, through a lab host's firewall; nothing that comes in.

    Where a program or a table is missing, that part of the firewall is not in the way either.
    """
    for family in ("iptables", "ip6tables"):
        try:
            if "-P FORWARD DROP" not in programs.run(host, family, "-S"):
                continue
            lines = [f":{CHAIN} - [0:0]", *(f"-A {CHAIN} {rule}" for rule in _LET_THROUGH)]
            lines.append(f"-I DOCKER-USER {_MARK} -j {CHAIN}")
            script = "\n".join(["*filter", *lines, "COMMIT", ""])
            programs.run(host, f"{family}-restore", "--noflush", given=script)
        except ProgramError:
            continue
    if programs.find("nft"):
        try:
            programs.run(host, "nft", "-f", "-", given=_MASQUERADE)
        except ProgramError:
            return


class Standing(Forwarding):
    """Forwarding that is let through already: see ``place``."""

    def allow(self, name: str, way: Way | None = None) -> None:
        """Nothing is left to do."""

    def forget(self, name: str) -> None:
        """Nothing is to be taken back."""

    def refresh(self) -> None:
        """Nothing is to be put back: the judge looks after the host."""

    def restart(self, ways: Mapping[str, Way]) -> None:
        """Nothing is left to do."""

    def clear(self) -> None:
        """Nothing is to be taken back."""


class Patient(Firewall):
    """The reference driver's table, which is made when a port is published, and removed with the last one."""

    def refresh(self) -> None:
        """Put the table back, if there is to be one. Raises ProgramError."""
        if self._all():
            super().refresh()

    def _all(self) -> set[tuple[str, str]]:
        wanted = super()._all()
        return wanted if any(name.startswith("published") for name, _ in wanted) else set()
