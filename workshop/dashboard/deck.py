"""The slides as a part of the dashboard: pages, the presenter's place, and commands that slides have run in the lab.

Whoever moves the presenter's place or runs a command needs the session's token; everybody else may read and follow.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, jsonify, redirect, render_template, request, url_for

from workshop import vendor
from workshop.dashboard import asked
from workshop.dashboard.guard import needs_token
from workshop.dashboard.once import Once
from workshop.dashboard.server import Emit
from workshop.dashboard.views import IMPORT_MAP
from workshop.deck.blocks import commands
from workshop.deck.place import Place
from workshop.deck.render import Show, blocks
from workshop.errors import WorkshopError

Run = Callable[[str], dict[str, Any]]
"""Runs a line ``docker …`` in the lab: ``{"code", "output"}``."""
Standing = Callable[[], dict[str, Any]]
"""How far the exercises are, as the presenter's view shows it."""

MOST_STEPS = 1_000

OPEN = (
    "/slides",
    "/static/",
    "/api/slides/place",
    "/api/slides/picture/",
    "/api/events",
    "/api/snapshot",
    "/favicon.ico",
)
"""What the audience may ask for: how paths begin."""


class Stage:
    """One show, and where its presenter is: the same for all dashboards that it is a part of.

    Without ``run`` there is no lab, and ``why_no_lab`` is a sentence that says why.
    """

    def __init__(self, show: Show, *, run: Run | None = None, why_no_lab: str = "", standing: Standing = dict) -> None:
        self.show, self._run, self._standing = show, run, standing
        self.no_lab = "" if run else why_no_lab or "This session has none."
        self.place = Place()
        self._emits: list[Emit] = []

    def part(self, emit: Emit) -> Blueprint:
        """The part for the session's own dashboard: who has its token leads."""
        self._emits.append(emit)
        routes = pages(self, "slides")
        once = Once()

        @routes.get("/slides/present")
        def present() -> str:
            return self.page("slides_present.html")

        @routes.get("/slides/print")
        def printed() -> str:
            return self.page("slides_print.html")

        @routes.get("/api/slides/standing")
        def exercises() -> Any:
            return jsonify(self._standing())

        @routes.post("/api/slides/place")
        @needs_token
        def move() -> Any:
            body = asked.body()
            slide, step = body.get("slide"), body.get("step")
            if not isinstance(slide, str) or slide not in {each.slide.id for each in self.show.slides()}:
                return jsonify(error="There is no such slide."), 400
            if not isinstance(step, int) or isinstance(step, bool) or not 0 <= step <= MOST_STEPS:
                return jsonify(error=f"`step` must be a whole number from 0 to {MOST_STEPS}."), 400
            told = self.place.move(slide, step)
            self._tell("slide", told)
            return jsonify(told)

        @routes.post("/api/slides/run")
        @needs_token
        @once
        def run() -> Any:
            line = asked.body().get("line")
            if not isinstance(line, str) or line not in self._commands():
                return jsonify(error="No slide has this command."), 400
            if self._run is None:
                return jsonify(error=f"There is no lab here. {self.no_lab}"), 503
            told = {"line": line, **self._run(line)}
            self._tell("slide-ran", told)
            return jsonify(told)

        return routes

    def audience(self, emit: Emit) -> Blueprint:
        """The part for a dashboard that is open to all: they read and follow, and there is nothing else."""
        self._emits.append(emit)
        routes = pages(self, "audience")

        @routes.before_app_request
        def only_read() -> Any:
            if request.path == "/":
                return redirect(url_for("audience.slides"))
            if request.method not in ("GET", "HEAD"):
                abort(403, "Here one can only look. The presenter has another address.")
            if not request.path.startswith(OPEN):
                abort(404)
            return None

        return routes

    def page(self, template: str) -> str:
        """One of the pages that show the slides."""
        lacking = vendor.missing(Path(current_app.static_folder or "") / "vendor")
        return render_template(
            template,
            columns=self.show.columns(),
            import_map=IMPORT_MAP,
            problem=f"The browser libraries are not installed. {vendor.REMEDY}" if lacking else "",
            no_lab=self.no_lab,
        )

    def _tell(self, name: str, message: Any) -> None:
        for emit in self._emits:
            emit(name, message)

    def _commands(self) -> set[str]:
        """What may be run: what is typed on the slides, and nothing else."""
        consoles = [block for each in self.show.slides() for block in blocks(each.slide) if block.kind == "console"]
        return {line for block in consoles for line, _ in commands(block.body)}


def pages(stage: Stage, name: str) -> Blueprint:
    """What everybody may read: the slides, the presenter's place, the pictures."""
    routes = Blueprint(name, __name__)
    routes.register_error_handler(WorkshopError, asked.explain)

    @routes.get("/slides")
    def slides() -> str:
        return stage.page("slides.html")

    @routes.get("/api/slides/place")
    def now() -> Any:
        return jsonify(stage.place.now())

    @routes.get("/api/slides/picture/<name>")
    def picture(name: str) -> Any:
        return jsonify(dot=stage.show.sources.pictures.find(name).dot())

    return routes
