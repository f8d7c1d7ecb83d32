"""What a session of 100,000 events costs: the journal on disk, the memory of what shows it, and a jump into its past.

The events are those of a recorded session that ships, again and again, on a host with 50 more containers. Memory is
that of a process of its own.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.rows import Row, quantile
from tests.topology.samples import Sample
from workshop.journal import Event, Journal, recording
from workshop.resources import path as resource
from workshop.topology import graph as graphs
from workshop.topology.observe import WHOLE_AFTER

TITLE = "a session of 100,000 events, with 50 containers"
EVENTS, WARM, CONTAINERS, JUMPS = 100_000, 20_000, 50, 100
PAGE = 4_096


def measure() -> list[Row]:
    """Journal and story grow by ``EVENTS`` after a warm-up; then their past is looked at."""
    command = [sys.executable, "-c", "from bench.long_session import run; run()"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout)
    jumps = told["jumps"]
    return [
        Row("journal: writing an event", told["append"], "ms", 1, EVENTS),
        Row("journal: its file, which keeps the newest 100,000", told["file"], "MB", 150),
        Row("memory: growth of journal and story over them", told["grown"], "MB", 20),
        Row("memory: the story's snapshot", told["snapshot"], "MB", 5),
        Row("time travel: the first jump, which reads them all", told["first"], "s", 5),
        Row("time travel: any other jump, picture included, median", quantile(jumps, 0.5), "ms", None, JUMPS),
        Row("time travel: any other jump, picture included, p95", quantile(jumps, 0.95), "ms", 150, JUMPS),
        Row("memory: keyframes of all of it", told["keyframes"], "MB", 100),
    ]


def run() -> None:
    """Measure in this process, and print what came out as JSON."""
    from workshop.cli.past import Past
    from workshop.dashboard.story import Story

    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        journal, story = Journal(Path(folder) / "journal.db"), Story()
        events = _endless()
        _write(journal, story, events, WARM)
        before, began = _memory(), time.perf_counter()
        _write(journal, story, events, EVENTS)
        told["append"] = (time.perf_counter() - began) * 1000 / EVENTS
        told["grown"] = _memory() - before
        told["file"] = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
        told["snapshot"] = len(json.dumps(story.snapshot())) / 1e6
        before, began = _memory(), time.perf_counter()
        past = Past(journal)
        moments = [seq for _, seq in past.ends()]
        told["first"] = time.perf_counter() - began
        told["keyframes"] = _memory() - before
        chance = random.Random(1)
        told["jumps"] = []
        for seq in chance.choices([seq for seq in moments if seq > journal.last - EVENTS // 2], k=JUMPS):
            began = time.perf_counter()
            assert past.at(seq).dot()
            told["jumps"].append((time.perf_counter() - began) * 1000)
        journal.close()
    print(json.dumps(told))


def _write(journal: Journal, story: Any, events: Iterator[tuple[str, dict[str, Any], int | None]], count: int) -> None:
    for _ in range(count):
        story.apply([journal.append(*next(events))])


def _endless() -> Iterator[tuple[str, dict[str, Any], int | None]]:
    """The recorded session's events again and again, the calls numbered on, the whole graph now and then."""
    session = recording.read(resource("slides") / "recordings" / "bridge.jsonl")
    graph, calls, since = _crowded(session), max(event.call or 0 for event in session), 0
    yield "topology", {"graph": graph}, None
    for number in range(10**6):
        for event in session:
            if event.kind == "topology" and "graph" in event.data:
                continue
            if event.kind == "topology":
                graph = graphs.take(graph, event.data, event.seq, event.at)
            yield event.kind, event.data, event.call and event.call + number * calls
            since += 1
            if since > WHOLE_AFTER:
                since = 0
                yield "topology", {"graph": graph}, None


def _crowded(session: list[Event]) -> graphs.Graph:
    """The graph that the session begins with, and a network with containers that are there all the time."""
    graph = next(event.data["graph"] for event in session if "graph" in event.data)
    sample = Sample()
    host = sample.host(graph["hosts"][0]["name"])
    bridge = sample.bridge(host)
    for number in range(CONTAINERS):
        sample.plug(host, bridge, sample.space(host, f"c{number}"))
    more = host["namespaces"]
    there = graph["hosts"][0]["namespaces"]
    root = {**there[0], "links": [*there[0]["links"], *more[0]["links"]]}
    return graphs.ordered({**graph, "hosts": [{**graph["hosts"][0], "namespaces": [root, *there[1:], *more[1:]]}]})


def _memory() -> float:
    """What this process holds in memory, in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 1e6
