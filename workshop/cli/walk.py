"""`python -m workshop walk A B`: one packet's way through the network, hop by hop. The session sends it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from workshop.cli.sessions import chosen, session_option
from workshop.errors import DONE, FAILED, CannotHere, UsageError, WorkshopError

PATIENCE = 20.0
"""Seconds that the session has for an answer: a walk takes three at most, on a machine that has time."""


@click.command("walk")
@click.argument("source", metavar="A")
@click.argument("target", metavar="B")
@click.option("--tcp", type=click.IntRange(1, 65535), metavar="PORT", help="A TCP connection instead of a ping.")
@click.option(
    "--pcapng", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Save what was captured."
)
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON object.")
@session_option
def walk(source: str, target: str, tcp: int | None, pcapng: Path | None, as_json: bool, session_pid: int | None) -> int:
    """Send a packet from A to B, see it on every interface on its way, and tell what each decided.

    A and B are containers, `host`, or `outside`. B may have a port: `host:8080`. If the packet does not arrive, the
    last interface that saw it and the most probable reason are told, and the exit code is 1.
    """
    now = chosen(session_pid, "dashboard")
    if now is None:
        raise CannotHere("No session runs that could walk.", "Start `serve`, `demo` or `exercise` first.")
    asking = _Session(now["dashboard"])
    result = asking.post({"from": source, "to": target, "tcp": tcp})
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        from workshop.journal.text import harmless
        from workshop.walk.text import lines

        for line in lines(result, harmless):
            click.echo(line)
    if pcapng is not None:
        _save(pcapng, asking.get(f"/{result['number']}.pcapng"))
    return DONE if result["outcome"] == "answered" else FAILED


def _save(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise CannotHere(f"{path} cannot be written ({error.strerror}).", "Give --pcapng another path.") from None


class _Session:
    """The session's dashboard, asked over HTTP with its token."""

    def __init__(self, dashboard: str) -> None:
        parted = urlsplit(dashboard)
        self._host, self._port = parted.hostname or "127.0.0.1", parted.port or 80
        self._token = parted.fragment.partition("token=")[2]

    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Ask for a walk. Raises WorkshopError with what the session says instead."""
        return json.loads(self._ask("POST", "", json.dumps(body)))

    def get(self, path: str) -> bytes:
        """Get something of the walk's."""
        return self._ask("GET", path, None)

    def _ask(self, method: str, path: str, body: str | None) -> bytes:
        import http.client

        connection = http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE)
        headers = {"X-Workshop-Token": self._token, "Content-Type": "application/json"}
        try:
            connection.request(method, f"/api/walk{path}", body, headers)
            answer = connection.getresponse()
            data = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise WorkshopError(f"The session does not answer ({error}).", "Is it still running?") from None
        finally:
            connection.close()
        if answer.status == 200:
            return data
        raise _refused(answer.status, data)


def _refused(status: int, data: bytes) -> WorkshopError:
    try:
        said = str(json.loads(data)["error"])
    except (ValueError, KeyError, TypeError):
        said = f"The session cannot walk (its dashboard answered {status})."
    kind = {400: UsageError, 503: CannotHere}.get(status, WorkshopError)
    return kind(said)
