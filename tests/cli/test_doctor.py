"""`doctor` says what this machine can do, in sentences and as JSON, and leaves nothing behind."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from workshop import doctor as room
from workshop.cli import run
from workshop.doctor import (
    CHECKS,
    Check,
    Status,
    check,
    docker,
    examine,
    kernel,
    machine,
    probe,
    software,
    works,
)
from workshop.doctor.machine import Machine


class Fake(Machine):
    """A machine on which everything is as the test says."""

    def __init__(self, **how: Any) -> None:
        super().__init__()
        self.root = how.pop("root", False)
        self.how = how

    def tried(self, *, nobody: bool = False) -> dict[str, str | None]:
        return self.how.get("nobody" if nobody else "tried", {"namespace": None})

    def read(self, path: str) -> str | None:
        return self.how.get("files", {}).get(path)

    def find(self, program: str) -> str | None:
        return f"/usr/sbin/{program}" if program in self.how.get("programs", ()) else None

    def run(self, *command: str) -> str:
        return self.how.get("prints", {}).get(Path(command[0]).name, "")


ALL_WORK = {"namespace": None, "nf_tables": None, **dict.fromkeys(probe.LINKS)}


def test_the_real_machine_is_examined_quickly_and_every_finding_says_what_to_do():
    began = time.monotonic()
    findings = examine(CHECKS)
    assert time.monotonic() - began < 3
    assert [one.name for one in findings] == [one.name for one in CHECKS]
    for one in findings:
        assert one.found and one.why and "\n" not in one.found + one.remedy
        assert one.status is Status.OK or one.remedy.endswith("."), one
        assert "could not be tried out" not in one.found, one


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """In folders of the test's own: elsewhere others come and go."""
    for name in ("TMPDIR", "HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setattr(tempfile, "tempdir", None)

    def links() -> set[str]:
        return {name for _, name in socket.if_nameindex() if name.startswith("ws")}

    before = links()
    examine(CHECKS)
    assert links() <= before
    assert [path for folder in tmp_path.iterdir() for path in folder.iterdir()] == []


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_the_exit_code_and_the_output_agree(option: list[str]):
    done = subprocess.run(
        [sys.executable, "-m", "workshop", "doctor", *option], capture_output=True, text=True, timeout=30
    )
    assert done.stderr == "" and "\x1b" not in done.stdout
    good = json.loads(done.stdout)["works"] if option else "The lab works on this machine" in done.stdout
    assert done.returncode == (0 if good else 3)


def test_a_machine_that_cannot_is_told_with_its_problems(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(machine, "_try_out", lambda nobody: {"namespace": "Operation not permitted"})
    assert run(["doctor"]) == 3
    text = capsys.readouterr().out
    assert "problem  namespaces" in text and "The lab cannot run on this machine yet: " in text
    assert run(["doctor", "--json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert not said["works"]
    states = {one["name"]: one["status"] for one in said["checks"]}
    assert states["namespaces"] == "problem" and states["python"] == "ok" and states["bridge"] == "warning"
    assert set(said["checks"][0]) == {"name", "status", "found", "why", "remedy"}


def test_a_broken_probe_is_a_warning_and_no_traceback():
    def broken(_: Machine) -> check.Result:
        raise ZeroDivisionError("by\nzero")

    (finding,) = examine([Check("x", "y", broken)], Fake())
    assert (finding.status, finding.found) == (Status.WARNING, "could not be tried out (by zero)")
    assert works([finding])


@pytest.mark.parametrize(
    ("path", "value", "remedy"),
    [
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` allows it to users.",
        ),
        (
            "/proc/sys/kernel/unprivileged_userns_clone",
            "0",
            "`sudo sysctl kernel.unprivileged_userns_clone=1` allows it to users.",
        ),
        (
            "/proc/sys/user/max_user_namespaces",
            "0",
            "`sudo sysctl user.max_user_namespaces=15000` allows it to users.",
        ),
    ],
)
def test_the_switch_that_forbids_user_namespaces_is_named(path: str, value: str, remedy: str):
    fake = Fake(tried={"namespace": "Operation not permitted"}, files={path: value})
    assert kernel.namespaces(fake) == check.problem(
        "Operation not permitted", f"{remedy} Or run the command with sudo."
    )
    assert kernel.user_namespaces(fake).status is Status.WARNING


def test_root_needs_no_user_namespaces_but_is_told_that_others_cannot_have_them():
    fake = Fake(root=True, tried=ALL_WORK, nobody={"namespace": "Operation not permitted"})
    assert kernel.namespaces(fake).status is Status.OK
    assert "only root can run the lab" in kernel.user_namespaces(fake).remedy


def test_a_kind_of_link_that_the_lab_needs_is_a_problem_if_missing_and_others_are_a_warning():
    fake = Fake(tried=ALL_WORK | {"veth": "Operation not supported", "vlan": "Operation not supported"})
    findings = {one.name: one for one in examine(CHECKS, fake)}
    assert findings["veth"].status is Status.PROBLEM
    assert findings["vlan"].status is Status.WARNING and "modprobe 8021q" in findings["vlan"].remedy
    assert findings["vlan"].found == "this kernel has no VLAN links"
    assert findings["bridge"].status is Status.OK
    assert not works(list(findings.values()))


RULES = ":FORWARD DROP [0:0]\n:DOCKER-USER - [0:0]\n"


@pytest.mark.parametrize(
    ("version", "nft", "legacy", "names", "status", "found"),
    [
        ("v1.8.9 (nf_tables)", "", "", None, "ok", "nft; no rules of Docker's yet"),
        ("v1.8.9 (nf_tables)", RULES, "", None, "ok", "nft, and Docker's rules are there"),
        ("v1.8.9 (legacy)", "", RULES, "filter\nnat", "ok", "legacy, and Docker's rules are there"),
        (
            "v1.8.9 (nf_tables)",
            "",
            RULES,
            "filter",
            "warning",
            "nft is in effect, Docker's rules are in legacy",
        ),
        (
            "v1.8.9 (legacy)",
            RULES,
            RULES,
            "filter",
            "warning",
            "legacy is in effect, Docker's rules are in nft and legacy",
        ),
        ("v1.8.9 (nf_tables)", "", RULES, None, "ok", "nft; no rules of Docker's yet"),
    ],
)
def test_the_tables_that_hold_docker_s_rules_are_found(
    version: str, nft: str, legacy: str, names: str | None, status: str, found: str
):
    fake = Fake(
        root=True,
        programs=("iptables", "iptables-nft-save", "iptables-legacy-save"),
        prints={
            "iptables": f"iptables {version}\n",
            "iptables-nft-save": nft,
            "iptables-legacy-save": legacy,
        },
        files={"/proc/net/ip_tables_names": names},
    )
    result = docker.iptables_backend(fake)
    assert (result.status, result.found) == (status, found)


def test_a_docker_that_answers_is_told_with_its_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    path = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    assert "nothing listens" in docker.docker(Machine()).found
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        monkeypatch.setattr(Machine, "docker", lambda self: {"Version": "28.5.1"})
        assert docker.docker(Machine()) == check.ok(f"28.5.1 at {path}")
        monkeypatch.setattr(Machine, "docker", lambda self: {"Version": "19.03.2"})
        assert docker.docker(Machine()).status is Status.WARNING
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    assert docker.docker(Machine()).found == "DOCKER_HOST names another machine"


def test_a_socket_where_no_docker_answers_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    path = tmp_path / "docker.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
    result = docker.docker(Machine())
    assert result.status is Status.WARNING and "systemctl start docker" in result.remedy


def test_a_missing_program_is_told_with_how_to_get_it():
    findings = {one.name: one for one in examine(CHECKS, Fake(tried=ALL_WORK))}
    assert (findings["nft"].status, findings["nft"].remedy) == (
        "warning",
        "`sudo apt install nftables` brings it.",
    )
    assert (findings["npm"].status, findings["npm"].found) == ("ok", "not installed")


def test_a_taken_port_is_told_unless_it_is_our_own_dashboard(monkeypatch: pytest.MonkeyPatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setattr(software, "DASHBOARD_PORT", port)
        assert software.dashboard_port(Machine()).status is Status.WARNING
        ours = {"dashboard": f"http://127.0.0.1:{port}/?token=x"}
        monkeypatch.setattr(Machine, "session", property(lambda self: ours))
        assert software.dashboard_port(Machine()).status is Status.OK
    assert software.dashboard_port(Machine()).found == f"port {port} is free"


def test_the_room_gives_what_commands_need():
    assert set(room.__all__) == {"CHECKS", "Check", "Finding", "Status", "examine", "works"}
