"""What the learner's handler gets beside the request: the host on which it is to build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, cast

from pyroute2 import IPRoute

from workshop.errors import PluginError
from workshop.kernel.kernel import Kernel
from workshop.protocol.types import CreateEndpointRequest, CreateNetworkRequest


class RememberedEndpoint(CreateEndpointRequest, total=False):
    """An endpoint as the plugin remembers it: its CreateEndpoint request, with your answer filled in, and more.

    ``SandboxKey`` is the path of the container's network namespace, between Join and Leave.
    """

    SandboxKey: str


class Host:
    """One host: its kernel, and what the plugin remembers of it.

    ``name`` is the host's name in the lab. ``kernel`` is a pyroute2 ``IPRoute`` in the host's network namespace: what
    you ask of it is done there, and shown beside the call as the ``ip`` command that would do the same.
    """

    kernel: IPRoute
    name: str

    def __init__(self, kernel: Kernel, log: Callable[[str], None]) -> None:
        self.kernel = cast(IPRoute, kernel)
        self.name = "host"
        self._log = log
        self._volumes: Path | None = None
        self._networks: Mapping[str, Any] = ReadOnlyDict()
        self._endpoints: Mapping[str, Any] = ReadOnlyDict()

    @property
    def volumes(self) -> Path:
        """The folder for this host's volumes: Docker and its containers see what is in it. It outlives your process.

        It is empty at first. What is in it when Docker has removed all volumes was left behind.
        """
        if self._volumes is None:
            raise PluginError("this host has no place for volumes")
        return self._volumes

    @property
    def networks(self) -> Mapping[str, CreateNetworkRequest]:
        """The networks that the plugin remembers: the CreateNetwork request of each, by NetworkID.

        A network is in here once your ``create_network`` has answered, until ``delete_network`` has. Read-only.
        """
        return self._networks

    @property
    def endpoints(self) -> Mapping[str, RememberedEndpoint]:
        """The endpoints that the plugin remembers, by EndpointID; what you chose yourself is filled in. Read-only."""
        return self._endpoints

    def network(self, network_id: str) -> CreateNetworkRequest:
        """A network that the plugin remembers. Raises PluginError, which answers ``Err``, if there is none."""
        try:
            return self.networks[network_id]
        except KeyError:
            raise PluginError(f"there is no network {network_id[:12]}: it was not created by this plugin") from None

    def endpoint(self, endpoint_id: str) -> RememberedEndpoint:
        """An endpoint that the plugin remembers. Raises PluginError, which answers ``Err``, if there is none."""
        try:
            return self.endpoints[endpoint_id]
        except KeyError:
            raise PluginError(f"there is no endpoint {endpoint_id[:12]}: it was not created by this plugin") from None

    def log(self, text: object) -> None:
        """Show a line beside the call, in the terminal and in the browser; ``print()`` does the same."""
        self._log(str(text))


class HandlersKernel(Kernel):
    """A ``Kernel`` that a handler cannot close, as with ``with host.kernel as ip``: the next call needs it too."""

    def __enter__(self) -> HandlersKernel:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        """Do nothing."""

    def remove_link(self, index: int) -> None:
        """As ``link("del", index=index)``: a handler may leave no thread behind."""
        self.link("del", index=index)


def _refuse(self: Any, *_: Any, **__: Any) -> NoReturn:
    raise TypeError(
        "host.networks and host.endpoints cannot be changed: the plugin fills them from Docker's requests and your "
        "answers. Keep what is your own in a variable of your file"
    )


class ReadOnlyDict(dict[str, Any]):
    """A dict that says why it cannot be changed. Copies of it can."""

    __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse  # type: ignore

    def __deepcopy__(self, memo: Any) -> dict[str, Any]:
        return thawed(self)

    def __copy__(self) -> dict[str, Any]:
        return dict(self)


class ReadOnlyList(list[Any]):
    """A list that says why it cannot be changed. Copies of it can."""

    __setitem__ = __delitem__ = __iadd__ = __imul__ = append = clear = extend = insert = pop = remove = _refuse  # type: ignore
    reverse = sort = _refuse  # type: ignore

    def __deepcopy__(self, memo: Any) -> list[Any]:
        return thawed(self)

    def __copy__(self) -> list[Any]:
        return list(self)


def frozen(value: Any) -> Any:
    """The same JSON value, read-only however deep one goes."""
    if isinstance(value, dict):
        return ReadOnlyDict({key: frozen(item) for key, item in value.items()})
    return ReadOnlyList(map(frozen, value)) if isinstance(value, list) else value


def thawed(value: Any) -> Any:
    """The same JSON value as plain dicts and lists."""
    if isinstance(value, dict):
        return {key: thawed(item) for key, item in value.items()}
    return [thawed(item) for item in value] if isinstance(value, list) else value
