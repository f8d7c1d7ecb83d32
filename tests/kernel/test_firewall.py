"""Our nftables table: what is told of it can be typed, and gives the same table."""

from __future__ import annotations

import subprocess

import pytest

from workshop.kernel import programs
from workshop.kernel.firewall import Firewall
from workshop.kernel.namespaces import Namespace

pytestmark = pytest.mark.kernel
NETWORK = {
    "bridges": ['"wsb1"'],
    "within": ['"wsb1" . "wsb1"'],
    "masquerade4": ["10.9.0.0/24"],
    "hairpin4": ["10.9.0.0/24 . 10.9.0.0/24"],
}
PORT = {"published4": ["tcp . 8080 : 10.9.0.2 . 80"], "published6_on": ["fd00::1 . sctp . 8080 : fd00::2 . 80"]}


@pytest.fixture
def namespace():
    made = Namespace.create()
    yield made
    made.close()


def listed(namespace):
    return programs.run(namespace, "nft", "list", "ruleset")


def test_the_commands_that_are_told_make_the_same_table_elsewhere(namespace):
    told = []
    firewall = Firewall(namespace, lambda change: told.extend(change.command.splitlines()))
    firewall.set("network", NETWORK)
    firewall.set("endpoint", PORT)
    other = Namespace.create()
    script = "set -eu\n" + "\n".join(told)
    done = other.run(lambda: subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False))
    assert done.returncode == 0, done.stderr
    assert listed(other) == listed(namespace)
    other.close()


def test_the_table_goes_with_its_last_element(namespace):
    firewall = Firewall(namespace)
    firewall.set("network", NETWORK)
    firewall.set("endpoint", PORT)
    firewall.set("network", {})
    assert "8080" in listed(namespace) and "wsb1" not in listed(namespace)
    firewall.set("endpoint", {})
    assert listed(namespace) == ""


def test_an_element_that_two_need_stays_until_both_are_gone(namespace):
    firewall = Firewall(namespace)
    firewall.set("one", NETWORK)
    firewall.set("two", NETWORK)
    firewall.set("one", {})
    assert "10.9.0.0/24" in listed(namespace)
    firewall.set("two", {})
    assert listed(namespace) == ""


def test_a_table_that_somebody_emptied_is_made_anew_with_the_next_change(namespace):
    firewall = Firewall(namespace)
    firewall.set("network", NETWORK)
    programs.run(namespace, "nft", "flush", "ruleset")
    firewall.set("endpoint", PORT)
    assert "wsb1" in listed(namespace) and "8080" in listed(namespace)


def test_an_element_that_nft_refuses_changes_nothing(namespace):
    firewall = Firewall(namespace)
    firewall.set("network", NETWORK)
    before = listed(namespace)
    with pytest.raises(programs.ProgramError):
        firewall.set("endpoint", {"published4": ["tcp . 99999 : nowhere . 80"]})
    assert listed(namespace) == before
    firewall.set("endpoint", PORT)
    assert "8080" in listed(namespace)
