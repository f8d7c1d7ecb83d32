"""The lab: hosts on one switch, each a network namespace; the namespace they hang on plays the rest of the
world.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from workshop.errors import UsageError
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace
from workshop.kernel.programs import ProgramError

SWITCH = "ws-switch"
UPLINK = "eth0"
WORLD4, WORLD6 = "192.0.2.1", "2001:db8::1"
"""The addresses of the outside world, which is every host's default gateway."""

FIRST_HOST = 10
"""The last part of the first host's addresses: 192.0.2.10, 2001:db8::10."""

_SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv6/conf/all/forwarding": "1",
    "net/bridge/bridge-nf-call-iptables": "1",
    "net/bridge/bridge-nf-call-ip6tables": "1",
}
"""What Docker sets on its host; bridge-nf-call drops what a bridge carries unless a rule lets it through."""


class Host:
    """One host: ``name``, its ``namespace``, and its ``address`` and ``address6`` in the lab."""

    def __init__(self, name: str, namespace: Namespace, address: str, address6: str) -> None:
        self.name, self.namespace = name, namespace
        self.address, self.address6 = address, address6

    def __repr__(self) -> str:
        return f"Host({self.name}, {self.address})"


class Lab:
    """Hosts of the given names on one switch in the calling process's network namespace.

    ``world`` is that namespace. ``hosts`` are by name, in order. Needs CAP_NET_ADMIN and CAP_SYS_ADMIN there:
    see ``reenter``. ``stop`` takes everything back.

    ``kept`` is how many places on the switch are for machines that are there already: the hosts' come after them.
    """

    def __init__(self, names: tuple[str, ...] = ("alpha",), *, kept: int = 0) -> None:
        if not (names or kept) or len(set(names)) != len(names) or any(not n.isalnum() or len(n) > 10 for n in names):
            raise UsageError("Hosts need different names of up to 10 letters and digits.")
        self.names, self._first = names, FIRST_HOST + kept
        self.world: Namespace | None = None
        self.hosts: dict[str, Host] = {}

    def start(self) -> Lab:
        """Make the switch and the hosts. Raises OSError or NetlinkError where the kernel refuses."""
        self.world = Namespace.current()
        try:
            with IPRoute() as ip:
                ip.link("add", ifname=SWITCH, kind="bridge", address="02:00:00:00:02:01", state="up")
                switch = ip.link_lookup(ifname=SWITCH)[0]
                ip.addr("add", index=switch, address=WORLD4, prefixlen=24)
                with contextlib.suppress(Exception):  # a kernel may lack IPv6
                    ip.addr("add", index=switch, address=WORLD6, prefixlen=64, flags=0x02)
                for number, name in enumerate(self.names, self._first):
                    self.hosts[name] = self._add_host(ip, switch, name, number)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Remove hosts and switch. Safe to call twice."""
        for host in self.hosts.values():
            host.namespace.close()
        self.hosts.clear()
        if self.world is not None:
            self.world.run(_remove_switch)
            self.world.close()
            self.world = None

    def __enter__(self) -> Lab:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _add_host(self, ip: IPRoute, switch: int, name: str, number: int) -> Host:
        namespace = Namespace.create()
        host = Host(name, namespace, f"192.0.2.{number}", f"2001:db8::{number}")
        _plug_in(ip, switch, host, number)
        return host

    def mend(self, name: str) -> None:
        """Make a host as it was at the start, whatever has become of it: every link and every rule on it goes.

        Its namespace stays. Raises NetlinkError where the kernel refuses.
        """
        host = self.hosts[name]
        assert self.world is not None
        host.namespace.run(_empty)
        if programs.find("nft"):
            with contextlib.suppress(ProgramError):
                programs.run(host.namespace, "nft", "flush", "ruleset")

        def plug_in() -> None:
            with IPRoute() as ip:
                for index in ip.link_lookup(ifname=f"ws-{name}"):  # its other end may be anywhere
                    ip.link("del", index=index)
                _plug_in(ip, ip.link_lookup(ifname=SWITCH)[0], host, self._first + self.names.index(name))

        self.world.run(plug_in)


def _plug_in(ip: IPRoute, switch: int, host: Host, number: int) -> None:
    """Give a host its uplink to the switch, and what it has by itself."""
    ip.link(
        "add",
        ifname=f"ws-{host.name}",
        kind="veth",
        peer={
            "ifname": UPLINK,
            "net_ns_fd": host.namespace.descriptor,
            "address": f"02:00:00:00:02:{number:02x}",
        },
    )
    ip.link("set", index=ip.link_lookup(ifname=f"ws-{host.name}")[0], master=switch, state="up")
    host.namespace.run(lambda: _set_up_host(host))


def _empty() -> None:
    """Remove every link, every route by hand and every policy rule of the calling thread's namespace."""
    with IPRoute() as ip:
        for link in ip.get_links():
            if link["index"] != 1:
                with contextlib.suppress(NetlinkError):  # a pair goes as a whole
                    ip.link("del", index=link["index"])
        for family in (2, 10):
            for table in (254, 253):
                with contextlib.suppress(NetlinkError):
                    ip.flush_routes(family=family, table=table)
            for rule in list(ip.get_rules(family=family)):
                if rule.get("priority", 0) not in (0, 32766, 32767):
                    with contextlib.suppress(NetlinkError):
                        ip.rule("del", family=family, priority=rule.get("priority"))
        for address in list(ip.get_addr(index=1)):
            if str(address.get("address")) not in ("127.0.0.1", "::1"):
                with contextlib.suppress(NetlinkError):
                    ip.addr("del", index=1, address=address.get("address"), prefixlen=address["prefixlen"])


def _set_up_host(host: Host) -> None:
    with IPRoute() as ip:
        ip.link("set", index=1, state="up")
        uplink = ip.link_lookup(ifname=UPLINK)[0]
        ip.link("set", index=uplink, state="up")
        ip.addr("add", index=uplink, address=host.address, prefixlen=24)
        ip.route("add", dst="default", gateway=WORLD4)
        with contextlib.suppress(Exception):
            ip.addr("add", index=uplink, address=host.address6, prefixlen=64, flags=0x02)
            ip.route("add", dst="default", gateway=WORLD6)
    for name, value in _SYSCTLS.items():
        set_sysctl(name, value)


def set_sysctl(name: str, value: str) -> bool:
    """Set a sysctl of the calling thread's network namespace; False where the kernel has no such thing."""
    try:
        (Path("/proc/sys") / name).write_text(value)
    except OSError:
        return False
    return True


def _remove_switch() -> None:
    with IPRoute() as ip:
        for link in ip.get_links():
            if (link.get("ifname") or "").startswith("ws-"):
                with contextlib.suppress(Exception):
                    ip.link("del", index=link["index"])
