"""An engine whose iptables is the legacy one: Docker's rules are where nftables does not see them."""

from __future__ import annotations

import pytest

from tests.engines.test_networks import (
    test_containers_ping_each_other_by_name_and_address,
    test_networks_do_not_reach_each_other,
    test_traffic_passes_beside_dockers_own_forward_drop,
    test_what_containers_send_out_carries_the_hosts_address,
)
from tests.engines.test_ports import test_a_published_port_answers_to_everyone
from tests.engines.test_routed import test_containers_reach_each_other_the_host_and_what_is_outside
from tests.engines.test_survival import (
    test_a_restarted_engine_finds_its_networks_and_containers,
    test_containers_go_on_while_the_plugin_is_restarted,
)

pytestmark = pytest.mark.parametrize("iptables", ["legacy"], indirect=True, scope="session")

__all__ = [
    "test_a_published_port_answers_to_everyone",
    "test_a_restarted_engine_finds_its_networks_and_containers",
    "test_containers_go_on_while_the_plugin_is_restarted",
    "test_containers_ping_each_other_by_name_and_address",
    "test_containers_reach_each_other_the_host_and_what_is_outside",
    "test_networks_do_not_reach_each_other",
    "test_traffic_passes_beside_dockers_own_forward_drop",
    "test_what_containers_send_out_carries_the_hosts_address",
]
