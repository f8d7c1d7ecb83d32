"""A file that cannot be loaded becomes a finding that names file, line and remedy."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.course.learners import Told, learner
from tests.lab.inside import call_in_lab
from workshop.course.verdict import Finding

pytestmark = pytest.mark.lab


@dataclass(frozen=True)
class Case:
    """A file's text, what the title of the finding has to be, its line, and what stands in ``seen`` and ``expected``.

    ``title`` is ``None`` for one that can be loaded. ``seconds`` is how long it may take.
    """

    text: str | bytes | None
    title: str | None
    line: int | None = None
    seen: str = ""
    expected: str = ""
    routes: tuple[str, ...] = ("create_network",)
    seconds: float = 30.0


GOOD = "def create_network(request, host):\n    return {}\n"

CASES = {
    "good": Case(GOOD, None),
    "with its own helper": Case(
        "from beside import answer\ndef create_network(request, host):\n    return answer", None
    ),
    "byte order mark": Case(b"\xef\xbb\xbf" + GOOD.encode(), None),
    "windows lines": Case(GOOD.replace("\n", "\r\n"), None),
    "latin 1, as it says": Case(b"# coding: latin-1\n# \xe9\n" + GOOD.encode(), None),
    "decorated": Case(
        """
        import functools
        def told(handler):
            @functools.wraps(handler)
            def inner(*arguments):
                print("called")
                return handler(*arguments)
            return inner
        @told
        def create_network(request, host):
            return {}
        """,
        None,
    ),
    "a lambda": Case("create_network = lambda request, host: {}", None),
    "more parameters with defaults": Case("def create_network(request, host, verbose=False):\n    return {}", None),
    "an import named as a route": Case("from os.path import join\n" + GOOD, None),
    "missing": Case(
        None, "handler.py is missing", seen="no file handler.py in ", expected="`reset` brings the first one back"
    ),
    "not utf-8": Case(
        b"1\n2\n# caf\xe9\n", "handler.py is not UTF-8 (byte 0xe9 in line 3)", 3, "line 3 has the byte", "save it so"
    ),
    "not utf-8, in its first line": Case(
        b"# caf\xe9\n", "handler.py is not UTF-8 (byte 0xe9 in line 1)", 1, "line 1 has the byte 0xe9", "save it so"
    ),
    "not what it says": Case(
        b"# coding: ascii\n# caf\xc3\xa9\n", "handler.py is not ASCII (byte 0xc3 in line 2)", 2, expected="in UTF-8"
    ),
    "utf-16 of Windows": Case(
        GOOD.encode("utf-16"), "handler.py is not UTF-8, but UTF-16", 1, "the mark of UTF-16", "a file in UTF-8; tell"
    ),
    "no such encoding": Case(
        "# coding: klingon\n" + GOOD, "handler.py says that it is written in an encoding that there is not", 1
    ),
    "null bytes": Case(b"x = 1\0\n", "handler.py is not Python: *null bytes*"),
    "asks": Case(
        "name = input()\n", "handler.py cannot be loaded: it called input(); a handler has no keyboard: *", 1, "input()"
    ),
    "too large": Case("#" * (2 << 20), "handler.py is too large", expected="a few KB"),
    "never closed": Case(
        "def create_network(request, host):\n    print(1\n    return {}\n",
        "handler.py is not Python: '(' was never closed (line 2)",
        2,
        "print(1\n     ^",
    ),
    "no colon": Case(
        "def create_network(request, host)\n    return {}\n",
        "handler.py is not Python: expected ':' (line 1)",
        1,
        "def create_network(request, host)\n                                 ^",
    ),
    "a very long line": Case(
        f"x = {' + '.join('1' * 5000)} ! 2\n",
        "handler.py is not Python: invalid syntax (line 1)",
        1,
        f"{('1 + ' * 20)[:78]}",
    ),
    "indentation": Case(
        "def create_network(request, host):\nreturn {}\n", "handler.py is not Python: expected an indented block*", 2
    ),
    "empty": Case("", "handler.py has no function create_network", None, "no function at all"),
    "misspelled": Case(
        "\ndef create_netwrok(request, host):\n    return {}\n",
        "handler.py has no function create_network, but create_netwrok",
        2,
        "functions: create_netwrok",
        "did you mean create_netwrok to be it?",
    ),
    "as Docker writes it": Case(
        "def CreateNetwork(request, host):\n    return {}\n",
        "handler.py has no function create_network, but CreateNetwork",
        1,
    ),
    "one of two": Case(
        GOOD,
        "handler.py has no function delete_network",
        None,
        "functions: create_network",
        "def delete_network(request, host):",
        ("create_network", "delete_network"),
    ),
    "no function": Case(
        "\ncreate_network = {}\n", "create_network in handler.py is no function", 2, "create_network = {}"
    ),
    "somebody else's function": Case(
        "import os\nfrom os.path import join\n",
        "join in handler.py is not your function, but <function join at *",
        2,
        "join comes from elsewhere",
        "def join(request, host):",
        ("join",),
    ),
    "too few parameters": Case(
        "\ndef create_network(request):\n    return {}\n",
        "create_network takes (request), and is called with (request, host)",
        2,
        "def create_network(request)",
        "def create_network(request, host):",
    ),
    "too many parameters": Case(
        "def create_network(self, request, host):\n    return {}\n",
        "create_network takes (self, request, host), and is called with (request, host)",
        1,
    ),
    "a wrong one that was not asked for": Case(
        GOOD + "def leave(request):\n    return {}\n", "leave takes (request), and is called with (request, host)", 3
    ),
    "async": Case("async def create_network(request, host):\n    return {}\n", "create_network is `async def`*", 1),
    "generator": Case("def create_network(request, host):\n    yield {}\n", "create_network has a `yield` in it*", 1),
    "module not installed": Case(
        "import os\nimport pyroute\n",
        "handler.py cannot be loaded: there is no module pyroute, but pyroute2",
        2,
        "import of pyroute",
        "did you mean `pyroute2`?",
    ),
    "module of nobody": Case(
        "import nosuchthingatall\n",
        "handler.py cannot be loaded: there is no module nosuchthingatall",
        1,
        expected="-m pip install",
    ),
    "part of a module": Case(
        "import workshop.nothing\n", "handler.py cannot be loaded: there is no module workshop.nothing", 1
    ),
    "name of a module": Case(
        "from workshop import PluginErorr\n",
        "handler.py cannot be loaded: workshop has no PluginErorr, but PluginError",
        1,
        "import of PluginErorr from workshop",
        "did you mean `PluginError`?",
    ),
    "raises": Case(
        "def helper():\n    return 1 / 0\n\nhelper()\n",
        "handler.py cannot be loaded: ZeroDivisionError: division by zero (handler.py, line 2)",
        2,
        "ZeroDivisionError: division by zero",
    ),
    "unknown name": Case(
        "LIMIT = limit + 1\n", "handler.py cannot be loaded: NameError: name 'limit' is not defined*", 1
    ),
    "raises in its helper": Case(
        "import broken\n", "handler.py cannot be loaded: ZeroDivisionError: * (broken.py, line 2)", 2
    ),
    "its helper is no Python": Case(
        "import wrong\n", "handler.py cannot be loaded: SyntaxError: * (wrong.py, line 1)", 1
    ),
    "exits": Case(
        "import sys\nsys.exit(2)\n", "handler.py ends the program while it is loaded: sys.exit(2)", 2, "sys.exit(2)"
    ),
    "ends itself": Case(
        "import os\nos._exit(3)\n",
        "handler.py cannot be loaded: it ended its process with os._exit(3); * (handler.py, line 2)",
        2,
    ),
    "loops": Case(
        "number = 0\nwhile True:\n    number += 1\n",
        "handler.py cannot be loaded: it did not answer within 1 s, and was stopped (handler.py, line *)",
        seconds=1.0,
    ),
    "segfaults": Case(
        "import ctypes\nctypes.string_at(0)\n",
        "handler.py cannot be loaded: its process died of SIGSEGV* (handler.py, line 2)",
        2,
    ),
    "eats memory": Case(
        "kept = []\nwhile True:\n    kept.append(bytearray(10_000_000))\n",
        "handler.py takes more than 512 MB of memory while it is loaded",
        3,
    ),
    "leaves a program": Case(
        "import subprocess\nsubprocess.Popen(['sleep', '1000'])\n" + GOOD,
        "handler.py cannot be loaded: it leaves `sleep 1000` running",
    ),
    "bomb": Case(
        "import os\nwhile True:\n    os.fork()\n",
        "handler.py cannot be loaded: it had more than 64 processes at once, and was stopped*",
    ),
}

BESIDE = {
    "beside.py": "answer = {}\n",
    "broken.py": "\nanswer = 1 / 0\n",
    "wrong.py": "answer = (\n",
}


@dataclass
class Result:
    """What came of loading one file."""

    handlers: tuple[str, ...]
    problem: Finding | None
    told: Told = field(default_factory=Told)


def load_all(folder: Path) -> dict[str, Result]:
    """Load every case's file, in one lab."""
    results, told = {}, Told()
    with learner(told=told) as one:
        for number, (name, case) in enumerate(CASES.items()):
            place = folder / str(number)
            place.mkdir()
            for file, text in BESIDE.items():
                (place / file).write_text(text)
            if isinstance(case.text, bytes):
                (place / "handler.py").write_bytes(case.text)
            elif case.text is not None:
                (place / "handler.py").write_text(textwrap.dedent(case.text), newline="")
            before, one.seconds = len(told.events), case.seconds
            loaded = one.load(place / "handler.py", case.routes)
            results[name] = Result(loaded.handlers, loaded.problem, Told(told.events[before:]))
            assert sorted(path.name for path in place.iterdir()) == sorted(
                [*BESIDE, *(["handler.py"] if case.text is not None else [])]
            ), "loading has left files in the learner's folder"
    return results


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    folder = tmp_path_factory.mktemp("load")
    return call_in_lab(lambda: load_all(folder))


def like(text: str, pattern: str) -> bool:
    """Whether a text is as the pattern says, in which ``*`` is anything."""
    pieces = pattern.split("*")
    if len(pieces) == 1:
        return text == pattern
    return text.startswith(pieces[0]) and text.endswith(pieces[-1]) and all(piece in text for piece in pieces)


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_with_a_file_is_told(name: str, results: dict[str, Result]):
    case, result = CASES[name], results[name]
    if case.title is None:
        assert result.problem is None
        assert result.handlers == case.routes
        return
    problem = result.problem
    assert problem is not None
    assert like(problem.title, case.title), problem.title
    assert problem.check == "loads"
    assert problem.file is not None
    assert Path(problem.file).name in ("handler.py", *BESIDE)
    assert problem.expected
    assert problem.seen
    assert problem.why
    assert case.seen in problem.seen
    assert case.expected in problem.expected
    if case.line is not None:
        assert problem.line == case.line
    assert result.handlers == ()


def test_the_finding_is_about_the_route_that_is_missing(results: dict[str, Result]):
    assert results["one of two"].problem.route == "NetworkDriver.DeleteNetwork"


def test_a_file_that_raises_shows_its_own_lines_alone(results: dict[str, Result]):
    assert results["raises in its helper"].told.lines("traceback") == [
        "Traceback (most recent call last):",
        '  File "handler.py", line 1, in <module>',
        "    import broken",
        '  File "broken.py", line 2, in <module>',
        "    answer = 1 / 0",
        *([] if len(results["raises in its helper"].told.lines("traceback")) == 6 else ["             ~~^~~"]),
        "ZeroDivisionError: division by zero",
    ]


def test_a_file_with_a_mistake_in_its_grammar_shows_the_place(results: dict[str, Result]):
    assert results["never closed"].told.lines("traceback") == [
        '  File "handler.py", line 2',
        "    print(1",
        "         ^",
        "SyntaxError: '(' was never closed",
    ]
