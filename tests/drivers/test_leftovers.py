"""``cleanup``: what carries our names, and nothing else."""

from __future__ import annotations

import pytest

from tests.support.served import start
from workshop.drivers.leftovers import find, remove
from workshop.errors import WorkshopError
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel
NETWORK, ENDPOINT = "5a" * 32, "e1" * 32


@pytest.fixture
def left(tmp_path):
    """A namespace in which a plugin was at work, with a network, an endpoint and things of others, and its folder."""
    namespace = Namespace.create()
    served = start(namespace, tmp_path)
    served.call("CreateNetwork", NetworkID=NETWORK, IPv4Data=[{"Pool": "10.9.0.0/24", "Gateway": "10.9.0.1/24"}])
    served.call("CreateEndpoint", NetworkID=NETWORK, EndpointID=ENDPOINT, Interface={"Address": "10.9.0.2/24"})
    kernel = served.plugin.host.kernel
    kernel.link("add", ifname="theirs", kind="bridge")
    kernel.link("add", ifname="wstheirs", kind="bridge")
    programs.run(namespace, "nft", "add", "table", "inet", "theirs")
    yield namespace, served, tmp_path
    namespace.close()


def looked_for(namespace, folder, then=lambda found: None, name="workshop", store="store.db"):
    def inside():
        with find(name, folder / store, folder / "run", folder / "spec") as found:
            then(found)
            return found

    return namespace.run(inside)


def links(namespace):
    def inside():
        from pyroute2 import IPRoute

        with IPRoute() as ip:
            return {link.get("ifname") for link in ip.get_links()} - {"lo"}

    return namespace.run(inside)


def test_a_removal_that_was_not_finished_is_found_and_forgotten(left):
    namespace, served, folder = left
    call = {"route": "delete_network", "NetworkID": NETWORK, "EndpointID": None}
    served.plugin.host.store.calls.put("one", call)
    served.plugin.stop()
    found = looked_for(namespace, folder, lambda found: remove(found))
    assert [(item.name, item.about) for item in found.items if item.kind == "call"] == [
        (NETWORK[:12], "delete_network, not finished")
    ]
    assert looked_for(namespace, folder).items == []


def test_it_finds_all_of_ours_and_removes_nothing_else(left):
    namespace, served, folder = left
    served.plugin.stop()
    found = looked_for(namespace, folder, lambda found: remove(found))
    kinds = sorted(item.kind for item in found.items)
    assert kinds == ["endpoint", "link", "link", "network", "rules"]
    assert links(namespace) == {"theirs", "wstheirs"}
    assert "workshop" not in programs.run(namespace, "nft", "list", "tables")
    assert "theirs" in programs.run(namespace, "nft", "list", "tables")
    assert looked_for(namespace, folder).items == []


def test_a_plugin_that_is_at_work_is_not_cleaned_up(left):
    namespace, served, folder = left
    with pytest.raises(WorkshopError, match="is running: a process answers"):
        looked_for(namespace, folder)
    assert "wsb5a5a5a5a5a" in links(namespace)
    with pytest.raises(WorkshopError, match="is running"):
        looked_for(namespace, folder, store="elsewhere.db")
    served.plugin.stop()


def test_another_plugins_things_are_not_ours(left):
    namespace, served, folder = left
    served.plugin.stop()
    assert looked_for(namespace, folder / "elsewhere", name="other").items == []


def test_a_link_in_a_container_is_told(left):
    namespace, served, folder = left
    container = Namespace.create()
    kernel = served.plugin.host.kernel
    kernel.link("set", index=kernel.index("wsce1e1e1e1e1"), net_ns_fd=container.descriptor)
    served.plugin.stop()
    assert looked_for(namespace, folder).in_use == 1
    container.close()


def test_the_file_that_tells_of_a_tcp_address_is_found(left):
    namespace, served, folder = left
    served.plugin.stop()
    (folder / "spec").mkdir()
    (folder / "spec" / "workshop.spec").write_text("tcp://127.0.0.1:9")
    found = looked_for(namespace, folder, lambda found: remove(found))
    assert "workshop.spec" in [item.name for item in found.items]
    assert not (folder / "spec" / "workshop.spec").exists()
