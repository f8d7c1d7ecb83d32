"""Removing links: gone when it is said, whatever the kernel has yet to do, and told if it is refused."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import pytest

from workshop.kernel import removal
from workshop.kernel.kernel import Kernel, NetlinkError
from workshop.kernel.namespaces import Namespace
from workshop.kernel.trace import Change

pytestmark = pytest.mark.kernel


@pytest.fixture
def told() -> list[Change]:
    return []


@pytest.fixture
def kernel(told: list[Change]) -> Iterator[Kernel]:
    with contextlib.closing(Namespace.create()) as namespace, contextlib.closing(Kernel(namespace, told.append)) as it:
        yield it


def names(kernel: Kernel) -> set[str]:
    return {link.get("ifname") for link in kernel.links()} - {"lo"}


def test_a_removed_link_is_gone_with_its_peer_and_both_names_are_free_at_once(kernel: Kernel):
    for _ in range(20):  # each time right after the last removal, of which the kernel still has the memory
        kernel.link("add", ifname="a", kind="veth", peer={"ifname": "b"})
        assert kernel.remove("a")
        assert names(kernel) == set()


def test_a_bridge_goes_with_its_address_and_route_and_leaves_its_ports(kernel: Kernel):
    kernel.link("add", ifname="hub", kind="bridge", state="up")
    index = kernel.index("hub")
    kernel.addr("add", index=index, address="10.9.0.1", prefixlen=24)
    kernel.link("add", ifname="a", kind="veth", peer={"ifname": "b"}, master=index)
    assert kernel.remove("hub")
    assert names(kernel) == {"a", "b"}
    assert not [route for route in kernel.get_routes() if route.get("oif") == index]
    assert kernel.find("a").get("master") is None


def test_what_is_not_there_is_no_mistake_by_name_and_one_by_number(kernel: Kernel):
    assert not kernel.remove("nobody")
    with pytest.raises(NetlinkError) as refused:
        kernel.remove_link(4711)
    assert refused.value.code == 19


def test_a_removal_that_the_kernel_refuses_is_told(kernel: Kernel, told: list[Change]):
    with pytest.raises(NetlinkError):
        kernel.remove("lo")
    assert kernel.index("lo") is not None
    assert [(change.command, bool(change.error)) for change in told] == [("ip link del lo", True)]


def test_whatever_keeps_a_removal_from_being_asked_for_is_told(kernel: Kernel, monkeypatch: pytest.MonkeyPatch):
    kernel.link("add", ifname="a", kind="veth", peer={"ifname": "b"})

    def fail(*_: object) -> None:
        raise ValueError("no way")

    monkeypatch.setattr(removal, "_ask", fail)
    with pytest.raises(ValueError, match="no way"):
        kernel.remove("a")
    assert names(kernel) == {"a", "b"}


def test_of_many_who_remove_one_link_nobody_fails(kernel: Kernel):
    kernel.link("add", ifname="a", kind="veth", peer={"ifname": "b"})
    failed: list[Exception] = []

    def remove() -> None:
        try:
            kernel.remove("a")
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=remove) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert names(kernel) == set()
