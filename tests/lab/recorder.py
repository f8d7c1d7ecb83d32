"""A network plugin that does what the plugin of the transcripts did: one veth pair per endpoint, nothing
more.

A network's options tell it what to do wrong: ``fail=ROUTE`` answers Err, ``missing=ROUTE`` answers 404,
``echo``, ``nosrc``, ``badgw``, ``nogw``, ``route``, ``disablegw`` and ``prefix`` bend the answers of
CreateEndpoint and Join.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import threading
from pathlib import Path
from typing import Any

import waitress
from pyroute2 import IPRoute

from workshop.kernel.namespaces import Namespace

GENERIC = "com.docker.network.generic"
OPER = {"Value": {"com.docker.network.endpoint.macaddress.note": "oper", "answer": 42}}


class Recorder:
    """``calls`` holds each call as ``{"path", "headers", "body", "status", "response"}``, in order of
    arrival.
    """

    def __init__(
        self, socket: Path, namespace: Namespace | None = None, capabilities: dict[str, Any] | None = None
    ) -> None:
        self.socket, self.namespace = socket, namespace
        self.capabilities = capabilities or {"Scope": "local", "GwAllocChecker": True}
        self.calls: list[dict[str, Any]] = []
        self.networks: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._server: Any = None

    def start(self) -> Recorder:
        self.socket.unlink(missing_ok=True)
        self._map: dict[int, Any] = {}
        self._server = waitress.create_server(
            self, unix_socket=str(self.socket), unix_socket_perms="600", threads=24, map=self._map
        )
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # the listening socket is closed under it when it stops
            self._server.run()

    def stop(self) -> None:
        if self._server is None:
            return
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=0.5)
        self._server.trigger.pull_trigger(self._close)
        self._thread.join(5)
        self.socket.unlink(missing_ok=True)
        self._server = None

    def _close(self) -> None:
        for channel in list(self._map.values()):
            channel.close()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raw = environ["wsgi.input"].read()
        body = json.loads(raw) if raw else None
        path = environ["PATH_INFO"]
        status, answer = self.answer(path, body)
        headers = {
            name: environ.get("HTTP_" + name.upper().replace("-", "_"), "") for name in ("Host", "User-Agent", "Accept")
        }
        with self._lock:
            call = {"path": path, "headers": headers, "body": body, "status": status, "response": answer}
            self.calls.append(call)
        text = json.dumps(answer).encode() if status == 200 else b"404"
        start_response(f"{status} X", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
        return [text]

    def answer(self, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        route = path.rpartition(".")[2]
        if route == "Activate":
            return 200, {"Implements": ["NetworkDriver"]}
        if route == "GetCapabilities":
            return 200, self.capabilities
        if route == "CreateNetwork":
            self.networks[body["NetworkID"]] = body["Options"].get(GENERIC) or {}
        if route == "GwAllocCheck":
            return 200, {"SkipIPv4": False, "SkipIPv6": False}
        options = self.networks.get((body or {}).get("NetworkID", ""), {})
        if options.get("missing") == route:
            return 404, None
        if options.get("fail") == route:
            return 200, {"Err": f"told to fail at {route}"}
        make = getattr(self, f"_{route}", None)
        return 200, make(body, options) if make else {}

    def _CreateEndpoint(self, body: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        short = body["EndpointID"][:8]
        if "echo" in options:
            return {"Interface": body["Interface"]}
        mac = body["Interface"]["MacAddress"]
        answer = {} if mac else {"MacAddress": new_mac()}
        with self._kernel() as ip:
            inside = {"ifname": f"vc{short}", "address": mac or answer["MacAddress"]}
            ip.link("add", ifname=f"vh{short}", kind="veth", peer=inside)
            ip.link("set", index=ip.link_lookup(ifname=f"vh{short}")[0], state="up")
        return {"Interface": answer}

    def _Join(self, body: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        source = "nosuchlink" if "nosrc" in options else f"vc{body['EndpointID'][:8]}"
        answer: dict[str, Any] = {"InterfaceName": {"SrcName": source, "DstPrefix": options.get("prefix", "eth")}}
        gateways = self._gateways.get(body["NetworkID"], {})
        if "badgw" in options:
            answer["Gateway"] = "not-an-ip"
        elif "nogw" not in options:
            answer |= gateways
        if "route" in options:
            answer["StaticRoutes"] = [
                {"Destination": "10.200.0.0/16", "RouteType": 0, "NextHop": answer["Gateway"]},
                {"Destination": "10.201.0.0/16", "RouteType": 1, "NextHop": ""},
            ]
        if "disablegw" in options:
            answer["DisableGatewayService"] = True
        return answer

    @property
    def _gateways(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for call in self.calls:
            if call["path"].endswith("CreateNetwork"):
                entry = found.setdefault(call["body"]["NetworkID"], {})
                for family, key in (("IPv4Data", "Gateway"), ("IPv6Data", "GatewayIPv6")):
                    for pool in call["body"][family]:
                        if "Gateway" in pool:
                            entry.setdefault(key, pool["Gateway"].split("/")[0])
        return found

    def _EndpointOperInfo(self, body: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        return OPER

    def _DeleteEndpoint(self, body: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
        with self._kernel() as ip:
            for index in ip.link_lookup(ifname=f"vh{body['EndpointID'][:8]}"):
                ip.link("del", index=index)
        return {}

    @contextlib.contextmanager
    def _kernel(self) -> Any:
        if self.namespace:
            self.namespace.enter()
        with IPRoute() as ip:
            yield ip


def new_mac() -> str:
    """A random MAC address of the kind that belongs to nobody."""
    octets = bytearray(secrets.token_bytes(6))
    octets[0] = octets[0] & 0xFE | 0x02
    return ":".join(f"{octet:02x}" for octet in octets)


if __name__ == "__main__":  # by hand: python -m tests.lab.recorder SOCKET [CAPABILITIES], beside a real engine
    import sys

    recorder = Recorder(Path(sys.argv[1]), None, json.loads(sys.argv[2]) if len(sys.argv) > 2 else None).start()
    print(os.getpid(), flush=True)
    seen = 0
    while True:
        for call in recorder.calls[seen:]:
            print(
                call["path"],
                json.dumps(call["body"]),
                "->",
                call["status"],
                json.dumps(call["response"]),
                flush=True,
            )
            seen += 1
        threading.Event().wait(0.2)
