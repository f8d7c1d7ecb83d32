"""The protocol fuzzed from the table: whatever comes, the answer is JSON, in time, and nothing is left."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.on_parent import FAR_END, PARENT, lay_cable
from tests.support.served import Served, start
from workshop.drivers import DRIVERS
from workshop.kernel.namespaces import Namespace
from workshop.protocol import ROUTES

pytestmark = pytest.mark.kernel

LIMIT = 5.0
NETWORKS = ["5" * 64, "a" * 25, "x", "ü/../é", "n" * 300]
ENDPOINTS = ["e" * 64, "f" * 64, "e", " "]
ADDRESSES = st.sampled_from(
    [
        "",
        "10.9.0.2/24",
        "10.9.0.2",
        "fd00::2/64",
        "300.1.1.1/24",
        "10.9.0.0/33",
        "0.0.0.0/0",
        "::/0",
        "ff02::1/8",
        "a b",
        "'; --",
    ]
)
TEXT = st.one_of(st.text(max_size=30), ADDRESSES)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)
IPAM = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "Pool": st.sampled_from(["10.9.0.0/24", "10.9.0.1/24", "fd00::/64", "", "no"]),
                "Gateway": ADDRESSES,
            },
            optional={"AuxAddresses": st.dictionaries(TEXT, ADDRESSES, max_size=2), "AddressSpace": TEXT},
        ),
        JSON,
    ),
    max_size=3,
)
GENERIC = st.dictionaries(
    st.sampled_from(
        ["mtu", "bridge", "icc", "masquerade", "gateway", "host_ip", "prefix", "routes", "com.docker.x"]
        + ["type", "parent", "mode", "flag"]
    ),
    st.one_of(
        TEXT,
        st.sampled_from(["1400", "true", "wsbother", "lo", "10.0.0.0/8", *DRIVERS]),
        st.sampled_from([PARENT, f"{PARENT}.10", "passthru", "l3", "private"]),
        st.integers(),
    ),
    max_size=4,
)
PORTS = st.lists(
    st.fixed_dictionaries(
        {"Proto": st.sampled_from([6, 17, 132, 1]), "Port": st.integers(-1, 70000)},
        optional={
            "HostPort": st.integers(-1, 70000),
            "HostPortEnd": st.integers(0, 65535),
            "HostIP": ADDRESSES,
        },
    ),
    max_size=3,
)
OPTIONS = st.one_of(
    JSON,
    st.fixed_dictionaries(
        {},
        optional={
            "com.docker.network.generic": GENERIC,
            "com.docker.network.portmap": PORTS,
            "com.docker.network.internal": JSON,
        },
    ),
)
FIELDS = {
    "NetworkID": st.sampled_from([NETWORKS[0]] * 6 + NETWORKS),
    "EndpointID": st.sampled_from([ENDPOINTS[0]] * 4 + ENDPOINTS),
    "IPv4Data": IPAM,
    "IPv6Data": IPAM,
    "Options": OPTIONS,
    "Interface": st.fixed_dictionaries(
        {}, optional={"Address": ADDRESSES, "AddressIPv6": ADDRESSES, "MacAddress": TEXT}
    ),
    "SandboxKey": TEXT,
    "DiscoveryType": st.integers(),
    "DiscoveryData": JSON,
    "AddressSpace": st.sampled_from(["local", "local", "global", "", "ü"]),
    "Pool": ADDRESSES,
    "SubPool": ADDRESSES,
    "PoolID": st.sampled_from(["local/10.9.1.0/24", "local/10.9.1.0/24", "global/fd00::/64", "", "ü"]),
    "Address": ADDRESSES,
    "V6": st.booleans(),
}
"""What a field may hold, if it is as its name says; any other field holds anything."""


ANSWERED = [route for route in ROUTES if route.interface != "VolumeDriver"]
"""The routes that the plugin answers."""


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, bytes]:
    """A route of the table, with a body that fits it more or less."""
    route = draw(st.sampled_from(ANSWERED))
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return route.path, draw(st.binary(max_size=40))
    if kind == 1:
        return route.path, json.dumps(draw(JSON)).encode()
    names = list(route.request.__annotations__) if route.request else []
    body = {name: draw(FIELDS.get(name, JSON)) for name in names if draw(st.integers(0, 9))}
    if kind == 2 and body:
        body[draw(st.sampled_from(sorted(body)))] = draw(JSON)
    return route.path, json.dumps(body).encode()


def endpoint_with(**interface: str) -> tuple[str, bytes]:
    """CreateEndpoint of a second endpoint with these fields of Interface."""
    request = {"NetworkID": NETWORKS[0], "EndpointID": ENDPOINTS[1], "Interface": interface}
    return "/NetworkDriver.CreateEndpoint", json.dumps(request).encode()


def published_on(address: str) -> tuple[str, bytes]:
    """ProgramExternalConnectivity of the endpoint that is there, on this address of the host."""
    ports = [{"Proto": 6, "Port": 80, "HostIP": address, "HostPort": 8080}]
    request = {"NetworkID": NETWORKS[0], "EndpointID": ENDPOINTS[0], "Options": {"com.docker.network.portmap": ports}}
    return "/NetworkDriver.ProgramExternalConnectivity", json.dumps(request).encode()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One plugin for all kinds of network."""
    namespace = Namespace.create()
    running = start(namespace, tmp_path_factory.mktemp("plugin"), driver="all")
    yield running
    running.plugin.stop()
    running.journal.close()
    namespace.close()


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["bridge", "routed"]), st.lists(calls(), min_size=1, max_size=4))
@example("bridge", [endpoint_with(MacAddress="hello")])
@example("bridge", [endpoint_with(MacAddress="02:42")])
@example("routed", [endpoint_with(MacAddress="zz:zz:zz:zz:zz:zz")])
@example("bridge", [endpoint_with(MacAddress="01:00:00:00:00:01")])
@example("routed", [endpoint_with(Address="10.9.0.2/24"), endpoint_with(Address="10.9.0.3/24")])
@example("bridge", [published_on("::1%x")])
@example("routed", [published_on("127.0.0.1\n")])
def test_no_answer_but_json_none_late_and_nothing_left(served, kind, sequence):
    """Each sequence begins with a network, an endpoint and a pool that are there, for most routes need them."""
    goes_through(served, sequence, {"com.docker.network.generic": {"type": kind}}, set())


@pytest.fixture(scope="module")
def on_parent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A plugin for all kinds of network, on a host with a cable whose one end can be a parent."""
    namespace = Namespace.create()
    running = start(namespace, tmp_path_factory.mktemp("plugin"), driver="all")
    lay_cable(running.plugin.host.kernel)
    yield running
    running.plugin.stop()
    running.journal.close()
    namespace.close()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(calls(), min_size=1, max_size=4))
@example([endpoint_with(MacAddress="hello")])
@example([endpoint_with(MacAddress="01:00:00:00:00:01")])
def test_the_same_with_a_network_on_a_parent(on_parent, sequence):
    options = {"com.docker.network.generic": {"type": "macvlan", "parent": PARENT}}
    goes_through(on_parent, sequence, options, {PARENT, FAR_END})


def goes_through(served: Served, sequence: list[tuple[str, bytes]], options: dict, left: set[str]) -> None:
    assert {route.name for route in ANSWERED} == set(served.plugin.pipeline.handlers)
    assert "Error" not in served.call("IpamDriver.RequestPool", AddressSpace="local", Pool="10.9.1.0/24")
    pool = [{"Pool": "10.9.0.0/24", "Gateway": "10.9.0.1/24"}]
    made = served.call("CreateNetwork", NetworkID=NETWORKS[0], IPv4Data=pool, Options=options)
    assert made == {"status": 200}
    interface = {"Address": "10.9.0.2/24"}
    begun = served.call("CreateEndpoint", NetworkID=NETWORKS[0], EndpointID=ENDPOINTS[0], Interface=interface)
    assert begun["status"] == 200 and "Err" not in begun
    try:
        for path, body in sequence:
            began = time.monotonic()
            status, kind, text = served.send(path, body)
            assert time.monotonic() - began < LIMIT
            assert kind.startswith("application/vnd.docker.plugins")
            answer = json.loads(text)
            assert isinstance(answer, dict)
            assert status in (200, 400), (status, answer, path, body)
            assert "Traceback" not in text
    finally:
        for network in list(served.plugin.host.networks):
            assert served.call("DeleteNetwork", NetworkID=network) == {"status": 200}
        for key in list(served.plugin.host.store.pools):
            assert served.call("IpamDriver.ReleasePool", PoolID=key) == {"status": 200}
    assert served.links() == left
    assert not served.plugin.host.store.addresses
    assert not served.plugin.host.endpoints
    assert not served.plugin.host.store.calls
    assert not served.plugin.host.firewall.exists()
