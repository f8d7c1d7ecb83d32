"""A session with a real engine is exported while it runs, and its past is that of the engine's network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.shell import until
from tests.support.world import Container, World
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

    def there() -> set[str]:
        session = exported()
        return containers(History(session).at(session.last)) & mine

    name, mine = world.network(), set[str]()
    one, two = (started(there, world.container(name), mine) for _ in range(2))
    world.engine.docker("rm", "-f", one.name)
    world.engine.docker("rm", "-f", two.name)
    assert until(lambda: not there(), 10)
    session = exported()
    past = History(session)
    seen = [containers(past.at(seq)) & mine for _, seq in past.ends()]
    told = [each for index, each in enumerate(seen) if index == 0 or each != seen[index - 1]]
    assert told == [set(), {one.name}, {one.name, two.name}, {two.name}, set()]


def started(there: Callable[[], set[str]], container: Container, mine: set[str]) -> Container:
    """A container that has begun, once its name is known: Docker tells it only after the calls, when it is asked."""
    mine.add(container.name)
    assert until(lambda: there() == mine, 10)
    return container
