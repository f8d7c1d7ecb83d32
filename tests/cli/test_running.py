"""What `serve` and `demo` share: being told to end, the dashboard's address, silence about strange clients."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from tests.support.lab_command import LabCommand, lab_command
from workshop.cli.address import address_of
from workshop.cli.running import Ending
from workshop.errors import UsageError


def test_waiting_ends_when_it_is_set_or_the_time_is_over():
    ended = Ending()
    assert not ended.wait(0.01) and not ended.is_set()
    threading.Timer(0.05, ended.set).start()
    assert ended.wait(60) and ended.is_set()
    began = time.monotonic()
    assert ended.wait() and ended.wait(60)
    assert time.monotonic() - began < 30


def test_any_number_of_signals_at_once_end_it_and_none_waits_for_another():
    code = (
        "import os, signal\n"
        "from workshop.cli.running import signals_as_event\n"
        "with signals_as_event() as ended:\n"
        "    print(os.getpid(), flush=True)\n"
        "    while not ended.is_set():\n"
        "        ended.wait()\n"
        "    for _ in range(100_000):\n"
        "        ended.set()\n"
        "print('done')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        pid = int(process.stdout.readline())
        for _ in range(300):
            os.kill(pid, signal.SIGINT)
            os.kill(pid, signal.SIGTERM)
        try:
            assert process.communicate(timeout=60)[0] == "done\n"
        finally:
            process.kill()


def test_what_fails_once_it_is_told_to_end_is_no_error_of_its_own():
    code = (
        "from workshop.cli import workshop, run\n"
        "import click, os, signal\n"
        "from workshop.cli.running import signals_as_event\n"
        "@click.command()\n"
        "def fails():\n"
        "    with signals_as_event() as ended:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        ended.wait()\n"
        "        raise RuntimeError('iptables was ended too')\n"
        "workshop.get_command = lambda *_: fails\n"
        "workshop.resolve_command = lambda c, a: ('fails', fails, a[1:])\n"
        "print(run(['fails']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert (done.stdout, done.stderr) == ("130\n", "")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8600", ("127.0.0.1", 8600)),
        (":0", ("127.0.0.1", 0)),
        ("8600", ("127.0.0.1", 8600)),
        ("localhost:80", ("localhost", 80)),
        ("[::1]:8600", ("::1", 8600)),
        ("127.8.9.1:65535", ("127.8.9.1", 65535)),
    ],
)
def test_the_dashboard_s_address_is_read(text: str, address: tuple[str, int]):
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:65536", "0.0.0.0:80", "a.b:80"])
def test_an_address_that_is_none_or_not_of_this_machine_is_refused(text: str):
    with pytest.raises(UsageError):
        address_of(text)


@pytest.mark.lab
def test_strange_clients_are_no_noise_in_the_terminal():
    with lab_command() as lab:
        host, _, port = lab.url.partition("//")[2].partition("/")[0].partition(":")
        for query in ("EIO=4&transport=polling", "EIO=3&transport=polling", "EIO=4&transport=x", "transport=websocket"):
            browser = http.client.HTTPConnection(host, int(port), timeout=10)
            browser.request("GET", f"/socket.io/?{query}", headers={"Origin": f"http://{host}:{port}"})
            assert browser.getresponse().status == 400
            browser.close()
        for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\xff\xfe\r\n\r\n", b""):
            with socket.create_connection((host, int(port)), timeout=10) as client:
                client.sendall(garbage)
                client.shutdown(socket.SHUT_WR)
                while client.recv(4096):
                    pass
        lab.process.send_signal(signal.SIGTERM)
        said, _ = lab.process.communicate(timeout=20)
    noise = re.sub(r"(?s)Your turn\..*made in it is gone\.", "", said)  # it may have ended before it said so
    assert noise.strip() == ""


@pytest.mark.lab
def test_a_killed_lab_is_swept_by_the_next_and_a_living_one_is_not(monkeypatch: pytest.MonkeyPatch):
    with lab_command() as first:

        def there(lab: LabCommand, what: str) -> list[str]:
            return sorted(path.name for path in (lab.runtime / "docker-network-workshop" / what).iterdir())

        with lab_command(runtime=first.runtime) as second:
            assert there(first, "labs") == sorted(str(lab.process.pid) for lab in (first, second))
            network = second.docker("network", "create", "-d", "workshop", "shop")
            assert network in second.typed("docker", "network", "ls", "-q", "--no-trunc").stdout
            chosen = second.typed("docker", "--session", str(first.process.pid), "network", "ls", "-q", "--no-trunc")
            assert network not in chosen.stdout and chosen.stderr == ""
            assert "2 sessions run. This is the newest" in second.typed("docker", "network", "ls").stderr
            second.end(signal.SIGKILL)
        dead = str(second.process.pid)
        assert dead in there(first, "labs") and f"{dead}.json" in there(first, "sessions")
        found = first.typed("docker", "network", "ls", "-q", "--no-trunc")
        assert (found.returncode, found.stderr) == (0, "") and network not in found.stdout
        with lab_command(runtime=first.runtime) as third:
            living = sorted(str(lab.process.pid) for lab in (first, third))
            assert there(first, "labs") == living
            assert there(first, "sessions") == sorted(f"{pid}.json" for pid in living)
        assert there(first, "labs") == [str(first.process.pid)]


@pytest.mark.lab
def test_ctrl_c_in_the_middle_of_the_tour_breaks_it_off_without_calling_anything_left_behind():
    process = subprocess.Popen(
        [sys.executable, "-m", "workshop", "demo", "--headless"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        for line in process.stdout:
            if "ping -c 2" in line:
                break
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        began = time.monotonic()
        said, errors = process.communicate(timeout=60)
        assert time.monotonic() - began < 20
    assert (process.returncode, errors.strip()) == (130, "")
    assert "Traceback" not in said and "Failed" not in said
