"""Docker's side of a scenario: what one would type, through the Engine API, and what Docker says if it refuses.

The same for the practice engine and for real Docker.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from workshop.course.docker_parts import Container, DockerError, Network, Output, Volume
from workshop.course.docker_volumes import VolumeCommands
from workshop.course.wire import ask_plugin, taken_back_by, what_it_is_about
from workshop.engine_api import EngineAPI
from workshop.errors import WorkshopError
from workshop.kernel.namespaces import Namespace
from workshop.protocol import BY_NAME

IMAGE = "busybox"
_SLEEP = ("sleep", "6000")


class Docker(VolumeCommands):
    """One host's Docker, as the course uses it. ``plugin`` is the name of the driver, ``socket`` that plugin's.

    Every call raises DockerError if Docker refuses. What was made is remembered: ``clear`` removes it.
    """

    def __init__(self, api: EngineAPI, plugin: str, socket: Path) -> None:
        super().__init__(api, plugin)
        self.socket = socket
        self.networks: list[Network] = []
        self.containers: list[Container] = []
        self._stuck: set[str] = set()
        self._raw: dict[tuple[str, str], dict[str, Any]] = {}

    # -- networks

    def create_network(
        self,
        name: str,
        subnet: str | None = None,
        gateway: str | None = None,
        ip_range: str | None = None,
        subnet6: str | None = None,
        gateway6: str | None = None,
        aux: Mapping[str, str] | None = None,
        internal: bool = False,
        options: Mapping[str, str] | None = None,
        driver: str | None = None,
    ) -> Network:
        """``docker network create``. ``aux`` are the auxiliary addresses (IPv4), ``options`` those of ``-o``."""
        pools: list[dict[str, Any]] = []
        if subnet:
            pools.append(
                {"Subnet": subnet, "Gateway": gateway, "IPRange": ip_range, "AuxiliaryAddresses": dict(aux or {})}
            )
        if subnet6:
            pools.append({"Subnet": subnet6, "Gateway": gateway6})
        body = {
            "Name": self.prefix + name,
            "CheckDuplicate": True,
            "Driver": driver or self.plugin,
            "Internal": internal,
            "EnableIPv6": bool(subnet6),
            "Options": dict(options or {}),
            "IPAM": {"Driver": "default", "Config": [{k: v for k, v in pool.items() if v} for pool in pools]},
        }
        network = Network(self._post("/networks/create", body)["Id"], self.prefix + name)
        self.networks.append(network)
        return network

    def remove_network(self, network: Network) -> None:
        """``docker network rm``."""
        self._delete(f"/networks/{network.id}")
        self.networks = [each for each in self.networks if each.id != network.id]

    def inspect_network(self, network: Network) -> dict[str, Any]:
        """``docker network inspect``."""
        return self._get(f"/networks/{network.id}")

    # -- containers

    def run(
        self,
        name: str,
        network: Network | None,
        ip: str | None = None,
        ip6: str | None = None,
        mac: str | None = None,
        publish: Sequence[str] = (),
        command: Sequence[str] | None = None,
        options: Mapping[str, str] | None = None,
        volumes: Mapping[Volume, str] | None = None,
    ) -> Container:
        """``docker run -d``. ``publish`` is as with ``-p`` (``8080:80/udp``); ``options`` are the endpoint's.

        ``volumes`` says where each is to be seen (``/data``, ``/data:ro``). Without a ``network``, it has none.
        """
        bindings: dict[str, list[dict[str, str]]] = {}
        for port, binding in map(_binding, publish):
            bindings.setdefault(port, []).append(binding)
        body = {
            "Image": IMAGE,
            "Cmd": list(command or _SLEEP),
            "StopSignal": "SIGKILL",
            "MacAddress": mac or "",
            "ExposedPorts": {port: {} for port in bindings},
            "HostConfig": {
                "NetworkMode": network.name if network else "none",
                "PortBindings": bindings,
                "Binds": [f"{volume.name}:{place}" for volume, place in (volumes or {}).items()],
            },
        }
        if network:
            body["NetworkingConfig"] = {"EndpointsConfig": {network.name: _endpoint(ip, ip6, mac, options)}}
        container = Container(self._post("/containers/create", body, name=self.prefix + name)["Id"], self.prefix + name)
        self.containers.append(container)
        container.networks += [network] if network else []
        self.start(container)
        return container

    def start(self, container: Container) -> None:
        """``docker start``."""
        self._post(f"/containers/{container.id}/start")
        self._refresh(container)

    def stop(self, container: Container) -> None:
        """``docker stop -t 0``."""
        self._post(f"/containers/{container.id}/stop?t=0")
        self._refresh(container)

    def remove(self, container: Container) -> None:
        """``docker rm -f``."""
        self._delete(f"/containers/{container.id}?force=1")
        self.containers = [each for each in self.containers if each.id != container.id]

    def inspect(self, container: Container) -> dict[str, Any]:
        """``docker inspect``."""
        return self._get(f"/containers/{container.id}/json")

    def connect(
        self,
        network: Network,
        container: Container,
        ip: str | None = None,
        ip6: str | None = None,
        mac: str | None = None,
        options: Mapping[str, str] | None = None,
    ) -> None:
        """``docker network connect``."""
        body = {"Container": container.id, "EndpointConfig": _endpoint(ip, ip6, mac, options)}
        self._post(f"/networks/{network.id}/connect", body)
        container.networks.append(network)

    def disconnect(self, network: Network, container: Container) -> None:
        """``docker network disconnect``."""
        self._post(f"/networks/{network.id}/disconnect", {"Container": container.id})
        container.networks = [each for each in container.networks if each.id != network.id]

    def exec(self, container: Container, *argv: str, timeout: float = 5) -> Output:
        """``docker exec``: what it printed, and its exit code."""
        key = self._post(
            f"/containers/{container.id}/exec", {"Cmd": list(argv), "AttachStdout": True, "AttachStderr": True}
        )
        said: list[bytes] = []

        def collect() -> None:
            with suppress(WorkshopError, OSError, http.client.HTTPException):
                said.extend(data for _, data in self.api.output("POST", f"/exec/{key['Id']}/start", {}))

        thread = threading.Thread(target=collect, daemon=True)
        thread.start()
        thread.join(timeout)
        text = b"".join(said).decode(errors="replace")
        if thread.is_alive():
            return Output(124, f"{text}(did not end within {timeout:g} s)")
        code = self._get(f"/exec/{key['Id']}/json").get("ExitCode")
        return Output(124 if code is None else code, text)

    def address(self, container: Container, network: Network, version: int = 4) -> str:
        """The container's address on a network, without its mask; empty if it has none."""
        attached = self.inspect(container)["NetworkSettings"]["Networks"].get(network.name) or {}
        return attached.get("IPAddress" if version == 4 else "GlobalIPv6Address") or ""

    def mac(self, container: Container, network: Network) -> str:
        """The MAC address that Docker tells of a container on a network."""
        attached = self.inspect(container)["NetworkSettings"]["Networks"].get(network.name) or {}
        return attached.get("MacAddress") or ""

    def namespace(self, container: Container) -> Namespace:
        """The network namespace of a container that runs; the caller closes it. Raises OSError if it does not run."""
        if not container.pid:
            raise ProcessLookupError(f"{container.name} does not run")
        return Namespace.of_process(container.pid)

    # -- the plugin itself

    def call(self, route: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One call to the plugin as Docker would send it, without Docker: the answer, ``{"Err": …}`` included.

        ``route`` is in snake case. What such a call makes is taken back by such a call when the scenario ends.
        """
        answer = ask_plugin(self.socket, BY_NAME[route].full_name, None if body is None else dict(body))
        about, undo = what_it_is_about(body or {}), taken_back_by(route, body or {})
        self._raw.pop((route, str(about)), None)
        if undo is not None and not answer.get("Err"):
            self._raw[undo, str(about)] = about
        return answer

    def activate(self) -> dict[str, Any]:
        """What the plugin answers to Plugin.Activate, asked afresh."""
        return self.call("activate")

    def capabilities(self) -> dict[str, Any]:
        """What the plugin answers to NetworkDriver.GetCapabilities, asked afresh."""
        return self.call("get_capabilities")

    def discover(self, address: str, gone: bool = False, self_: bool = False, bind: str = "") -> dict[str, Any]:
        """Tell the plugin of a node of the cluster, as Swarm does; its answer. ``bind``: where it listens itself."""
        data = {"Address": address, "BindAddress": bind or (address if self_ else ""), "Self": self_}
        return self.call("discover_delete" if gone else "discover_new", {"DiscoveryType": 1, "DiscoveryData": data})

    # -- the end of a scenario

    def clear(self) -> list[str]:
        """Remove all that was made here, containers side by side, then networks, then volumes; what Docker refused.

        The kernel takes its time to remove a link, but not twice the time for two.
        """
        refused: list[str] = []

        def take_back(route: str) -> None:
            for key in [each for each in self._raw if each[0] == route]:
                with suppress(OSError, ValueError):
                    self.call(route, self._raw.get(key) or {})
                self._raw.pop(key, None)

        def remove_all(things: Sequence[Any], remove: Callable[[Any], None]) -> None:
            def attempt(each: Any) -> None:
                try:
                    remove(each)
                except DockerError as error:
                    refused.append(str(error))
                    self._stuck |= {each.id} if isinstance(each, (Network, Container)) else set()

            if len(things) > 1:
                with ThreadPoolExecutor(len(things)) as pool:
                    list(pool.map(attempt, things))
            elif things:
                attempt(things[0])

        take_back("delete_endpoint")
        remove_all(self.containers, self.remove)
        take_back("delete_network")
        remove_all(self.networks, self.remove_network)
        take_back("discover_delete")
        take_back("volume_unmount")
        take_back("volume_remove")
        remove_all(self.volumes, self.drop_volume)
        self.containers, self.networks, self.volumes = [], [], []
        return refused

    def own(self) -> set[str]:
        """The IDs of the networks and containers that were made here and may still be there."""
        return self._stuck.union(each.id for each in (*self.networks, *self.containers))

    def disown(self) -> None:
        """All of them are gone."""
        self._stuck, self.containers, self.networks, self.volumes = set(), [], [], []

    def _refresh(self, container: Container) -> None:
        told = self.inspect(container)
        container.sandbox = told["NetworkSettings"].get("SandboxKey") or ""
        container.pid = int(told["State"].get("Pid") or 0)


def _endpoint(
    ip: str | None, ip6: str | None, mac: str | None, options: Mapping[str, str] | None = None
) -> dict[str, Any]:
    addresses = {"IPv4Address": ip, "IPv6Address": ip6}
    settings: dict[str, Any] = {"IPAMConfig": {key: value for key, value in addresses.items() if value}}
    if mac:
        settings["MacAddress"] = mac
    if options:
        settings["DriverOpts"] = dict(options)
    return settings


def _binding(text: str) -> tuple[str, dict[str, str]]:
    """``[IP:][HOST:]PORT[/PROTO]`` as the Engine API has it."""
    ports, _, protocol = text.partition("/")
    host, _, port = ports.rpartition(":")
    address, _, host_port = host.rpartition(":")
    return f"{port}/{protocol or 'tcp'}", {"HostIp": address, "HostPort": host_port}


__all__ = ["Container", "Docker", "DockerError", "Network", "Output", "Volume"]
