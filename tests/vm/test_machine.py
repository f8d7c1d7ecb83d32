"""The virtual machine gives what it promises: this machine's programs on Debian's kernel; nothing comes back out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.shell import CommandFailed
from tests.support.vm import ROOT, VM

KINDS = {
    "dummy": "ip link add it type dummy",
    "a VLAN": "ip link add below type dummy && ip link add link below name it type vlan id 10",
    "ipvlan on layer 2": "ip link add below type dummy && ip link add link below name it type ipvlan mode l2",
    "ipvlan on layer 3": "ip link add below type dummy && ip link add link below name it type ipvlan mode l3",
    "ipvlan on a VLAN": "ip link add below type dummy && ip link add link below name tagged type vlan id 10 && "
    "ip link add link tagged name it type ipvlan",
    "a VRF": "ip link add it type vrf table 10",
    "a link with delay and loss": "ip link add it type dummy && tc qdisc add dev it root netem delay 20ms loss 1%",
    "a link with less room": "ip link add it type dummy && "
    "tc qdisc add dev it root tbf rate 1mbit burst 32kbit latency 400ms",
}


@pytest.mark.parametrize("what", KINDS)
def test_its_kernel_has(vm: VM, what: str):
    told = vm.run("unshare", "--net", "sh", "-c", f"{KINDS[what]} && ip -d link show dev it").stdout
    assert "it" in told


def test_it_has_a_kernel_of_its_own_and_no_network(vm: VM):
    assert "Debian" in vm.run("uname", "--kernel-version").stdout
    assert [line.split()[0] for line in vm.run("ip", "-brief", "link").stdout.splitlines()] == ["lo"]


def test_what_a_program_says_and_how_it_ended_comes_back(vm: VM):
    said = vm.run("sh", "-c", "echo out; echo \"$WORD\" 'it'\\''s' >&2; exit 7", check=False, env={"WORD": "a b"})
    assert (said.returncode, said.stdout, said.stderr) == (7, "out\n", "a b it's\n")
    with pytest.raises(CommandFailed, match="ended with 7"):
        vm.run("sh", "-c", "exit 7")


def test_a_program_that_does_not_end_is_ended(vm: VM):
    assert vm.run("sleep", "1000", timeout=1, check=False).returncode == 124
    assert vm.run("echo", "next").stdout == "next\n"


def test_what_is_written_in_it_stays_in_it(vm: VM):
    file = ROOT / "written-in-the-virtual-machine"
    vm.run("sh", "-c", f"echo it > '{file}'")
    assert vm.run("cat", file).stdout == "it\n"
    assert not file.exists()
    vm.run("rm", file)


def test_a_file_of_this_machine_is_seen_there(vm: VM, tmp_path: Path):
    (tmp_path / "file").write_text("from outside")
    assert vm.run("cat", tmp_path / "file").stdout == "from outside"


def test_it_runs_python_with_the_program_s_libraries(vm: VM):
    code = "import flask, pyroute2, workshop; print(workshop.__file__)"
    assert vm.python("-c", code).stdout.strip() == str(ROOT / "workshop" / "__init__.py")
