"""The rules that Docker has on its host before any network: FORWARD drops, DOCKER-USER is for others."""

from __future__ import annotations

from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace
from workshop.kernel.programs import ProgramError
from workshop.lab.engine.versions import Version

_START = (
    ("-N", "DOCKER-USER"),
    ("-A", "DOCKER-USER", "-j", "RETURN"),
    ("-I", "FORWARD", "-j", "DOCKER-USER"),
    ("-P", "FORWARD", "DROP"),
)


def set_up(host: Namespace, version: Version) -> bool:
    """Make the rules on ``host``; False if iptables is not there or does not work, and then nothing is
    dropped.
    """
    if programs.find("iptables") is None:
        return False
    try:
        for rule in _START:
            programs.run(host, "iptables", *rule)
    except ProgramError:
        return False
    if version.ip6tables:
        try:
            for rule in _START:
                programs.run(host, "ip6tables", *rule)
        except ProgramError:
            return True  # a kernel without IPv6 tables still has those of IPv4
    return True
