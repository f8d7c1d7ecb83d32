"""The plugin with the practice engine: addresses from the plugin itself, or none, in every kind of network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.lab.inside import Bench, bench, in_lab
from workshop.journal import Journal
from workshop.lab.engine.refusal import Refusal
from workshop.plugin.plugin import Plugin
from workshop.plugin.server import unix_socket

VERSIONS = ("20.10", "26.1", "28.5")


@contextmanager
def beside(lab: Bench) -> Iterator[Plugin]:
    """The plugin, as `serve` has it, beside the engine."""
    folder = lab.plugins.parent
    journal = Journal(folder / "journal.db")
    plugin = Plugin(lab.host.namespace, journal, folder / "store.db", driver="all")
    plugin.start(unix_socket(lab.plugins, plugin.name))
    try:
        yield plugin
    finally:
        plugin.stop()
        journal.close()


def network(kind: str, ipam: str, ipv6: bool) -> dict:
    """What `docker network create --ipam-driver` asks for."""
    options = {"type": kind, **({"parent": "eth0"} if kind == "macvlan" else {})}
    return {"Name": "n", "Driver": "workshop", "EnableIPv6": ipv6, "Options": options, "IPAM": {"Driver": ipam}}


def box(lab: Bench, name: str):
    body = {"Image": "busybox", "Cmd": ["sleep", "600"], "HostConfig": {"NetworkMode": "n"}}
    return lab.engine.containers.run(body, name)


@pytest.mark.parametrize("kind", ["bridge", "vxlan", "routed"])
@pytest.mark.parametrize("version", VERSIONS)
@in_lab
def test_addresses_come_from_the_plugin_and_go_back_to_it(version: str, kind: str) -> None:
    with bench(version) as lab, beside(lab) as plugin:
        engine, store, links = lab.engine, plugin.host.store, lab.links()
        made = engine.networks.create(network(kind, "workshop", True))
        boxes = [box(lab, name) for name in ("one", "two")]
        attached = [engine.inspect(each)["NetworkSettings"]["Networks"]["n"] for each in boxes]
        assert len(store.pools) == 2 and len(store.addresses) == 6
        for address in (attached[1]["IPAddress"], attached[1]["GlobalIPv6Address"], "192.0.2.1", "2001:db8::1"):
            done = engine.execs.run(boxes[0], ["ping", "-c", "1", "-W", "20", address])
            assert done.exit_code == 0, (address, done)
        for each in boxes:
            engine.containers.remove(each, force=True)
        engine.networks.remove(made)
        assert not store.pools and not store.addresses and not store.networks and not store.endpoints
        assert lab.links() == links


@pytest.mark.parametrize("kind", ["bridge", "vxlan", "macvlan", "routed", "null"])
@pytest.mark.parametrize("version", VERSIONS)
@in_lab
def test_a_network_without_addresses_is_made_and_removed(version: str, kind: str) -> None:
    with bench(version) as lab, beside(lab) as plugin:
        links = lab.links()
        made = lab.engine.networks.create(network(kind, "null", version == "28.5"))
        one = box(lab, "one")
        shown = lab.engine.execs.run(one, ["ip", "-o", "addr"]).stdout
        assert "eth1" not in shown and "inet 1" not in shown.replace("inet 127", "")
        lab.engine.containers.remove(one, force=True)
        lab.engine.networks.remove(made)
        assert lab.links() == links
        assert not plugin.host.store.networks


@in_lab
def test_what_the_plugin_refuses_is_what_the_user_reads() -> None:
    with bench() as lab, beside(lab) as plugin:
        asked = {"Driver": "workshop", "Config": [{"Subnet": "192.0.2.0/25"}]}
        with pytest.raises(Refusal, match=r"^remote: the pool 192.0.2.0/25 overlaps with 192.0.2.0/24, .*dev eth0\)"):
            lab.engine.networks.create({**network("bridge", "workshop", False), "IPAM": asked})
        assert not plugin.host.store.pools
