"""The stage of one exercise: lab or real Docker, the plugin with the learner's handlers, and what looks at the kernel.

Everything stays between saves but the learner's process: a judgement begins within milliseconds.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from workshop.course import lab_station, real_station
from workshop.course.exercise import Exercise
from workshop.course.learner.process import Loaded
from workshop.course.learner.zygote import Zygote
from workshop.course.leftovers import Difference
from workshop.course.real import RealDocker
from workshop.course.station import Others, Station, Surroundings
from workshop.errors import WorkshopError
from workshop.journal import Journal

REMEMBERED = ("activate", "get_capabilities", "volume_capabilities")
"""The routes whose answers Docker remembers for as long as it runs, by the plugin's name."""


class Stage:
    """One exercise's hosts, to be used in a ``with``: what it made is gone afterwards.

    ``folder`` is for sockets and stores (its path must be short). ``surroundings`` is what watches and shows, or
    nothing. ``engine`` is which Docker the practice engine plays, or ``"docker"``: then ``real`` says where that is.

    Without a real Docker it must be used in the lab's namespaces: see ``workshop.lab.reenter``.
    """

    def __init__(
        self,
        exercise: Exercise,
        folder: Path,
        surroundings: Surroundings | None = None,
        zygote: Zygote | None = None,
        *,
        engine: str | None = None,
        real: RealDocker | None = None,
    ) -> None:
        self.exercise, self.engine = exercise, engine or exercise.engine
        self._folder, self._surroundings = folder, surroundings
        self._real = (real or RealDocker()) if self.engine == "docker" else None
        self._ending = contextlib.ExitStack()
        self._zygote = zygote
        self.stations: list[Station] = []
        self._tidying: threading.Thread | None = None
        self.journal: Journal
        self.notes: list[str] = []
        """What the learner should know of this judgement, such as a plugin name that is new."""

    def __enter__(self) -> Stage:
        around, ending = self._surroundings, self._ending
        try:
            if self._zygote is None:
                self._zygote = ending.enter_context(Zygote.start())
            self.journal = around.journal if around else self._own_journal()
            if self._real is not None:
                self.stations = real_station.set_up(
                    self._real, self.exercise, self._folder, self.journal, around, ending
                )
            else:
                self.stations = lab_station.set_up(
                    self.exercise, self._folder, self.engine, self.journal, around, ending
                )
            for station in self.stations:
                station.be_empty()
        except BaseException:
            ending.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(WorkshopError, OSError), self.undisturbed("the exercise was closed"):
            self.empty()
            self.tidy_up()
            self._settle()
        self._ending.close()

    @property
    def socket(self) -> Path:
        """The socket of the first host's engine, for ``docker …``."""
        return Path(self.stations[0].docker.api.path)

    def interrupt(self) -> None:
        """Let a judgement that is under way end soon, whatever the learner's code does. From any thread."""
        for station in self.stations:
            if station.learner is not None:
                station.learner.give_up()

    @contextlib.contextmanager
    def undisturbed(self, why: str = "code was judged") -> Iterator[None]:
        """Meanwhile no call is held or answered with a fault, whatever rules there are, and every plugin lives.

        A call that is held is answered with an error that says ``why``.
        """
        with contextlib.ExitStack() as stack:
            for station in self.stations:
                stack.enter_context(station.plugin.pipeline.gate.aside(why))
                station.plugin.wake()
            yield

    def holds(self) -> bool:
        """Whether somebody holds a call: who waits for Docker has to wait for that."""
        return any(station.plugin.pipeline.gate.holds for station in self.stations)

    # -- between judgements

    def load(self, path: Path) -> Loaded:
        """Put the handlers of the learner's file into every host's plugin. Never raises for what is wrong in it.

        It is loaded on each host; told is the first host on which that did not work.
        """
        assert self._zygote is not None
        self.notes.clear()
        everywhere = [station.load(self._zygote, path, self.exercise.routes) for station in self.stations]
        loaded = next((each for each in everywhere if each.problem is not None), everywhere[0])
        if set(REMEMBERED) & {*self.exercise.routes, *loaded.handlers}:
            self._be_unknown()
        return loaded

    def stand_in(self) -> None:
        """Let the driver alone answer: the learner's handlers do not come back."""
        for station in self.stations:
            station.stand_in()

    def clear(self) -> None:
        """Remove through Docker what the scenario made. While judging, some is only put away: see ``attic``."""

        def clear(station: Station) -> None:
            station.put_away_links()
            station.docker.clear()

        with ThreadPoolExecutor(len(self.stations)) as pool:  # the kernel takes its time, but for two no longer
            list(pool.map(clear, self.stations))

    def tidy_up(self) -> None:
        """Remove for good what was put away, in a thread of its own: the verdict is known."""
        for station in self.stations:
            station.set_aside(False)

        def tidy() -> None:
            for station in self.stations:
                station.tidy_up()

        self._tidying = threading.Thread(target=tidy, name="tidy", daemon=True)
        self._tidying.start()

    def _settle(self) -> None:
        """Wait until all is really gone."""
        if self._tidying is not None:
            self._tidying.join()
            self._tidying = None

    def empty(self) -> Others:
        """Remove all networks, volumes and containers that Docker has from the plugin, whoever made them.

        Gives what of it somebody else made, by hand.
        """
        self._settle()
        others = Others()
        for station in self.stations:
            others = others.and_(station.remove_all())
            station.left()
        for station in self.stations:
            station.set_aside(True)
        return others

    def left(self) -> list[tuple[Station, Difference]]:
        """What a scenario left behind, by host, after Docker has removed what it made. It is removed."""
        found = [(station, station.left()) for station in self.stations]
        return [(station, difference) for station, difference in found if difference]

    def be_unknown(self) -> None:
        """Docker is to ask again what the plugin is and can do, where the exercise is about that."""
        if set(REMEMBERED) & set(self.exercise.routes):
            self._be_unknown()

    def _be_unknown(self) -> None:
        self.notes = [note for station in self.stations if (note := station.be_unknown())]

    def _own_journal(self) -> Journal:
        journal = Journal(self._folder / "journal.db")
        self._ending.callback(journal.close)
        return journal
