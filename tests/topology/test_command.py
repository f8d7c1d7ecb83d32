"""`python -m workshop topology`: the network in every format; and what goes wrong, in one sentence."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.topology import samples
from workshop import session
from workshop.cli.topology import topology
from workshop.errors import UsageError, WorkshopError
from workshop.journal import Journal
from workshop.topology import graph as graphs


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A journal of two hosts, the network of which has changed since the whole was told."""
    old, new = samples.two_hosts(), samples.two_hosts()
    new["hosts"][0]["namespaces"][1]["container"]["name"] = "renamed"
    journal = Journal(tmp_path / "journal.db")
    journal.append("topology", {"graph": old, "by": None})
    journal.append("notice", {"level": "info", "text": "x", "host": ""})
    journal.append("topology", {"changes": graphs.diff(old, new), "by": None})
    journal.close()
    monkeypatch.setattr(session, "running", lambda: [{"pid": 1, "journal": str(tmp_path / "journal.db")}])
    return tmp_path / "journal.db"


def run(*words: str) -> Result:
    return CliRunner().invoke(topology, words, catch_exceptions=False)


def test_the_running_session_is_shown_as_it_is_after_all_changes(path: Path) -> None:
    shown = run().output
    assert "host alpha" in shown and "host beta" in shown and "container renamed" in shown


@pytest.mark.parametrize(
    ("form", "start"),
    [("svg", b"<?xml"), ("dot", b"graph"), ("json", b"{"), ("png", b"\x89PNG"), ("text", b"host")],
)
def test_every_format_comes_on_standard_output_and_in_a_file(
    path: Path, tmp_path: Path, form: str, start: bytes
) -> None:
    assert run("--format", form).stdout_bytes.startswith(start)
    ending = {"text": "txt"}.get(form, form)
    assert run("--output", str(tmp_path / f"a.{ending}")).exit_code == 0
    assert (tmp_path / f"a.{ending}").read_bytes().startswith(start)


def test_json_is_the_graph_and_can_be_of_one_host(path: Path) -> None:
    graph: dict[str, Any] = json.loads(run("--format", "json", "--host", "beta").output)
    assert [host["name"] for host in graph["hosts"]] == ["beta"]
    assert graph["seq"] == 3


def test_a_host_that_is_not_there_is_named_with_those_that_are(path: Path) -> None:
    with pytest.raises(UsageError, match="no host 'gamma'. There is alpha, beta"):
        run("--host", "gamma")


def test_a_name_that_ends_in_no_format_is_refused_before_anything_is_written(path: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match="a.gif ends in no format that there is. Add --format: text, svg, png, dot, json"
    ):
        run("--output", str(tmp_path / "a.gif"))
    assert not (tmp_path / "a.gif").exists()
    assert run("--output", str(tmp_path / "a.gif"), "--format", "text").exit_code == 0


def test_a_file_that_cannot_be_written_is_told(path: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkshopError, match="cannot be written"):
        run("--output", str(tmp_path / "no" / "a.svg"))


def test_a_journal_without_network_is_told(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.db").close()
    with pytest.raises(WorkshopError, match="tells of no network"):
        run("--journal", str(tmp_path / "journal.db"))


def test_without_a_session_the_own_namespace_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "running", lambda: [])
    assert re.match(r"host \S+\n", run().output)


def test_the_command_starts_without_heavy_modules() -> None:
    heavy = ("pyroute2", "graphviz", "asyncio")
    code = f"import sys, workshop.cli.topology; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
