"""A session with a real engine is exported while it runs, and its past is that of the engine's network."""

from __future__ import annotations

from pathlib import Path

from tests.support.shell import until
from tests.support.world import World
from workshop.journal import recording
from workshop.journal.recording import Recorded
from workshop.topology import graph as graphs
from workshop.topology.history import History


def containers(graph: graphs.Graph) -> set[str]:
    """The names of the containers in a graph."""
    return {space["container"]["name"] for _, space in graphs.namespaces(graph) if space["container"]}


def test_the_past_of_a_real_session_has_each_container_from_its_join_to_its_end(world: World, tmp_path: Path):
    file = tmp_path / "session.jsonl.gz"

    def exported() -> Recorded:
        done = world.plugin.run("export", "--from", str(world.plugin.state_dir / "journal.db"), str(file))
        assert done.returncode == 0, done.stderr
        return Recorded(recording.read(file))

    def ended() -> bool:
        session = exported()
        return containers(History(session).at(session.last)).isdisjoint({one.name, two.name})

    name = world.network()
    one, two = world.container(name), world.container(name)
    assert until(lambda: {one.name, two.name} <= containers(History(exported()).at(exported().last)), 10)
    world.engine.docker("rm", "-f", one.name)
    world.engine.docker("rm", "-f", two.name)
    assert until(ended, 10)
    session = exported()
    past = History(session)
    seen = [containers(past.at(seq)) & {one.name, two.name} for _, seq in past.ends()]
    told = [each for index, each in enumerate(seen) if index == 0 or each != seen[index - 1]]
    assert told == [set(), {one.name}, {one.name, two.name}, {two.name}, set()]
