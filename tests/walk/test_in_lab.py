"""Walks in the lab: real packets over real links, and over links that somebody broke."""

from __future__ import annotations

import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab.inside import in_lab
from tests.support.lab_command import lab_command
from tests.support.traffic import server
from workshop.cli.laboratory import Laboratory
from workshop.cli.running import Running
from workshop.errors import UsageError, WorkshopError
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace
from workshop.topology import graph as graphs
from workshop.walk.walker import Scene, Walker

pytestmark = pytest.mark.lab


class Site:
    """A lab with one or two hosts, and a walker in it."""

    def __init__(self, running: Running, laboratory: Laboratory) -> None:
        self.laboratory, self.journal = laboratory, running.journal
        self._running = running
        self.walker = Walker(self.scene, lambda result: self.journal.append("walk", result))

    def scene(self) -> Scene:
        assert self._running.observer is not None
        assert self._running.observer.settle(5)
        lab = self.laboratory.lab
        hosts = {name: host.namespace for name, host in lab.hosts.items()}
        return Scene(hosts, lab.world, self._running.observer.graph())

    def network(self, name: str, subnet: str, host: str = "alpha", pool: str = "", **options: str) -> None:
        config = {"Subnet": subnet, **({"IPRange": pool} if pool else {})}
        body = {"Name": name, "Driver": "workshop", "Options": options, "IPAM": {"Config": [config]}}
        self.laboratory.engines[host].networks.create(body)

    def run(self, name: str, network: str, host: str = "alpha", **how: Any) -> Namespace:
        engine = self.laboratory.engines[host]
        body = {"Image": "x", "Cmd": ["sleep", "600"], "HostConfig": {"NetworkMode": network, **how}}
        return Namespace.of_process(engine.inspect(engine.containers.run(body, name))["State"]["Pid"])

    def link(self, container: str) -> str:
        """The name of the host's end of a container's link."""
        graph = self.scene().graph
        inner = next(
            link for _, space in graphs.namespaces(graph) if space["name"] == container for link in space["links"]
        )
        return graphs.links(graph)[inner["peer"]]["name"]

    def host(self, *command: str, name: str = "alpha") -> None:
        programs.run(self.laboratory.lab.hosts[name].namespace, *command)

    def stopped(self, source: str, target: str, port: int | None = None) -> tuple[str, str]:
        """Where a walk that fails was seen last, and why it went no further."""
        result = self.walker.walk(source, target, port)
        assert result["outcome"] != "answered"
        last = result["hops"][result["stopped"]]
        return f"{last['name']} of {last['where']}", result["reason"]["text"]


@contextmanager
def site(*hosts: str) -> Iterator[Site]:
    with (
        tempfile.TemporaryDirectory(prefix="ws-lab-") as folder,
        Running("demo", Path(folder)) as running,
        Laboratory(running, Path(folder), version="28.5", driver="all", hosts=hosts or ("alpha",)) as laboratory,
    ):
        yield Site(running, laboratory)


def way(result: dict[str, Any], which: str = "there") -> list[str]:
    return [f"{hop['where']} {hop['name']}" for hop in result["hops"] if hop["way"] == which]


def told(result: dict[str, Any], kind: str) -> list[str]:
    return [each["text"] for hop in result["hops"] for each in hop["decided"] if each["kind"] == kind]


def open_ends() -> tuple[int, set[str]]:
    return len(list(Path("/proc/self/fd").iterdir())), {thread.name for thread in threading.enumerate()}


@in_lab
def test_a_ping_over_a_bridge_and_a_published_port_from_outside() -> None:
    with site() as lab:
        lab.network("shop", "10.9.0.0/24")
        web = lab.run("web", "shop", PortBindings={"80/tcp": [{"HostPort": "8080"}]})
        lab.run("db", "shop")
        near, far = lab.link("web"), lab.link("db")
        before = open_ends()
        result = lab.walker.walk("web", "db")
        assert result["outcome"] == "answered"
        assert way(result) == ["web eth0", f"host alpha {near}", f"host alpha {far}", "db eth0"]
        assert way(result, "back") == ["db eth0", f"host alpha {far}", f"host alpha {near}", "web eth0"]
        assert any("asked for, and answered" in text for text in told(result, "arp"))
        assert any(far in text for text in told(result, "fdb"))
        with server(web, "tcp", 80):
            result = lab.walker.walk("outside", "host:8080")
        assert result["outcome"] == "answered"
        assert way(result)[-1] == "web eth0"
        there, back = told(result, "nat")
        assert there.startswith("It is for 10.9.0.2:80 now, not 192.0.2.10:8080, by the rule dnat")
        assert "192.0.2.10:8080 now" in back
        assert any("iptables -A WORKSHOP" in text for text in told(result, "firewall"))
        events = [event.data for event in lab.journal.since(0) if event.kind == "walk"]
        assert [event["number"] for event in events] == [1, 2]
        assert open_ends() == before
        assert "workshop_walk" not in programs.run(lab.laboratory.lab.hosts["alpha"].namespace, "nft", "list", "tables")
        web.close()


@in_lab
def test_what_is_broken_on_one_host_is_found() -> None:
    with site() as lab:
        lab.network("shop", "10.9.0.0/24")
        lab.network("back", "10.8.0.0/24")
        lab.run("web", "shop").close()
        db = lab.run("db", "shop")
        lab.run("far", "back").close()
        near, far = lab.link("web"), lab.link("db")
        lab.host("ip", "link", "set", far, "down")
        assert lab.stopped("web", "db") == (f"{near} of host alpha", f"Link {far} on host alpha is down.")
        lab.host("ip", "link", "set", far, "up")
        lab.host("iptables", "-I", "FORWARD", "-p", "icmp", "-j", "DROP")
        where, why = lab.stopped("web", "db")
        assert (where, why.partition(",")[0]) == (
            f"{near} of host alpha", "The firewall of host alpha drops it in chain FORWARD",
        )  # fmt: skip
        assert lab.journal.since(0)[-1].data["reason"]["rule"] == "iptables -A FORWARD -p icmp -j DROP"
        lab.host("iptables", "-D", "FORWARD", "-p", "icmp", "-j", "DROP")
        assert "in chain forward" in lab.stopped("web", "far")[1]
        assert lab.stopped("web", "db", 81) == (
            "eth0 of db", "Nobody listens on port 81 in db: it answered with a TCP reset.",
        )  # fmt: skip
        programs.run(db, "ip", "addr", "flush", "dev", "eth0")
        result = lab.walker.walk("web", "db")
        assert (result["reason"]["code"], result["hops"]) == ("no address", [])
        db.close()


@in_lab
def test_what_cannot_be_walked_is_refused_in_a_sentence() -> None:
    with site() as lab:
        lab.network("shop", "10.9.0.0/24")
        lab.run("web", "shop").close()
        with pytest.raises(UsageError, match=r"No container 'nobody' is running\. There are host, web, outside"):
            lab.walker.walk("web", "nobody")
        with pytest.raises(UsageError, match="would walk to itself"):
            lab.walker.walk("web", "web")
        with pytest.raises(UsageError, match="Is it port 1 or 2"):
            lab.walker.walk("web", "host:2", 1)
        errors: list[str] = []

        def walk() -> None:
            try:
                lab.walker.walk("web", "outside", 9)
            except WorkshopError as error:
                errors.append(str(error))

        threads = [threading.Thread(target=walk) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == ["Another walk is under way. Try again in a moment."]


@in_lab
def test_through_a_tunnel_to_another_host_and_into_one_with_another_vni() -> None:
    with site("alpha", "beta") as lab:
        peers = ",".join(host.address for host in lab.laboratory.lab.hosts.values())
        for name, vni, subnet in (("shop", "42", "10.9.0"), ("bad", "43", "10.8.0")):
            for host, first in (("alpha", 32), ("beta", 64)):
                number = "44" if (name, host) == ("bad", "beta") else vni
                lab.network(name, f"{subnet}.0/24", host, f"{subnet}.{first}/28", type="vxlan", vni=number, peers=peers)
                lab.run(f"{name}-{host}", name, host).close()
        result = lab.walker.walk("shop-alpha", "shop-beta")
        assert result["outcome"] == "answered"
        assert [hop for hop in way(result) if "eth0" in hop] == [
            "shop-alpha eth0", "host alpha eth0", "host beta eth0", "shop-beta eth0",
        ]  # fmt: skip
        packed = "Packed into UDP for 192.0.2.11 port 4789, with VNI 42: 192.0.2.10 → 192.0.2.11."
        assert packed in told(result, "tunnel")
        where, why = lab.stopped("bad-alpha", "bad-beta")
        assert where == "eth0 of host beta"
        assert why.startswith("No tunnel of host beta has VNI 43: ")


@in_lab
def test_on_a_parent_and_routed() -> None:
    with site() as lab:
        for kind, subnet in (("macvlan", "10.7.0.0/24"), ("routed", "10.6.0.0/24")):
            lab.network(kind, subnet, type=kind, **({"parent": "eth0"} if kind == "macvlan" else {}))
            for name in ("one", "two"):
                lab.run(f"{kind}-{name}", kind).close()
        result = lab.walker.walk("macvlan-one", "macvlan-two")
        assert result["outcome"] == "answered"
        assert way(result) == ["macvlan-one eth0", "host alpha eth0", "macvlan-two eth0"]
        assert any("macvlan in mode bridge" in text for text in told(result, "sublink"))
        result = lab.walker.walk("routed-one", "routed-two")
        assert result["outcome"] == "answered"
        assert any("reached directly by wsh" in text for text in told(result, "route"))


def test_from_the_command_line(tmp_path: Path) -> None:
    with lab_command() as lab:
        lab.docker("network", "create", "-d", "workshop", "--subnet", "10.9.0.0/24", "shop")
        lab.docker("run", "-d", "--name", "web", "--net", "shop", "busybox", "sleep", "600")
        lab.docker("run", "-d", "--name", "db", "--net", "shop", "busybox", "sleep", "600")
        file = tmp_path / "walk.pcapng"
        done = lab.typed("walk", "web", "db", "--pcapng", str(file))
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("web → db: answered after ")
        assert "A veth pair: what goes in here comes out as wsh" in done.stdout
        assert file.read_bytes()[:4] == bytes.fromhex("0a0d0d0a")
        if tcpdump := programs.find("tcpdump"):
            read = subprocess.run([tcpdump, "-nr", str(file)], capture_output=True, text=True, check=True).stdout
            assert "10.9.0.2 > 10.9.0.3: ICMP echo request" in read
        done = lab.typed("walk", "web", "db", "--tcp", "81", "--json")
        assert (done.returncode, json.loads(done.stdout)["reason"]["code"]) == (1, "no listener")
        done = lab.typed("walk", "web", "db", "--pcapng", str(tmp_path / "none" / "walk.pcapng"))
        assert (done.returncode, done.stdout[:9]) == (3, "web → db:"), "what was seen is told all the same"
        assert "walk.pcapng cannot be written (No such file or directory)." in done.stderr
        done = lab.typed("walk", "web", "")
        assert done.returncode == 2
        assert done.stderr == "An end has a name of 1 to 300 letters. Name a container, `host` or `outside`.\n"
        done = lab.typed("walk", "web", "nobody")
        assert done.returncode == 2
        assert done.stderr == "No container 'nobody' is running. There are host, web, db, outside.\n"


def test_without_a_session_it_says_what_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    from workshop.cli import run

    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert run(["walk", "web", "db"]) == 3
    assert "Start `serve`, `demo` or `exercise` first." in capsys.readouterr().err
