"""The program on Debian's own kernel: the doctor finds what it has, and the bridge driver works there."""

from __future__ import annotations

import json
import re

from tests.support import kinds
from tests.support.vm import VM

TESTS = (
    "tests/drivers/test_bridge.py::test_a_network_is_a_bridge_that_is_up_with_the_gateways_address",
    "tests/drivers/test_bridge.py::test_an_endpoint_is_a_veth_pair_with_one_end_on_the_bridge",
    "tests/drivers/test_bridge.py::test_endpoints_that_may_not_talk_are_isolated_ports",
    "tests/drivers/test_bridge.py::test_published_ports_are_in_the_firewall_until_they_are_revoked",
    "tests/drivers/test_bridge.py::test_everything_is_gone_when_a_network_is_deleted_and_deleting_again_is_harmless",
    "tests/kernel/test_forwarding.py::test_a_bridge_is_let_through_and_all_is_as_before_when_it_goes",
)
"""Tests that say most for the time that they take: an emulated processor is 20 times slower."""


def test_the_doctor_finds_every_kind_of_link(vm: VM):
    vm.python("-m", "workshop.doctor.probe")  # the kernel loads its modules: without the doctor's limit of time
    told = json.loads(vm.python("-m", "workshop", "doctor", "--json").stdout)
    found = {check["name"]: check["found"] for check in told["checks"]}
    links = ("bridge", "veth", "vxlan", "macvlan", "ipvlan", "vlan", "dummy")
    assert {name: found[name] for name in links} == dict.fromkeys(links, "works")
    assert found["nf_tables"] == "works"
    assert told["works"] is True


def test_the_bridge_driver_passes_its_tests(vm: VM):
    vm.run("nft", "list", "ruleset")
    arguments = ("-q", "-p", "no:cacheprovider", "--basetemp=/run/pytest")
    done = vm.python("-m", "pytest", *arguments, *TESTS, timeout=600, check=False, env={kinds.ALL: "all"})
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^(\d+) passed in ", done.stdout, re.MULTILINE)
    assert passed and int(passed[1]) >= len(TESTS), done.stdout
