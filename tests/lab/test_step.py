"""Step mode and break-it mode in the lab: the practice engine waits, and does with each fault what Docker does."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.lab_command import LabCommand, lab_command
from tests.support.stepping import CASES, COMMANDS, Case, Steps
from workshop.plugin.faults import FAULTS

BOX = ("busybox", "sleep", "600")


@pytest.fixture(scope="module")
def lab() -> Iterator[LabCommand]:
    with lab_command() as running:
        running.docker("network", "create", "-d", "workshop", "--subnet", "10.9.0.0/24", "shop")
        yield running


@pytest.fixture
def steps(lab: LabCommand) -> Iterator[Steps]:
    made = Steps(lambda: lab.url)
    yield made
    made.clear()


def what_fails(lab: LabCommand, steps: Steps, case: Case, number: int) -> subprocess.CompletedProcess[str]:
    """Run the docker command that leads to the case's call, with the fault in its answer's place."""
    name = f"box{number}"
    command = COMMANDS.get(case.method, "run")
    if command == "remove":
        lab.docker("run", "-d", "--name", name, "--net", "shop", *BOX)
    steps.add(fault=case.fault, route=f"NetworkDriver.{case.method}", once=True)
    typed = {
        "create": ("network", "create", "-d", "workshop", f"net{number}"),
        "run": ("run", "-d", "--name", name, "--net", "shop", *BOX),
        "remove": ("rm", "-f", name),
    }
    return lab.typed("docker", *typed[command])


@pytest.mark.parametrize(
    ("number", "case"),
    [(number, case) for number, case in enumerate(CASES) if case.fault != "delay"],
    ids=lambda each: f"{each.fault}-{each.method}" if isinstance(each, Case) else "",
)
def test_the_practice_engine_does_with_a_fault_what_docker_does(lab: LabCommand, steps: Steps, number: int, case: Case):
    result = what_fails(lab, steps, case, number)
    assert bool(result.returncode) == case.fails, result.stderr
    if case.fails:
        assert FAULTS[case.fault].says in result.stderr
    told = lab.typed("calls", "--last", "12").stdout
    assert f"fault {case.fault}" in told
    assert all(method in told.partition(f"fault {case.fault}")[2] for method in case.follow)
    lab.typed("docker", "rm", "-f", f"box{number}")


def test_held_calls_and_rules_are_the_session_s_and_its_end_lets_them_go(steps: Steps):
    with lab_command() as lab, ThreadPoolExecutor(2) as pool:
        steps = Steps(lambda: lab.url)
        steps.add(route="NetworkDriver.CreateNetwork")
        sent = [
            pool.submit(lab.typed, "docker", "network", "create", "-d", "workshop", f"n{number}") for number in (1, 2)
        ]
        steps.wait_for("CreateNetwork", "CreateNetwork")
        code, took = lab.end()
        assert code == 0
        assert took < 5  # two are promised, and measured by `make bench`; this machine may be busy
        for one in sent:
            one.result(10)
