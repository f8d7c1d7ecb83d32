"""The stand-ins for programs that a machine may lack, each in a container."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.inside import Bench, bench, in_lab
from tests.lab.test_conformance import facts_of_ip
from workshop.lab.applets import install

HERE = Path(install.__file__).parent


def stand_in(lab: Bench, container: str, program: str, *words: str) -> tuple[int, str]:
    """Run the stand-in itself, though the machine may have the program."""
    return lab.execute(container, sys.executable, "-I", "-S", str(HERE / install.PROGRAMS[program]), *words)


@in_lab
def test_ping_reaches_what_is_there_and_reports_what_is_not() -> None:
    with bench() as lab:
        body = {
            "Name": "n",
            "Driver": "bridge",
            "EnableIPv6": True,
            "IPAM": {"Config": [{"Subnet": "10.9.0.0/24"}, {"Subnet": "fd00:9::/64"}]},
        }
        lab.api.post("/networks/create", body)
        lab.run("one", "n")
        lab.run("two", "n")
        code, text = stand_in(lab, "one", "ping", "-c", "1", "two")
        assert code == 0 and "1 packets transmitted, 1 packets received, 0% packet loss" in text
        assert stand_in(lab, "one", "ping", "-6", "-c", "1", "-W", "5", "fd00:9::3")[0] == 0
        code, text = stand_in(lab, "one", "ping", "-c", "1", "-W", "0.2", "-i", "0.2", "10.9.0.99")
        assert code == 1 and "100% packet loss" in text
        assert stand_in(lab, "one", "ping", "-c", "1", "nowhere")[0] == 2


@in_lab
def test_a_web_server_is_reached_by_name_and_says_who_it_is() -> None:
    with bench() as lab:
        lab.api.post("/networks/create", {"Name": "n", "Driver": "bridge"})
        server = [sys.executable, "-I", "-S", str(HERE / "httpd.py"), "-f", "-p", "80"]
        lab.run("web", "n", *server, Hostname="shop")
        lab.run("client", "n")
        for _ in range(50):
            code, text = stand_in(lab, "client", "wget", "-qO-", "http://web")
            if code == 0:
                break
        assert (code, text) == (0, "Hello from shop\n")
        code, text = stand_in(lab, "client", "wget", "-qO-", "http://web:81")
        assert code == 1 and "Connection refused" in text


@in_lab
def test_bytes_go_both_ways_over_tcp_and_udp() -> None:
    with bench() as lab:
        lab.api.post("/networks/create", {"Name": "n", "Driver": "bridge"})
        script = f"{sys.executable} -I -S {HERE / 'nc.py'}"
        for number, udp in enumerate(("", "-u")):
            lab.run(f"ear{number}", "n", "sh", "-c", f"echo heard | {script} -l {udp} -p 7")
            # a new one each time: the old one remembers for a while whose the ear's address was before
            lab.run(f"mouth{number}", "n")
            say = f"echo said | {script} {udp} -w 1 ear{number} 7"
            # what is sent by UDP before the ear listens is lost without a word
            said = f"for i in 1 2 3 4 5 6 7 8 9; do {say} | grep heard && break; sleep 0.2; done"
            assert "heard" in lab.execute(f"mouth{number}", "sh", "-c", said)[1]
            output = lab.api.output("GET", f"/containers/ear{number}/logs?stdout=1")
            assert b"said" in b"".join(data for _, data in output)


@in_lab
def test_ip_tells_the_same_as_iproute2() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24", route="1")
        lab.run("box", "n")
        for words in (["addr"], ["-o", "addr"], ["-o", "-4", "addr", "show", "dev", "eth0"], ["route"]):
            real, ours = lab.execute("box", "ip", *words), stand_in(lab, "box", "ip", *words)
            assert ours[0] == 0 and facts_of_ip(ours[1]) == facts_of_ip(real[1]) != set()
        assert stand_in(lab, "box", "ip", "link", "set", "eth0", "down")[0] == 1


@in_lab
def test_what_the_machine_lacks_is_there_under_its_usual_path() -> None:
    missing = [name for name in install.PROGRAMS if shutil.which(name) is None]
    assert missing, "no machine of ours has all of them"
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        lab.run("box", "n")
        for name in missing:
            assert lab.execute("box", "sh", "-c", f"command -v {name}")[1].strip()
            assert lab.execute("box", "test", "-x", f"/bin/{name}")[0] == 0


@pytest.mark.fast
def test_every_stand_in_is_a_program_of_this_python(tmp_path: Path) -> None:
    install.install(tmp_path)
    for name in install.PROGRAMS:
        assert os.access(tmp_path / name, os.X_OK)
    done = subprocess.run([tmp_path / "ip", "-o", "addr"], capture_output=True, text=True)
    assert "127.0.0.1/8" in done.stdout
