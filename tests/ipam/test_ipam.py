"""The IPAM driver as a plugin serves it: what is remembered, what happens at once, what a death leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.served import Served, start
from workshop.drivers.host import Host
from workshop.drivers.leftovers import find, remove
from workshop.drivers.store import Store
from workshop.errors import PluginError
from workshop.ipam.ipam import Ipam
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel
GATEWAY = {"RequestAddressType": "com.docker.network.gateway"}
NETWORK = "5a" * 32


@contextmanager
def manager(path: Path | None, warnings: list[str] | None = None) -> Iterator[Ipam]:
    """An IPAM driver with its store, in a namespace of its own, without HTTP; its answers always arrive."""
    namespace, store = Namespace.create(), Store(path)
    host = Host(namespace, store, warn=(warnings if warnings is not None else []).append)
    ipam = Ipam(host)
    ipam.restore()
    yield ipam
    host.close()
    store.close()
    namespace.close()


def ask(ipam: Ipam, method: str, **request: Any) -> Any:
    """Do what the plugin does for one call."""
    answer = getattr(ipam, f"ipam_{method}")(request, ipam._host)
    ipam.answered(f"ipam_{method}", request, answer)
    return answer


def pool(ipam: Ipam, subnet: str = "10.9.0.0/24", **more: Any) -> str:
    return ask(ipam, "request_pool", AddressSpace="local", Pool=subnet, **more)["PoolID"]


def held(ipam: Ipam) -> dict[str, set[str]]:
    """What the driver itself has given out, by pool."""
    pools = ipam._pools._pools
    return {key: {str(one._address(number)) for number in one._taken} for key, one in pools.items()}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    namespace = Namespace.create()
    running = start(namespace, tmp_path)
    yield running
    running.plugin.stop()
    running.journal.close()
    namespace.close()


def test_dockers_calls_for_a_network_with_a_container_are_answered_and_nothing_is_left(served: Served):
    assert "IpamDriver" in json.loads(served.send("/Plugin.Activate")[2])["Implements"]
    assert served.call("IpamDriver.GetCapabilities")["RequiresRequestReplay"] is False
    space = served.call("IpamDriver.GetDefaultAddressSpaces")["LocalDefaultAddressSpace"]
    asked = {"AddressSpace": space, "Pool": "10.9.0.0/24", "SubPool": "10.9.0.128/25", "Options": {}, "V6": False}
    given = served.call("IpamDriver.RequestPool", **asked)
    assert given == {"status": 200, "PoolID": "local/10.9.0.0/24", "Pool": "10.9.0.0/24", "Data": {}}
    key = given["PoolID"]
    gateway = served.call("IpamDriver.RequestAddress", PoolID=key, Address="", Options=GATEWAY)["Address"]
    assert gateway == "10.9.0.128/24"
    assert served.call("IpamDriver.RequestAddress", PoolID=key, Address="10.9.0.5", Options=None)["Address"] == (
        "10.9.0.5/24"
    )
    assert {row["For"] for row in served.plugin.host.store.addresses.values()} == {"gateway", "container"}
    for address in ("10.9.0.5", "10.9.0.128", "10.9.0.128"):
        assert served.call("IpamDriver.ReleaseAddress", PoolID=key, Address=address) == {"status": 200}
    for _ in range(2):
        assert served.call("IpamDriver.ReleasePool", PoolID=key) == {"status": 200}
    assert not served.plugin.host.store.pools and not served.plugin.host.store.addresses


def test_a_refusal_is_told_where_docker_looks_for_it_and_in_the_journal(served: Served):
    served.call("IpamDriver.RequestPool", AddressSpace="local", Pool="10.9.0.0/24")
    said = served.call("IpamDriver.RequestPool", AddressSpace="local", Pool="10.9.0.0/25")
    text = "the pool 10.9.0.0/25 overlaps with 10.9.0.0/24, which is given out already; choose another subnet"
    assert said == {"status": 200, "Error": text}
    assert served.journal.since(served.journal.last - 1)[-1].data["error"] == text
    assert served.call("IpamDriver.RequestAddress", PoolID="nosuch")["Error"].startswith("there is no pool 'nosuch'")
    assert served.call("IpamDriver.RequestPool", AddressSpace="mars")["Error"] == (
        "there is no address space 'mars'; there are local and global"
    )
    assert served.call("IpamDriver.RequestPool", AddressSpace="local", Pool="10.8.0.0/24", V6=True)["Error"] == (
        "Pool: 10.8.0.0/24 is of IPv4; expected a subnet of IPv6"
    )
    status, _, body = served.send("/IpamDriver.RequestPool", b"")
    assert status == 400 and "the body is empty" in json.loads(body)["Err"]


def test_a_subnet_that_the_host_or_a_network_has_is_refused_and_not_chosen(served: Served):
    kernel = served.plugin.host.kernel
    kernel.link("add", ifname="lan0", kind="bridge", state="up")
    index = kernel.index("lan0")
    kernel.addr("add", index=index, address="10.208.0.7", prefixlen=20)
    kernel.addr("add", index=index, address="fd00:7::7", prefixlen=64, flags=2)
    served.call("CreateNetwork", NetworkID=NETWORK, IPv4Data=[{"Pool": "10.5.0.0/24", "Gateway": "10.5.0.1/24"}])
    for subnet, said in (
        ("10.208.3.0/24", "overlaps with 10.208.0.0/20, to which the host has a route (dev lan0); choose another"),
        ("fd00::/16", "overlaps with fd00:7::/64, to which the host has a route (dev lan0)"),
        ("10.5.0.128/25", f"overlaps with 10.5.0.0/24, of network {NETWORK[:12]}"),
    ):
        assert said in served.call("IpamDriver.RequestPool", AddressSpace="local", Pool=subnet)["Error"]
    assert served.call("IpamDriver.RequestPool", AddressSpace="local", Pool="")["Pool"] == "10.208.16.0/24"
    assert served.call("IpamDriver.RequestPool", AddressSpace="local", Pool="", V6=True)["Pool"].endswith("::/64")


def test_a_network_whose_addresses_cannot_be_read_is_in_nobodys_way(served: Served):
    served.plugin.host.store.networks.put(NETWORK, {"NetworkID": NETWORK, "IPv4Data": [{"Pool": "no"}]})
    assert served.call("IpamDriver.RequestPool", AddressSpace="local", Pool="10.5.0.0/24")["Pool"] == "10.5.0.0/24"


def test_many_who_ask_at_once_get_different_pools_and_addresses(served: Served):
    def a_pool(_: int) -> str:
        return served.call("IpamDriver.RequestPool", AddressSpace="local", Pool="")["PoolID"]

    def an_address(key: str) -> str:
        return served.call("IpamDriver.RequestAddress", PoolID=key, Address="", Options={})["Address"]

    with ThreadPoolExecutor(16) as threads:
        pools = list(threads.map(a_pool, range(16)))
        same = [
            answer for answer in threads.map(lambda _: wish(served, "10.9.0.0/24"), range(16)) if "PoolID" in answer
        ]
        addresses = list(threads.map(an_address, [pools[0]] * 80))
    assert len(set(pools)) == 16
    assert len(same) == 1, "only one can have a subnet that all ask for"
    assert len(set(addresses)) == 80
    assert held(served.plugin._ipam)[pools[0]] == {each.partition("/")[0] for each in addresses}


def wish(served: Served, subnet: str) -> dict[str, Any]:
    return served.call("IpamDriver.RequestPool", AddressSpace="local", Pool=subnet)


def test_what_was_given_out_is_given_out_still_after_a_restart(tmp_path: Path):
    with manager(tmp_path / "store.db") as ipam:
        four, six = pool(ipam, SubPool="10.9.0.64/26"), pool(ipam, "fd00:9::/64")
        for key in (four, six):
            for _ in range(3):
                ask(ipam, "request_address", PoolID=key)
        ask(ipam, "release_address", PoolID=four, Address="10.9.0.65")
        before = held(ipam)
    with manager(tmp_path / "store.db") as ipam:
        assert held(ipam) == before
        assert ask(ipam, "request_address", PoolID=four)["Address"] == "10.9.0.65/24"
        assert ask(ipam, "request_address", PoolID=four)["Address"] == "10.9.0.67/24"
        with pytest.raises(PluginError, match="overlaps with fd00:9::/64"):
            pool(ipam, "fd00:9::/48")


def test_an_option_that_nobody_knows_is_a_warning():
    warnings: list[str] = []
    with manager(None, warnings) as ipam:
        pool(ipam, Options={"colour": "blue"})
    assert warnings == ["The option 'colour' of --ipam-opt is not known and has no effect."]


CALLS = st.lists(
    st.tuples(
        st.sampled_from(["request_pool", "release_pool", "request_address", "request_address", "release_address"]),
        st.sampled_from(["10.9.0.0/29", "10.9.0.0/28", "fd00::/126", ""]),
        st.sampled_from(["", "10.9.0.1", "10.9.0.3", "fd00::1", "nonsense"]),
        st.booleans(),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(CALLS)
def test_whatever_happens_the_store_has_what_is_given_out(tmp_path_factory: pytest.TempPathFactory, calls: list[Any]):
    """Now and then the plugin is restarted; what Docker has got an answer for, it has still."""
    path = tmp_path_factory.mktemp("ipam") / "store.db"
    docker: dict[str, set[str]] = {}
    before: dict[str, set[str]] | None = None
    for part in (calls[: len(calls) // 2], calls[len(calls) // 2 :]):
        with manager(path) as ipam:
            assert before is None or held(ipam) == before == docker
            for method, subnet, address, v6 in part:
                key = f"local/{subnet}" if subnet else next(iter(docker), "none")
                request = {
                    "request_pool": {"AddressSpace": "local", "Pool": subnet, "V6": v6},
                    "release_pool": {"PoolID": key},
                }.get(method, {"PoolID": key, "Address": address})
                with suppress(PluginError):
                    note(docker, method, request, ask(ipam, method, **request))
                assert held(ipam) == docker
            before = held(ipam)


def note(docker: dict[str, set[str]], method: str, request: dict[str, Any], answer: dict[str, Any]) -> None:
    """What Docker knows after an answer: nothing that it has may be given to it again."""
    if method == "request_pool":
        assert answer["PoolID"] not in docker
        docker[answer["PoolID"]] = set()
    elif method == "release_pool":
        docker.pop(request["PoolID"], None)
    elif method == "request_address":
        address = answer["Address"].partition("/")[0]
        assert address not in docker[request["PoolID"]]
        docker[request["PoolID"]].add(address)
    else:
        docker.get(request["PoolID"], set()).discard(request["Address"])


class Killed(BaseException):
    """Stands for the process's death: no handler of errors sees it, and nothing is tidied up."""


LIFE: list[tuple[str, dict[str, Any]]] = [
    ("RequestPool", {"AddressSpace": "local", "Pool": "10.9.0.0/24"}),
    ("RequestAddress", {"PoolID": "local/10.9.0.0/24", "Options": GATEWAY}),
    ("RequestAddress", {"PoolID": "local/10.9.0.0/24", "Address": "10.9.0.9"}),
    ("ReleaseAddress", {"PoolID": "local/10.9.0.0/24", "Address": "10.9.0.9"}),
    ("ReleasePool", {"PoolID": "local/10.9.0.0/24"}),
]


@pytest.mark.parametrize("number", range(len(LIFE)), ids=[f"{n} {method}" for n, (method, _) in enumerate(LIFE)])
def test_a_plugin_that_dies_at_any_step_has_given_out_what_docker_can_know_of(tmp_path: Path, number: int):
    """It dies before each step in turn; Docker says no more of the call, and asks for the same anew."""
    for dies_at in range(1, 20):
        folder = tmp_path / str(dies_at)
        first, namespace = begin(folder)
        for method, request in LIFE[:number]:
            assert "Error" not in first.call(f"IpamDriver.{method}", **request)
        reached = die_at(first, dies_at)
        method, request = LIFE[number]
        with suppress(Killed):
            first.plugin.pipeline.call("POST", f"/IpamDriver.{method}", json.dumps(request).encode())
        end(first)
        second, _ = begin(folder, namespace)
        assert all(row["Answered"] for row in second.plugin.host.store.pools.values())
        assert all(row["Answered"] for row in second.plugin.host.store.addresses.values())
        if reached():  # what was to be given out is free; what was to be taken back is free, or Docker's still
            for method, request in LIFE[number:]:
                assert "Error" not in second.call(f"IpamDriver.{method}", **request), (dies_at, method)
        second.call("IpamDriver.ReleasePool", PoolID="local/10.9.0.0/24")
        store = second.plugin.host.store
        assert not store.pools and not store.addresses
        end(second)
        namespace.close()
        if not reached():
            return
    pytest.fail("the call has more steps than were tried")


def begin(folder: Path, namespace: Namespace | None = None) -> tuple[Served, Namespace]:
    namespace = namespace or Namespace.create()
    return start(namespace, folder), namespace


def end(served: Served) -> None:
    served.plugin.stop()
    served.journal.close()


def die_at(served: Served, count: int) -> Callable[[], bool]:
    """Let the process 'die' before its ``count``-th change of what it remembers, in memory or on disk."""
    done, store = [0], served.plugin.host.store

    def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            done[0] += 1
            if done[0] >= count:
                raise Killed
            return function(*arguments, **keywords)

        return call

    for table in (store.pools, store.addresses):
        for name in ("put", "drop"):
            setattr(table, name, guarded(getattr(table, name)))
    served.journal.append = guarded(served.journal.append)  # type: ignore[method-assign]
    return lambda: done[0] >= count


def test_cleanup_shows_and_takes_back_what_nobody_released(tmp_path: Path):
    first, namespace = begin(tmp_path)
    key = first.call("IpamDriver.RequestPool", AddressSpace="local", Pool="10.9.0.0/24")["PoolID"]
    first.call("IpamDriver.RequestAddress", PoolID=key)
    end(first)

    def inside() -> list[tuple[str, str, str]]:
        with find("workshop", tmp_path / "store.db", tmp_path / "run") as found:
            assert remove(found) == []
            return [(item.kind, item.name, item.about) for item in found.items]

    assert namespace.run(inside) == [("pool", "10.9.0.0/24", "given out, addresses in use: 1")]
    assert namespace.run(inside) == []
    namespace.close()
