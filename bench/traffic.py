"""What goes between two containers on each kind of network, beside Docker's own driver of that kind.

In each round both are measured, one right after the other, and in turns which is first. A ratio is the median of the
rounds' ratios.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator

from bench.places import asked_for, engine_with_plugin, lay_cable, no_ipvlan
from bench.rows import LeftOut, Row, median
from tests.support.cable import FAR4, NEAR4, Cable
from tests.support.world import World
from workshop.kernel.namespaces import Namespace

TITLE = "throughput and ping, against Docker's own driver of that kind"
ROUNDS = 31
SECONDS, PINGS = 0.25, 1000
"""How long data is sent, and how often is pinged, on each of the two in a round."""

FASTER, SLOWER = 0.97, 1.03
"""The least that throughput should be of Docker's, and the most that a ping's way should take."""

CHUNK = 1 << 18
PORT = 5001

BESIDE = {"bridge": "bridge", "routed": "bridge", "macvlan": "macvlan", "ipvlan": "ipvlan"}
"""Docker's own driver that each kind is compared with. Docker has none that routes to each container."""


TUNNELS = {"vxlan": (), "vxlan in its own namespace": ("-o", "namespace=own")}
"""Our networks across hosts, with their options: the overlay's bridges and tunnels are in a namespace of their own."""


def measure() -> list[Row | LeftOut]:
    """Ratios for each kind: of throughput, where more is better, and of a ping's time, where less is."""
    with engine_with_plugin() as (engine, plugin):
        absent = no_ipvlan(engine)
        rows: list[Row | LeftOut] = [absent] if absent else []
        for number, (kind, theirs) in enumerate(BESIDE.items()):
            if not asked_for(kind) or (kind == "ipvlan" and absent):
                continue
            world = World(engine, plugin)
            parents = [lay_cable(engine, f"cable{number}{side}", f"10.{side}.{number}.1") for side in (126, 127)]
            on = [("-o", f"parent={parent}") if kind == theirs != "bridge" else () for parent in parents]
            ours = pair(world, world, world.network("-o", f"type={kind}", *on[0]))
            beside = pair(world, world, world.network(*on[1], driver=theirs))
            rows += compared(kind, theirs, ours, beside)
            world.remove()
        if not asked_for("vxlan"):
            return rows
        with engine_with_plugin() as (far, far_plugin), swarm(engine, far):
            worlds = World(engine, plugin), World(far, far_plugin)
            beside = pair(*worlds, overlay(*worlds))
            for number, (kind, options) in enumerate(TUNNELS.items()):
                rows += compared(kind, "overlay", pair(*worlds, tunnel(number, *options, worlds=worlds)), beside)
            for world in worlds:
                world.remove()
    return rows


# -- what it goes over

Pair = tuple[Namespace, Namespace, str]
"""From where, to where, and the address there."""


def pair(near: World, far: World, network: str) -> Pair:
    """Two containers on a network."""
    one, two = near.container(network), far.container(network)
    address = two.address(network)
    assert one.pings(address), f"no ping to {address} on {network}"
    return one.sandbox, two.sandbox, address


@contextlib.contextmanager
def swarm(near: object, far: object) -> Iterator[None]:
    """Two engines in one Swarm, which Docker's overlay needs, joined by a cable."""
    cable = Cable(near.namespace, far.namespace)
    near.docker("swarm", "init", "--advertise-addr", NEAR4)
    token = near.docker("swarm", "join-token", "-q", "worker").stdout.strip()
    far.docker("swarm", "join", "--token", token, "--advertise-addr", FAR4, f"{NEAR4}:2377")
    try:
        yield
    finally:
        for engine in (far, near):
            engine.docker("swarm", "leave", "-f", check=False)
        cable.down()


def tunnel(number: int, *options: str, worlds: tuple[World, World]) -> str:
    """One of our networks across both engines."""
    name, prefix = f"tunnel{number}", f"10.128.{number}"
    kind = ("-d", "workshop", "-o", "type=vxlan", "-o", f"vni={77 + number}", "-o", f"peers={NEAR4},{FAR4}")
    for world, half in zip(worlds, (0, 128), strict=True):
        ranges = ("--subnet", f"{prefix}.0/24", "--ip-range", f"{prefix}.{half}/25", "--gateway", f"{prefix}.1")
        world.engine.docker("network", "create", *kind, *options, *ranges, name)
        world.networks.append(name)
    return name


def overlay(near: World, far: World) -> str:
    """Docker's own network across both engines. It goes with the Swarm, which is slow to let go of it otherwise."""
    near.engine.docker("network", "create", "-d", "overlay", "--attachable", "--subnet", "10.129.0.0/24", "overlay")
    return "overlay"


# -- measuring


def compared(kind: str, theirs: str, ours: Pair, beside: Pair) -> list[Row]:
    """The rows for one kind of network."""
    found: dict[str, list[tuple[float, float]]] = {"throughput": [], "ping": []}
    for what, how in (("throughput", throughput), ("ping", ping)):
        for pair in (ours, beside):
            how(*pair)  # to warm up
        for number in range(ROUNDS):
            turn = 1 if number % 2 else -1
            first, second = (how(*pair) for pair in (ours, beside)[::turn])
            found[what].append((first, second)[::turn])
    middle = {what: median([ours / beside for ours, beside in pairs]) for what, pairs in found.items()}
    gigabits, micros = (median([ours for ours, _ in found[what]]) for what in ("throughput", "ping"))
    return [
        Row(f"{kind}: throughput", gigabits, "Gbit/s", None, ROUNDS),
        Row(f"{kind}: throughput, to that of Docker's {theirs}", middle["throughput"], "×", FASTER, ROUNDS, least=True),
        Row(f"{kind}: ping", micros, "µs", None, ROUNDS),
        Row(f"{kind}: ping, to that of Docker's {theirs}", middle["ping"], "×", SLOWER, ROUNDS),
    ]


def throughput(near: Namespace, far: Namespace, address: str) -> float:
    """Gigabits in a second that one TCP connection carries."""
    listening = far.run(lambda: socket.create_server((address, PORT)))
    got = 0

    def receive() -> None:
        nonlocal got
        connection, _ = listening.accept()
        room = memoryview(bytearray(CHUNK))
        with connection:
            while count := connection.recv_into(room):
                got += count

    receiving = threading.Thread(target=receive, daemon=True)
    with listening:
        receiving.start()
        with near.run(lambda: socket.create_connection((address, PORT), timeout=5)) as sending:
            data, began = memoryview(bytes(CHUNK)), time.perf_counter()
            while time.perf_counter() - began < SECONDS:
                sending.sendall(data)
            sending.shutdown(socket.SHUT_WR)
            receiving.join(10)
            took = time.perf_counter() - began
    return got * 8 / took / 1e9


def ping(near: Namespace, far: Namespace, address: str) -> float:
    """Microseconds that an echo request and its answer take, the median of many."""
    with near.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)) as asking:
        asking.settimeout(2)
        asking.connect((address, 0))
        took = []
        for number in range(PINGS):
            question = echo(os.getpid() & 0xFFFF, number)
            began = time.perf_counter()
            asking.send(question)
            while asking.recv(256)[20:][4:8] != question[4:8]:
                pass
            took.append((time.perf_counter() - began) * 1e6)
    return median(took)


def echo(identifier: int, number: int) -> bytes:
    """An echo request of 64 bytes, as ping sends it."""
    packet = struct.pack("!BBHHH", 8, 0, 0, identifier, number) + bytes(56)
    total = sum(struct.unpack("!32H", packet))
    total = (total & 0xFFFF) + (total >> 16)
    return packet[:2] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + packet[4:]
