"""The pages and the JSON that they ask for. Everything here only reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for

from workshop import vendor
from workshop.dashboard import guard
from workshop.dashboard.feed import Feed, wish_in
from workshop.dashboard.story import for_browser
from workshop.journal import Journal

LIBRARIES = {package: f"/static/vendor/{name}.js" for package, (name, _) in vendor.SOURCES.items()}
"""The page's import map: the name in an ``import`` to the file."""

IMPORT_MAP = json.dumps({"imports": LIBRARIES})

CATCH_UP = 1_000
"""Who missed more events than this gets a snapshot, which is shorter."""


def make_blueprint(journal: Journal, feed: Feed, facts: dict[str, Any]) -> Blueprint:
    """The dashboard's routes.

    ``facts`` is what the page says of the session: ``session`` (its ID), ``title``, ``engine``, ``driver``,
    ``try`` (a command that makes the first calls), ``lesson`` (whether it is an exercise's),
    ``can`` (the names of the session's other parts).
    """
    routes = Blueprint("dashboard", __name__)

    @routes.get("/")
    def page() -> str:
        lacking = vendor.missing(_vendor_folder())
        problem = f"The browser libraries are not installed. {vendor.REMEDY}" if lacking else ""
        shown: dict[str, Any] = {"facts": facts, "import_map": IMPORT_MAP, "problem": problem}
        if facts["lesson"]:
            return render_template("lesson.html", style_nonce=guard.style_nonce(), **shown)
        return render_template("dashboard.html", **shown)

    @routes.get("/favicon.ico")
    def icon() -> Response:
        return Response(status=302, headers={"Location": url_for("static", filename="icon.svg")})

    @routes.get("/api/events")
    def events() -> Any:
        since = request.args.get("since", "")
        if not since.isascii() or not since.isdigit() or len(since) > 15:
            return jsonify(error="`since` must be the number of the last event that you have."), 400
        number = int(since)
        last = journal.last
        if number > last or last - number > CATCH_UP or number < journal.first - 1:
            return jsonify(session=facts["session"], last=last, snapshot=True)
        missed = [for_browser(event) for event in journal.since(number, CATCH_UP)]
        return jsonify(session=facts["session"], last=missed[-1]["seq"] if missed else number, events=missed)

    @routes.get("/api/snapshot")
    def snapshot() -> Any:
        text = feed.story.as_json(session=facts["session"], facts=facts, **feed.whole_picture())
        return Response(text, mimetype="application/json")

    @routes.get("/api/graph")
    def graph() -> Any:
        return jsonify(feed.graph())

    @routes.get("/api/picture")
    def picture() -> Any:
        try:
            return jsonify(feed.picture(wish_in(request.args)))
        except ValueError as error:
            return jsonify(error=str(error)), 400

    return routes


def _vendor_folder() -> Path:
    return Path(current_app.static_folder or "") / "vendor"
