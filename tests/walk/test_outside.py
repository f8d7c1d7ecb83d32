"""Somebody outside, for a walk on a machine that has nobody next door."""

from __future__ import annotations

import pytest
from pyroute2 import IPRoute

from workshop.errors import WorkshopError
from workshop.kernel.namespaces import Namespace
from workshop.walk.outside import LINK, next_door

pytestmark = pytest.mark.kernel


def links(namespace: Namespace) -> list[str]:
    def ask() -> list[str]:
        with IPRoute() as ip:
            return [str(link.get_attr("IFLA_IFNAME")) for link in ip.get_links()]

    return namespace.run(ask)


def test_another_sessions_cable_is_left_alone_and_ours_goes_at_once() -> None:
    host = Namespace.create()
    try:
        with next_door(host):
            with pytest.raises(WorkshopError, match=r"ws-walk is there already\. Is another walk"), next_door(host):
                pytest.fail("there were two")
            assert LINK in links(host)
        assert LINK not in links(host)
    finally:
        host.close()
