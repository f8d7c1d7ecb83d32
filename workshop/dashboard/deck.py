"""The slides as a part of the dashboard: pages, the presenter's place, and commands that slides have run in the lab.

Whoever moves the presenter's place or runs a command needs the session's token; everybody else may read and follow.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, jsonify, render_template, request

from workshop import vendor
from workshop.dashboard.guard import needs_token
from workshop.dashboard.once import Once
from workshop.dashboard.server import Emit, Part
from workshop.dashboard.views import IMPORT_MAP
from workshop.deck.blocks import commands
from workshop.deck.place import Place
from workshop.deck.render import Show, Shown, blocks
from workshop.errors import UsageError, WorkshopError

Run = Callable[[str], dict[str, Any]]
"""Runs a line ``docker …`` in the lab: ``{"code", "output"}``."""
Standing = Callable[[], dict[str, Any]]
"""How far the exercises are, as the presenter's view shows it."""

MOST_STEPS = 1_000


def part(show: Show, *, run: Run | None = None, why_no_lab: str = "", standing: Standing = dict) -> Part:
    """The part that shows ``show``. Without ``run`` there is no lab, and ``why_no_lab`` is a sentence that says why."""

    def make(emit: Emit) -> Blueprint:
        return _blueprint(show, emit, run, why_no_lab, standing)

    return make


def _blueprint(show: Show, emit: Emit, run: Run | None, why_no_lab: str, standing: Standing) -> Blueprint:
    routes = Blueprint("slides", __name__)
    place = Place(show.slides()[0].slide.id)
    once = Once()
    routes.register_error_handler(WorkshopError, _explain)

    def page(name: str) -> str:
        lacking = vendor.missing(_vendor_folder())
        return render_template(
            name,
            columns=show.columns(),
            import_map=IMPORT_MAP,
            problem=f"The browser libraries are not installed. {vendor.REMEDY}" if lacking else "",
            no_lab="" if run else why_no_lab or "There is no lab in this session.",
        )

    @routes.get("/slides")
    def slides() -> str:
        return page("slides.html")

    @routes.get("/slides/present")
    def present() -> str:
        return page("slides_present.html")

    @routes.get("/slides/print")
    def printed() -> str:
        return page("slides_print.html")

    @routes.get("/api/slides/place")
    def now() -> Any:
        return jsonify(place.now())

    @routes.post("/api/slides/place")
    @needs_token
    def move() -> Any:
        body = _body()
        slide, step = body.get("slide"), body.get("step")
        if slide not in {each.slide.id for each in show.slides()}:
            return jsonify(error="There is no such slide."), 400
        if not isinstance(step, int) or isinstance(step, bool) or not 0 <= step <= MOST_STEPS:
            return jsonify(error=f"`step` must be a whole number from 0 to {MOST_STEPS}."), 400
        told = place.move(slide, step)
        emit("slide", told)
        return jsonify(told)

    @routes.get("/api/slides/picture/<name>")
    def picture(name: str) -> Any:
        return jsonify(dot=show.sources.pictures.find(name).dot())

    @routes.get("/api/slides/standing")
    def exercises() -> Any:
        return jsonify(standing())

    @routes.post("/api/slides/run")
    @needs_token
    @once
    def run_command() -> Any:
        line = _body().get("line")
        if line not in _commands(show.slides()):
            return jsonify(error="No slide has this command."), 400
        if run is None:
            return jsonify(error=why_no_lab or "There is no lab in this session."), 503
        told = {"line": line, **run(line)}
        emit("slide-ran", told)
        return jsonify(told)

    return routes


def _vendor_folder() -> Path:
    """The folder of the browser libraries."""
    return Path(current_app.static_folder or "") / "vendor"


def _body() -> dict[str, Any]:
    request.max_content_length = 20_000
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _commands(slides: list[Shown]) -> set[str]:
    """What may be run: what is typed on the slides, and nothing else."""
    consoles = [block for each in slides for block in blocks(each.slide) if block.kind == "console"]
    return {line for block in consoles for line, _ in commands(block.body)}


def _explain(error: WorkshopError) -> Any:
    return jsonify(error=str(error)), 400 if isinstance(error, UsageError) else 409
