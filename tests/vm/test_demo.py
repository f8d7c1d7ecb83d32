"""The talk about ipvlan, on a kernel that has it."""

from __future__ import annotations

from tests.support.vm import VM


def test_containers_on_both_hosts_have_the_card_s_mac_address_and_reach_each_other(vm: VM):
    done = vm.python("-m", "workshop", "demo", "ipvlan", "--headless", timeout=560, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == "" and "Left out" not in done.stdout
    assert "link/ether 02:00:00:00:02:0a" in done.stdout and " 0% packet loss" in done.stdout
