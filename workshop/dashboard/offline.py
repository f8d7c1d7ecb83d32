"""A session as one page in one file: the dashboard with all that it would ask its server for. It opens anywhere.

The modules are in the file as ``data:`` addresses under an import map, the answers as JSON, compressed, in base64: so
nothing that Docker or a learner wrote can be taken for markup. The page's policy lets it ask nobody for anything.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import jinja2
from werkzeug.routing import Rule

from workshop import resources, vendor
from workshop.dashboard.past import Past, part
from workshop.dashboard.server import create_app
from workshop.errors import CannotHere, WorkshopError
from workshop.journal.recording import Recorded

MOMENTS = 1_000
"""How many of the newest moments have their picture in the file."""

_START = "js/main.js"
_INSTEAD = {"js/feed.js": "js/offline.js"}
_IMPORT = re.compile(r"""(\bfrom\s*|\bimport\s*|\bimport\()(["'])(\.{1,2}/[\w./-]+)\2""")
_PACKAGE = re.compile(r"""\b(?:from\s*|import\s*\(?)["'](@?\w[\w./-]*)["']""")
_WORKER = re.compile(r"""new URL\(["'](\./[\w./-]+)["'], import\.meta\.url\)""")
_STYLE = re.compile(r'<link rel="stylesheet" href="static:([^"]+)">')
_SCRIPT = re.compile(r'<script src="static:([^"]+)"></script>')
_MODULE = re.compile(r'<script type="module" src="static:([^"]+)"></script>')
_ICON = re.compile(r'href="static:([^"]+\.svg)"')
_MAP = re.compile(r'<script type="importmap">.*?</script>')


def page(session: Recorded, past: Past, beginning: Any, *, title: str) -> str:
    """The whole file. ``past`` knows the session's moments, ``beginning`` is the picture that comes first.

    :raises CannotHere: if the browser libraries are not installed.
    """
    static = resources.path("static")
    if vendor.missing(static / "vendor"):
        raise CannotHere("The dashboard's browser libraries are not installed.", vendor.REMEDY)
    facts: dict[str, Any] = {
        **{"session": "file", "title": title, "engine": "", "driver": "", "try": "(this session has no call)"},
        **{"lesson": False, "can": ["recording"]},
    }
    return _put_together(_rendered(facts), _Modules(static), _packed(_answers(session, past, beginning, facts)))


def _answers(session: Recorded, past: Past, beginning: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """What the page will ask for, by path, answered by the dashboard itself."""
    from workshop.dashboard.feed import Feed

    feed = Feed(session, beginning, lambda _name, _message: None)  # type: ignore[arg-type]
    feed.story.apply(session.since(feed.story.seq))
    app = create_app(session, feed, facts, "")  # type: ignore[arg-type]
    app.register_blueprint(part(past, is_live=False)(None))
    client = app.test_client()

    def ask(path: str) -> Any:
        answer = client.get(path)
        return answer.get_json() if answer.status_code == 200 and answer.is_json else None

    numbers = [str(row[0]) for row in past.rows()[-MOMENTS:]]
    paths = [path for rule in app.url_map.iter_rules() for path in _paths(rule, numbers)]
    answers = {path: told for path in paths if (told := ask(path)) is not None}
    pictures = _Pictures()
    for _, seq in past.ends()[-MOMENTS:]:
        if told := ask(f"/api/at?seq={seq}"):
            pictures.add(seq, told["picture"])
    return {"answers": answers, "pictures": pictures.as_dict()}


def _paths(rule: Rule, numbers: list[str]) -> list[str]:
    """What a page may ask by a rule without a query: about the session, or about each call by its number."""
    if not rule.rule.startswith("/api/") or "GET" not in (rule.methods or ()):
        return []
    if rule.arguments == {"number"}:
        return [rule.rule.replace("<int:number>", number) for number in numbers]
    return [] if rule.arguments else [rule.rule]


class _Pictures:
    """Pictures of which each line and each link is kept once: from one moment to the next few are new."""

    def __init__(self) -> None:
        self._lines: dict[str, int] = {}
        self._links: dict[str, int] = {}
        self._moments: dict[int, dict[str, Any]] = {}

    def add(self, seq: int, picture: dict[str, Any]) -> None:
        """The picture after event ``seq``."""
        dot = [self._lines.setdefault(line, len(self._lines)) for line in picture["dot"].split("\n")]
        links = [
            self._links.setdefault(json.dumps([name, link]), len(self._links))
            for name, link in picture["links"].items()
        ]
        more = {key: value for key, value in picture.items() if key not in ("seq", "dot", "links")}
        self._moments[seq] = {"seq": picture["seq"], "dot": dot, "has": links, "more": more}

    def as_dict(self) -> dict[str, Any]:
        """What ``static/js/offline.js`` reads."""
        return {"lines": [*self._lines], "links": [json.loads(each) for each in self._links], "moments": self._moments}


def _packed(value: Any) -> str:
    text = json.dumps(value, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(text, 6, mtime=0)).decode()


def _rendered(facts: dict[str, Any]) -> str:
    """The dashboard's page, with ``static:`` before the names of its files."""
    loader = jinja2.FileSystemLoader(resources.path("templates"))
    environment = jinja2.Environment(loader=loader, autoescape=True)
    url = {"url_for": lambda _endpoint, filename: f"static:{filename}"}
    return environment.get_template("dashboard.html").render(facts=facts, import_map="{}", problem="", **url)


class _Modules:
    """The page's modules, each with the others' names in its imports instead of their paths."""

    def __init__(self, static: Path) -> None:
        self._static = static
        self.map: dict[str, str] = {}
        """The import map: name to ``data:`` address."""
        self.workers: dict[str, str] = {}
        """Path of a worker to its ``data:`` address."""
        self._add(_START)

    def text(self, path: str) -> str:
        """The text of a file in ``static``."""
        return (self._static / path).read_text(encoding="utf-8")

    def _add(self, path: str) -> str:
        """Have a module and all that it imports in the map; gives its name there."""
        name = f"workshop/{path}"
        if name not in self.map:
            self.map[name] = ""  # for modules that import each other
            source = _INSTEAD.get(path, path)
            self._add_packages(self.text(source))
            text = _IMPORT.sub(
                lambda found: f"{found[1]}{json.dumps(self._add(_beside(path, found[3])))}", self.text(source)
            )
            self.map[name] = _data(_WORKER.sub(lambda found: self._worker(_beside(path, found[1])), text))
        return name

    def _add_packages(self, text: str) -> None:
        """Have the browser libraries that a module imports in the map, and what they import."""
        for name in set(_PACKAGE.findall(text)) & vendor.SOURCES.keys() - self.map.keys():
            library = self.text(f"vendor/{vendor.SOURCES[name][0]}.js")
            self.map[name] = _data(library)
            self._add_packages(library)

    def _worker(self, path: str) -> str:
        self.workers[path] = self._inside(path)
        return f"globalThis.workshopWorkers[{json.dumps(path)}]"

    def _inside(self, path: str) -> str:
        """A worker's module as an address: import maps do not reach it, so what it imports is inside of it."""
        text = self.text(path)
        return _data(_IMPORT.sub(lambda found: f"{found[1]}{json.dumps(self._inside(_beside(path, found[3])))}", text))


def _beside(path: str, relative: str) -> str:
    parts = path.split("/")[:-1]
    for step in relative.split("/"):
        if step == "..":
            parts.pop()
        elif step != ".":
            parts.append(step)
    return "/".join(parts)


def _data(text: str, kind: str = "text/javascript") -> str:
    return f"data:{kind};base64,{base64.b64encode(text.encode()).decode()}"


def _put_together(html: str, modules: _Modules, session: str) -> str:
    inline: list[str] = []
    styles: list[str] = []

    def script(text: str, kind: str = "") -> str:
        if "</script" in text.lower():
            raise WorkshopError("A script of the page cannot be put into a file: it has the end of a script in it.")
        inline.append(_hash(text))
        return f"<script{kind}>{text}</script>"

    def style(text: str) -> str:
        styles.append(_hash(text))
        return f"<style>{text}</style>"

    workers = f"globalThis.workshopWorkers = {json.dumps(modules.workers)};"
    imports = json.dumps({"imports": modules.map})
    html = _MAP.sub(lambda _: script(workers) + script(imports, ' type="importmap"'), html)
    html = _STYLE.sub(lambda found: style(modules.text(found[1])), html)
    html = _SCRIPT.sub(lambda found: script(modules.text(found[1])), html)
    start = f"import {json.dumps('workshop/' + _START)};"
    data = f'<script type="application/octet-stream" id="session">{session}</script>'
    html = _MODULE.sub(lambda found: data + script(start, ' type="module"') if found[1] == _START else "", html)
    html = _ICON.sub(lambda found: f'href="{_data(modules.text(found[1]), "image/svg+xml")}"', html)
    if '"static:' in html:
        raise WorkshopError("The page has a file that cannot be put into one: mend workshop/dashboard/offline.py.")
    policy = (
        f"default-src 'none'; script-src data: 'wasm-unsafe-eval' {' '.join(inline)}; "
        f"style-src {' '.join(styles)}; img-src data:; worker-src data:; base-uri 'none'; form-action 'none'"
    )
    return html.replace("<head>", f'<head>\n  <meta http-equiv="Content-Security-Policy" content="{policy}">', 1)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
