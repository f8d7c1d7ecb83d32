"""Docker's own bridge driver, as far as the lab needs it: for docker0, for docker_gwbridge, and for `-d
bridge`.

It answers the same routes as a plugin, without HTTP. It publishes no ports.
"""

from __future__ import annotations

import contextlib
import ipaddress
import secrets
import threading
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace, in_thread
from workshop.kernel.programs import ProgramError
from workshop.lab.engine.decoding import PluginFailure
from workshop.lab.engine.model import GENERIC
from workshop.lab.engine.versions import Version

BRIDGE_NAME = "com.docker.network.bridge.name"


class BridgeDriver:
    """Bridges on one host. ``firewall`` lets their traffic through Docker's FORWARD chain and hides it behind
    the host.
    """

    scope, is_remote = "local", False

    def __init__(self, host: Namespace, version: Version, firewall: bool) -> None:
        self._host, self._version, self._firewall = host, version, firewall
        self._networks: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def call(self, route: str, body: dict[str, Any]) -> dict[str, Any]:
        """What a plugin would answer to ``route``. Raises PluginFailure."""
        make = getattr(self, f"_{route}", None)
        if make is None:
            return {}
        try:
            return in_thread(lambda: self._inside(make, body))
        except (NetlinkError, ProgramError) as error:
            raise PluginFailure(str(error)) from None

    def make_again(self) -> None:
        """Make the bridges and rules of all networks anew. Raises PluginFailure."""
        for network in list(self._networks.values()):
            self.call("CreateNetwork", network["body"])

    def _inside(self, make: Any, body: dict[str, Any]) -> dict[str, Any]:
        self._host.enter()
        with IPRoute() as ip, self._lock:
            return make(ip, body) or {}

    def _CreateNetwork(self, ip: IPRoute, body: dict[str, Any]) -> None:
        options = body["Options"].get(GENERIC) or {}
        name = options.get(BRIDGE_NAME) or f"br-{body['NetworkID'][:12]}"
        gateways = [entry["Gateway"] for entry in (*body["IPv4Data"], *body["IPv6Data"]) if "Gateway" in entry]
        ip.link("add", ifname=name, kind="bridge", address=_random_mac(), state="up")
        index = ip.link_lookup(ifname=name)[0]
        for gateway in gateways:
            address, length = gateway.split("/")
            ip.addr(
                "add",
                index=index,
                address=address,
                prefixlen=int(length),
                flags=0x02 if ":" in address else 0,
            )
        internal = bool(body["Options"].get("com.docker.network.internal"))
        pools = [entry["Pool"] for entry in (*body["IPv4Data"], *body["IPv6Data"])]
        bare = [gateway.split("/")[0] for gateway in gateways]
        network = {"bridge": name, "gateways": bare, "rules": [], "body": body}
        if self._firewall:
            network["rules"] = _rules(name, pools, internal)
            self._iptables("-A", network["rules"])
        self._networks[body["NetworkID"]] = network

    def _DeleteNetwork(self, ip: IPRoute, body: dict[str, Any]) -> None:
        network = self._networks.pop(body["NetworkID"], None)
        if network:
            for index in ip.link_lookup(ifname=network["bridge"]):
                ip.link("del", index=index)
            with contextlib.suppress(ProgramError):
                self._iptables("-D", network["rules"])

    def _CreateEndpoint(self, ip: IPRoute, body: dict[str, Any]) -> dict[str, Any]:
        network, short = self._networks[body["NetworkID"]], body["EndpointID"][:7]
        asked = body["Interface"]
        mac = asked["MacAddress"] or self._mac(asked["Address"])
        inside = {"ifname": f"veti{short}", "address": mac}
        ip.link("add", ifname=f"veth{short}", kind="veth", peer=inside)
        bridge = ip.link_lookup(ifname=network["bridge"])[0]
        ip.link("set", index=ip.link_lookup(ifname=f"veth{short}")[0], master=bridge, state="up")
        return {"Interface": {} if asked["MacAddress"] else {"MacAddress": mac}}

    def _Join(self, ip: IPRoute, body: dict[str, Any]) -> dict[str, Any]:
        answer = {"InterfaceName": {"SrcName": f"veti{body['EndpointID'][:7]}", "DstPrefix": "eth"}}
        for gateway in self._networks[body["NetworkID"]]["gateways"]:
            answer["GatewayIPv6" if ":" in gateway else "Gateway"] = gateway
        return answer

    def _DeleteEndpoint(self, ip: IPRoute, body: dict[str, Any]) -> None:
        for index in ip.link_lookup(ifname=f"veth{body['EndpointID'][:7]}"):
            ip.link("del", index=index)

    def _mac(self, address: str) -> str:
        if not self._version.moves_default_mac or not address:
            return _random_mac()
        octets = ipaddress.ip_interface(address).ip.packed
        return ":".join([self._version.moves_default_mac, *(f"{octet:02x}" for octet in octets)])

    def _iptables(self, verb: str, rules: list[tuple[str, ...]]) -> None:
        """Add or remove rules, all of one IP version at once: each program takes its time to start."""
        programs_of = {4: "iptables", 6: "ip6tables"} if self._version.ip6tables else {4: "iptables"}
        for family, program in programs_of.items():
            lines: dict[str, list[str]] = {}
            for table, *rule in rules:
                if not any("/" in word and (":" in word) != (family == 6) for word in rule):
                    lines.setdefault(table, []).append(" ".join([verb, *rule]))
            script = [line for table, mine in lines.items() for line in (f"*{table}", *mine, "COMMIT")]
            if script:
                programs.run(self._host, f"{program}-restore", "--noflush", given="\n".join([*script, ""]))


def _rules(bridge: str, pools: list[str], internal: bool) -> list[tuple[str, ...]]:
    inside = [("filter", "FORWARD", "-i", bridge, "-o", bridge, "-j", "ACCEPT")]
    if internal:
        return inside
    state = ("-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED")
    return [
        *inside,
        ("filter", "FORWARD", "-o", bridge, *state, "-j", "ACCEPT"),
        ("filter", "FORWARD", "-i", bridge, "!", "-o", bridge, "-j", "ACCEPT"),
        *(("nat", "POSTROUTING", "-s", pool, "!", "-o", bridge, "-j", "MASQUERADE") for pool in pools),
    ]


def _random_mac() -> str:
    octets = bytearray(secrets.token_bytes(6))
    octets[0] = octets[0] & 0xFE | 0x02
    return ":".join(f"{octet:02x}" for octet in octets)
