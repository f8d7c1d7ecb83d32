"""What a handler prints and does is told at its call; what it is given is right; who dies is replaced."""

from __future__ import annotations

import functools
import os
import signal
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.course.learners import GOOD, HOST, HOSTILE, REQUEST, ROUTE, Told, call, learner
from tests.lab.inside import call_in_lab
from tests.support.shell import until
from workshop.course.learner.output import LINES, PER_CALL
from workshop.course.learner.process import LIVES, Learner
from workshop.course.learner.zygote import Zygote
from workshop.drivers.host import Host
from workshop.drivers.store import Store
from workshop.errors import PluginError
from workshop.journal import Journal
from workshop.kernel.namespaces import Namespace
from workshop.plugin.pipeline import Pipeline
from workshop.protocol import BY_NAME

pytestmark = pytest.mark.lab


def with_file(text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A test whose body runs in a lab, and gets a learner with a handler's file of this text, and what it told."""

    def decorate(test: Callable[[Learner, Told, Path], None]) -> Callable[..., None]:
        @functools.wraps(test)
        def outside(tmp_path: Path) -> None:
            path = tmp_path / "handler.py"
            path.write_text(textwrap.dedent(text))

            def inside() -> None:
                told = Told()
                with learner(told=told) as one:
                    assert one.load(path, [ROUTE]).problem is None
                    test(one, told, path)

            call_in_lab(inside)

        del outside.__wrapped__  # pytest would ask for its parameters
        return outside

    return decorate


@with_file(
    """
    import logging, subprocess, sys
    def create_network(request, host):
        print("one\\n\\nthree")
        subprocess.run(["echo", "from a program"])
        subprocess.run("echo from a shell >&2", shell=True)
        logging.warning("logged")
        print("complaint", file=sys.stderr)
        host.log("noted")
        print("no end of line", end="")
        return {}
    """
)
def test_whatever_is_printed_becomes_lines(one: Learner, told: Told, path: Path):
    assert call(one) == ({}, None)
    assert told.lines("stdout") == ["one", "", "three", "from a program", "no end of line"]
    assert told.lines("stderr") == ["from a shell", "WARNING:root:logged", "complaint"]
    assert told.lines("log") == ["noted"]


@with_file(
    """
    import os, subprocess
    def create_network(request, host):
        host.kernel.link("add", ifname="cafe", kind="bridge", state="up")
        index = host.kernel.link_lookup(ifname="cafe")[0]
        with host.kernel as ip:
            ip.addr("add", index=index, address="10.9.0.1", prefixlen=24)
        subprocess.run(["ip", "link", "set", "cafe", "mtu", "1400"], check=True)
        os.system("ip link set cafe txqueuelen 500")
        subprocess.run(["ip", "link", "add", "cafe", "type", "bridge"], capture_output=True)
        os.waitpid(os.posix_spawnp("true", ["true", "spawned"], os.environ), 0)
        if os.fork() == 0:
            os.execvp("true", ["true", "forked"])
        os.wait()
        return {"names": [link.get("ifname") for link in host.kernel.get_links()]}
    """
)
def test_what_is_asked_of_the_kernel_and_programs_that_are_run_are_told(one: Learner, told: Told, path: Path):
    answer, error = call(one)
    assert error is None
    assert answer == {"names": ["lo", "cafe"]}
    assert told.commands() == [
        ("ip", "ip link add cafe up type bridge", None),
        ("ip", "ip addr add 10.9.0.1/24 dev cafe", None),
        ("ip", "ip link set cafe mtu 1400", None),
        ("ip", "ip link set cafe txqueuelen 500", None),
        ("ip", "ip link add cafe type bridge", "ended with status 2"),
        ("true", "true spawned", None),
        ("true", "true forked", None),
    ]
    assert {data["host"] for kind, data, _ in told.events if kind == "kernel"} == {"alpha"}


@with_file(
    """
    def create_network(request, host):
        print(sorted(host.networks), host.endpoint("e1")["Interface"]["Address"], host.name)
        for spoil in (
            lambda: host.networks.pop("n1"),
            lambda: host.endpoints["e1"]["Interface"].update(Address=""),
            lambda: host.networks["n1"]["IPv4Data"].append({}),
        ):
            try:
                spoil()
            except TypeError as error:
                print(str(error).partition(":")[0])
        mine = dict(host.networks["n1"])
        mine["IPv4Data"] = []
        request["NetworkID"] = "changed"
        host.network("n2")
    """
)
def test_a_handler_reads_what_the_plugin_remembers_and_cannot_change_it(one: Learner, told: Told, path: Path):
    networks = {"n1": {"NetworkID": "n1", "IPv4Data": [{"Pool": "10.9.0.0/24"}]}}
    endpoints = {"e1": {"NetworkID": "n1", "Interface": {"Address": "10.9.0.2/24"}}}
    host, request = SimpleNamespace(name="beta", networks=networks, endpoints=endpoints), dict(REQUEST)
    with pytest.raises(PluginError, match="^there is no network n2: it was not created by this plugin$"):
        one.handler(ROUTE)(request, host)
    assert told.lines("stdout") == [
        "['n1'] 10.9.0.2/24 beta",
        *3 * ["host.networks and host.endpoints cannot be changed"],
    ]
    assert request == REQUEST
    assert len(networks["n1"]["IPv4Data"]) == 1
    assert one.faults == []


@with_file(
    """
    import os
    from pathlib import Path
    def create_network(request, host):
        effective = Path("/proc/self/status").read_text().partition("CapEff:")[2].split()[0]
        return {
            "pid": os.getpid(),
            "processes": [name for name in os.listdir("/proc") if name.isdigit()],
            "files": sorted(int(name) for name in os.listdir("/proc/self/fd")),
            "ours": [name for name in os.environ if name.startswith("WORKSHOP_")],
            "links": sorted(os.listdir("/sys/class/net")),
            "ptrace": bool(int(effective, 16) & 1 << 19),
            "net_admin": bool(int(effective, 16) & 1 << 12),
            "program": os.popen("ip -br link show lo").read().count("lo"),
        }
    """
)
def test_its_process_sees_nothing_of_ours(one: Learner, told: Told, path: Path):
    answer, error = call(one)
    assert answer is not None, error
    assert answer["pid"] == 1
    assert answer["processes"] == ["1"]
    assert [number for number in answer["files"] if 2 < number < 100] in ([], [3])  # 3 is the folder that it reads
    assert answer["ours"] == []
    assert answer["links"] == ["lo"]
    assert (answer["ptrace"], answer["net_admin"]) == (False, True)
    assert answer["program"] == 1


@with_file(
    """
    calls = 0
    def create_network(request, host):
        global calls
        calls += 1
        if "die" in request:
            import os
            os._exit(1)
        return {"calls": calls}
    """
)
def test_variables_last_until_the_file_is_loaded_or_the_process_dies(one: Learner, told: Told, path: Path):
    assert [call(one)[0] for _ in range(2)] == [{"calls": 1}, {"calls": 2}]
    assert call(one, die=True)[0] is None
    assert call(one)[0] == {"calls": 1}
    one.load(path, [ROUTE])
    assert call(one)[0] == {"calls": 1}


@with_file(
    """
    import os
    def create_network(request, host):
        os._exit(1)
    """
)
def test_a_process_that_always_dies_is_replaced_a_few_times(one: Learner, told: Told, path: Path):
    errors = [call(one)[1] for _ in range(LIVES + 3)]
    assert all("it ended its process with os._exit(1)" in error for error in errors[: LIVES + 1])
    assert all("save the file to begin anew" in error for error in errors[LIVES + 1 :])
    assert len(one.faults) == LIVES + 3
    one.load(GOOD, [ROUTE])
    assert one.faults == []
    assert call(one) == ({}, None)


@with_file(
    """
    import threading, time
    def talk():
        time.sleep(0.3)
        print("between the calls")
    threading.Thread(target=talk).start()
    def create_network(request, host):
        return {}
    """
)
def test_what_is_printed_between_calls_is_told_without_a_call(one: Learner, told: Told, path: Path):
    assert call(one) == ({}, None)
    assert until(lambda: told.lines("stdout"))
    assert told.events == [("output", {"stream": "stdout", "text": "between the calls"}, None)]
    assert call(one) == ({}, None), "a thread that was there before the call is no fault of the call"


@with_file("def create_network(request, host):\n    while True:\n        pass\n")
def test_who_saves_or_leaves_does_not_wait_for_an_endless_call(one: Learner, told: Told, path: Path):
    errors: list[str | None] = []
    callers = [threading.Thread(target=lambda: errors.append(call(one)[1])) for _ in range(3)]
    for thread in callers:
        thread.start()
    assert until(lambda: one._turn.locked())
    began = time.monotonic()
    assert one.load(GOOD, [ROUTE]).problem is None
    assert time.monotonic() - began < 4
    for thread in callers:
        thread.join(10)
    assert sorted(str(error).partition(":")[2] for error in errors)[0].startswith(" it was stopped") or "anew" in str(
        errors
    )
    assert call(one) == ({}, None)


def test_a_call_has_five_seconds_and_who_took_them_has_one_the_next_time():
    def inside() -> list[tuple[float, str | None]]:
        found = []
        with learner() as one:
            one.load(HOSTILE / "loops.py", [ROUTE])
            for _ in range(2):
                began = time.monotonic()
                error = call(one)[1]
                found.append((time.monotonic() - began, error))
        return found

    (first, error), (second, again) = call_in_lab(inside)
    assert str(error).startswith("create_network: it did not answer within 5 s, and was stopped (loops.py, line ")
    assert 5 <= first < 9
    assert "within 1 s" in str(again)
    assert 1 <= second < 4.9


@with_file(
    """
    import os
    def create_network(request, host):
        for number in range(510):
            host.kernel.link("set", index=1, state="up")
        return {}
    """
)
def test_commands_without_end_are_counted(one: Learner, told: Told, path: Path):
    assert call(one) == ({}, None)
    assert told.commands() == 500 * [("ip", "ip link set dev lo up", None)]
    assert told.lines("log") == ["… 10 more commands are not shown"]


@with_file("def create_network(request, host): return {}")
def test_what_was_given_up_is_not_begun_anew_by_a_restart(one: Learner, told: Told, path: Path):
    one.give_up()
    one.restart()
    assert "save the file to begin anew" in str(call(one)[1])
    one.load(path, [ROUTE])
    assert call(one) == ({}, None)


def told_of(name: str, seconds: float = 5.0) -> Told:
    """What a call of a hostile handler told."""

    def inside() -> Told:
        told = Told()
        with learner(seconds, told) as one:
            one.load(HOSTILE / f"{name}.py", [ROUTE])
            call(one)
        return told

    return call_in_lab(inside)


def test_megabytes_of_output_are_cut_and_the_rest_is_counted():
    lines = told_of("prints_megabytes").lines("stdout")
    every = ["begin", *(f"line {n} of a great many that nobody will ever read" for n in range(60_000))]
    *kept, last = lines
    assert kept == every[: len(kept)] or kept[:-1] == every[: len(kept) - 1]
    assert len(kept) <= LINES + 1
    size = sum(len(line) + 1 for line in kept)
    assert size <= PER_CALL + 1
    assert last == f"… {sum(len(line) + 1 for line in every) - size:,} more bytes were cut"


def test_a_line_of_megabytes_is_cut():
    first, last = told_of("prints_one_long_line").lines("stdout")
    assert first == "x" * PER_CALL
    assert last == f"… {5_000_000 - PER_CALL:,} more bytes were cut"


def test_a_program_that_never_ended_is_told_of():
    assert told_of("waits_for_program", 1.0).commands() == [("sleep", "sleep 1000", "had not ended")]


def test_a_traceback_shows_the_learners_lines_and_causes():
    lines = told_of("raises_because").lines("traceback")
    assert [line for line in lines if line.startswith('  File "')] == [
        '  File "raises_because.py", line 6, in create_network',
        '  File "raises_because.py", line 8, in create_network',
    ]
    assert "KeyError: 'no such key'" in lines
    assert lines[-1] == "RuntimeError: no bridge today"
    assert not [line for line in told_of("raises_in_helper").lines("traceback") if "ipaddress.py" in line]


def test_a_traceback_is_shown_however_much_was_printed_before():
    told = told_of("prints_and_raises")
    streams = [data["stream"] for _, data, _ in told.events]
    assert streams[:2] == ["stdout", "stdout"]
    assert set(streams[2:]) == {"traceback"}
    assert told.lines("traceback")[-1] == "KeyError: 'no such key'"


def test_events_belong_to_their_call_and_come_before_its_end(tmp_path: Path):
    path = tmp_path / "handler.py"
    path.write_text(
        "print('loaded')\n"
        "def create_network(request, host):\n"
        "    print('hello from', request['NetworkID'])\n"
        "    host.kernel.link('add', ifname=request['NetworkID'], kind='bridge')\n"
        "    host.kernel.link('add', ifname='lo', kind='bridge')\n"
    )

    def inside() -> list[dict[str, Any]]:
        namespace = Namespace.create()
        journal = Journal(tmp_path / "journal.db")
        host = Host(namespace, Store(None), name="alpha")
        with Zygote.start() as zygote, Learner(zygote, namespace, journal.append, host="alpha") as one:
            assert one.load(path, [ROUTE]).problem is None
            pipeline = Pipeline(host, journal, {ROUTE: one.handler(ROUTE)})
            for name in ("one", "two"):
                pipeline.call("POST", BY_NAME[ROUTE].path, b'{"NetworkID": "%s"}' % name.encode())
            assert [fault.call for fault in one.faults] == [1, 2]
        events = [event.as_dict() for event in journal.since(0)]
        host.close()
        journal.close()
        return events

    events = call_in_lab(inside)
    story = [
        (event["call"], event["kind"], event["data"].get("text") or event["data"].get("command")) for event in events
    ]
    assert story[0] == (None, "output", "loaded")
    for number, name in ((1, "one"), (2, "two")):
        mine = [each[1:] for each in story if each[0] == number]
        first, *between, last = [kind for kind, _ in mine]
        assert (first, last) == ("call.started", "call.finished")
        assert between[:3] == ["output", "kernel", "kernel"]
        assert set(between[3:]) == {"output"}  # the traceback: newer Pythons point to more in it
        assert mine[1] == ("output", f"hello from {name}")
        assert mine[2] == ("kernel", f"ip link add {name} type bridge")
    finished = next(event["data"] for event in events if event["kind"] == "call.finished")
    assert finished["error"] == "create_network: NetlinkError: (17, 'File exists') (handler.py, line 5)"
    assert finished["status"] == 200


def test_two_hosts_have_a_process_each():
    def inside() -> list[Any]:
        namespaces = [Namespace.create(), Namespace.create()]
        with Zygote.start() as zygote:
            ones = [Learner(zygote, namespace, Told()) for namespace in namespaces]
            for one in ones:
                one.load(HOSTILE / "well_behaved.py", [ROUTE])
            answers = [call(one) for one in ones]
            ones[0].close()
            answers.append(call(ones[1]))
            ones[1].close()
        return answers

    assert call_in_lab(inside) == 3 * [({}, None)]


def test_a_zygote_that_died_is_started_anew():
    def inside() -> list[Any]:
        with learner() as one:
            one.load(GOOD, [ROUTE])
            first = one._zygote.pid
            os.kill(first, signal.SIGKILL)
            # what it has forked dies with it, which the kernel may do during a call
            back = until(lambda: call(one) == ({}, None) and one._zygote.pid != first)
            return [back, one.load(GOOD, [ROUTE]).problem, call(one)]

    assert call_in_lab(inside) == [True, None, ({}, None)]


def test_a_plugin_that_is_killed_takes_the_learners_process_along(tmp_path: Path):
    def inside() -> tuple[bool, set[str]]:
        def running() -> set[str]:
            return {path.name for path in Path("/proc").iterdir() if path.name.isdigit()}

        before, reading, writing = running(), *os.pipe()
        plugin = os.fork()
        if plugin == 0:
            with learner() as one:
                one.load(HOSTILE / "loops.py", [ROUTE])
                threading.Thread(target=call, args=[one]).start()
                until(lambda: one._turn.locked())
                os.write(writing, b"x")
                time.sleep(60)
        os.read(reading, 1)
        had = len(running() - before) >= 3
        os.kill(plugin, signal.SIGKILL)
        os.waitpid(plugin, 0)
        until(lambda: running() <= before, 10)
        return had, running() - before

    assert call_in_lab(inside) == (True, set())


@pytest.mark.kernel
def test_outside_of_a_lab_it_works_as_root_in_the_machines_namespaces():
    mounts = Path("/proc/self/mountinfo").read_text()
    told = Told()
    with learner(1.0, told) as one:
        assert one.load(HOSTILE / "unmounts.py", [ROUTE]).problem is None
        assert call(one) == ({}, None)
        assert one.load(HOSTILE / "leaves_daemon.py", [ROUTE]).problem is None
        assert "a fork of itself" in str(call(one)[1])
        assert one.load(GOOD, [ROUTE]).problem is None
        assert call(one) == ({}, None)
    assert Path("/proc/self/mountinfo").read_text() == mounts


@pytest.mark.lab
def test_a_sandbox_that_came_later_can_be_entered_and_is_not_kept(tmp_path: Path):
    from tests.lab.inside import bench

    path = tmp_path / "handler.py"
    path.write_text(
        textwrap.dedent(
            """
            import os
            from pyroute2 import NetNS
            def join(request, host):
                with NetNS(request["SandboxKey"]) as sandbox:
                    return {"names": sorted(link.get("ifname") for link in sandbox.get_links())}
            def leave(request, host):
                return {"mounted": request["SandboxKey"] in open("/proc/mounts").read()}
            """
        )
    )

    def inside() -> list[Any]:
        with bench() as lab, Zygote.start() as zygote, Learner(zygote, lab.host.namespace, Told()) as one:
            assert one.load(path, ["join", "leave"]).problem is None
            container = lab.run("box", lab.network("cafe", "10.9.0.0/24"))
            key = lab.api.get(f"/containers/{container}/json")["NetworkSettings"]["SandboxKey"]
            request = {"SandboxKey": key}
            told = [one.handler("join")(request, HOST), one.handler("leave")(request, HOST)]
            lab.api.delete(f"/containers/{container}?force=1")
            return [*told, one.handler("leave")(request, HOST)]

    assert call_in_lab(inside) == [{"names": ["eth0", "lo"]}, {"mounted": True}, {"mounted": False}]
