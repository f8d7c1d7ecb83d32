"""A plugin that manages addresses too (``IpamDriver``), as plainly as can be, and notes every call.

A pool's options (``--ipam-opt``) tell it what to do wrong: ``fail=METHOD`` answers Error, ``missing=METHOD`` answers
404, ``err=METHOD`` answers Err as a network driver does, ``answer=JSON`` bends the answer to RequestPool, and
``address=JSON`` that to RequestAddress. ``gateway=ADDRESS`` lets RequestPool name a gateway.
"""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Any

from tests.lab.recorder import Recorder
from workshop.kernel.namespaces import Namespace

GATEWAY = "com.docker.network.gateway"
SPACES = {"LocalDefaultAddressSpace": "near", "GlobalDefaultAddressSpace": "far"}


class IpamRecorder(Recorder):
    """``implements`` is what it says it is, ``able`` its answer to IpamDriver.GetCapabilities, ``spaces`` to
    GetDefaultAddressSpaces."""

    def __init__(
        self,
        socket: Path,
        namespace: Namespace | None = None,
        implements: tuple[str, ...] = ("NetworkDriver", "IpamDriver"),
        able: tuple[int, Any] = (200, {"RequiresMACAddress": False, "RequiresRequestReplay": False}),
        spaces: tuple[int, Any] = (200, SPACES),
    ) -> None:
        super().__init__(socket, namespace)
        self.implements, self.able, self.spaces = implements, able, spaces
        self.pools: dict[str, dict[str, Any]] = {}

    def answer(self, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        interface, _, method = path.strip("/").partition(".")
        if method == "Activate":
            return 200, {"Implements": list(self.implements)}
        if interface != "IpamDriver":
            return super().answer(path, body)
        if method == "GetCapabilities":
            return self.able
        if method == "GetDefaultAddressSpaces":
            return self.spaces
        body = body or {}
        options = body.get("Options") if method == "RequestPool" else self.pools.get(body["PoolID"], {}).get("options")
        options = options or {}
        if options.get("missing") == method:
            return 404, None
        for key, said in (("fail", "Error"), ("err", "Err")):
            if options.get(key) == method:
                return 200, {said: f"told to fail at {method}"}
        return 200, getattr(self, f"_ipam_{method}")(body, options)

    def _ipam_RequestPool(self, body: dict[str, Any], options: dict[str, str]) -> dict[str, Any]:
        if "answer" in options:
            return json.loads(options["answer"])
        pool = body["Pool"] or ("fd00:50::/64" if body["V6"] else f"10.50.{len(self.pools)}.0/24")
        key = f"{body['AddressSpace']}/{pool}"
        self.pools[key] = {"pool": ipaddress.ip_network(body["SubPool"] or pool), "taken": set(), "options": options}
        self.pools[key]["length"] = ipaddress.ip_network(pool).prefixlen
        data = {GATEWAY: options["gateway"]} if "gateway" in options else {}
        return {"PoolID": key, "Pool": pool, "Data": data}

    def _ipam_ReleasePool(self, body: dict[str, Any], options: dict[str, str]) -> dict[str, Any]:
        self.pools.pop(body["PoolID"], None)
        return {}

    def _ipam_RequestAddress(self, body: dict[str, Any], options: dict[str, str]) -> dict[str, Any]:
        if "address" in options:
            return json.loads(options["address"])
        pool = self.pools.get(body["PoolID"])
        if pool is None:
            return {"Error": f"there is no pool {body['PoolID']}"}
        hosts = (str(each) for each in pool["pool"].hosts())
        address = body["Address"] or next(each for each in hosts if each not in pool["taken"])
        if address in pool["taken"]:
            return {"Error": f"{address} is taken"}
        pool["taken"].add(address)
        return {"Address": f"{address}/{pool['length']}", "Data": {}}

    def _ipam_ReleaseAddress(self, body: dict[str, Any], options: dict[str, str]) -> dict[str, Any]:
        if body["PoolID"] in self.pools:
            self.pools[body["PoolID"]]["taken"].discard(body["Address"])
        return {}
