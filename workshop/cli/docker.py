"""``workshop docker``: Docker's commands for networks, volumes and containers, with Docker's names and flags, for
the lab's practice engine.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from workshop import session
from workshop.cli import docker_network, docker_volume
from workshop.cli.docker_run import PATIENCE, copy, create, execute, run
from workshop.cli.docker_text import as_json, render, shorten, table
from workshop.cli.docker_usage import DockerGroup
from workshop.cli.sessions import chosen, session_option
from workshop.engine_api import EngineAPI, EngineError
from workshop.errors import CannotHere, UsageError


@click.group(cls=DockerGroup, subcommand_metavar="COMMAND", context_settings={"help_option_names": ["--help"]})
@click.option(
    "-H",
    "--host",
    envvar="WORKSHOP_DOCKER",
    metavar="SOCKET|NAME",
    help="The engine's socket, or the name of one of the lab's hosts; default: the first host's.",
)
@session_option
@click.pass_context
def docker(context: click.Context, host: str | None, session_pid: int | None) -> None:
    """Docker's commands for networks, volumes and containers, for the lab.

    They are Docker's own, with its names, flags and messages. An image's name is only remembered: what runs
    are this machine's own programs.
    """
    context.obj = functools.partial(_engine, host, session_pid)


for command in (docker_network.network, docker_volume.volume, run, create, execute):
    docker.add_command(command)


def _engine(host: str | None, session_pid: int | None) -> EngineAPI:
    if host and "://" in host and not host.startswith("unix://"):
        raise UsageError(
            f"This client does not go to {host}.", "-H takes only sockets (unix://…) and names of the lab's hosts."
        )
    if host and ("/" in host or Path(host).is_socket()):
        return EngineAPI(host)
    from workshop.lab import reenter

    if host and reenter.inside():  # in there, other sessions cannot be seen
        return EngineAPI(str(_of_host(host, reenter.outer_pid())))
    found = chosen(session_pid, "engine")
    if found is None:
        raise CannotHere(
            "No lab is running.",
            "Start one in another terminal: `python -m workshop demo`, or name an engine with -H.",
        )
    return EngineAPI(str(_of_host(host, found["pid"]) if host else found["engine"]))


def _of_host(name: str, pid: int) -> Path:
    """The engine's socket on one of the hosts of a lab, which is that of process ``pid``. Raises UsageError."""
    sockets = {path.parent.name: path for path in session.lab_folder(pid).glob("*/engine.sock")}
    if name not in sockets:
        raise UsageError(f"There is no host {name!r} in this lab.", f"There is {', '.join(sorted(sockets)) or 'none'}.")
    return sockets[name]


def _each(api: EngineAPI, names: tuple[str, ...], act: Callable[[str], Any], forgiving: bool = False) -> int:
    """Do one thing for each name, print those done, then the errors; the exit code."""
    failed: list[EngineError] = []
    for name in names:
        try:
            act(name)
            click.echo(name)
        except EngineError as error:
            failed.append(error)
    for error in failed:
        click.echo(f"Error response from daemon: {error.message}", err=True)
    return 1 if any(not (forgiving and error.status == 404) for error in failed) else 0


def _end(api: EngineAPI, names: tuple[str, ...], verb: str, seconds: int | None) -> int:
    """Stop or restart containers. What takes long is explained: Docker's own client only waits."""

    def one(name: str) -> None:
        after = "10 seconds, or its --stop-timeout" if seconds is None else f"{seconds} seconds"
        text = f"{name} has not answered SIGTERM yet. It is killed after {after}; `-t 0` does not wait."
        note = threading.Timer(PATIENCE, click.echo, [text], {"err": True})
        note.daemon = True
        note.start()
        try:
            api.post(f"/containers/{name}/{verb}", t=seconds)
        finally:
            note.cancel()

    return _each(api, names, one)


@docker.command()
@click.argument("containers", nargs=-1, required=True, metavar="CONTAINER [CONTAINER...]")
@click.pass_obj
def start(make_api: Callable[[], EngineAPI], containers: tuple[str, ...]) -> int:
    """Start containers that were created or stopped."""
    api, failed = make_api(), []
    for name in containers:
        try:
            api.post(f"/containers/{name}/start")
            click.echo(name)
        except EngineError as error:
            click.echo(f"Error response from daemon: {error.message}", err=True)
            failed.append(name)
    if failed:
        click.echo(f"Error: failed to start containers: {', '.join(failed)}", err=True)
    return 1 if failed else 0


@docker.command()
@click.option("-t", "--time", "--timeout", "seconds", type=int, help="Seconds before it is killed; default 10.")
@click.argument("containers", nargs=-1, required=True, metavar="CONTAINER [CONTAINER...]")
@click.pass_obj
def stop(make_api: Callable[[], EngineAPI], seconds: int | None, containers: tuple[str, ...]) -> int:
    """Stop containers: SIGTERM, then SIGKILL after 10 seconds. A plain `sleep` takes them all; `-t 0` does not wait."""
    return _end(make_api(), containers, "stop", seconds)


@docker.command()
@click.option("-t", "--time", "--timeout", "seconds", type=int, help="Seconds before it is killed; default 10.")
@click.argument("containers", nargs=-1, required=True, metavar="CONTAINER [CONTAINER...]")
@click.pass_obj
def restart(make_api: Callable[[], EngineAPI], seconds: int | None, containers: tuple[str, ...]) -> int:
    """Stop containers and start them again."""
    return _end(make_api(), containers, "restart", seconds)


@docker.command()
@click.option("-s", "--signal", "number", default="SIGKILL", show_default=True, help="The signal.")
@click.argument("containers", nargs=-1, required=True, metavar="CONTAINER [CONTAINER...]")
@click.pass_obj
def kill(make_api: Callable[[], EngineAPI], number: str, containers: tuple[str, ...]) -> int:
    """Send a signal to containers."""
    api = make_api()
    return _each(api, containers, lambda name: api.post(f"/containers/{name}/kill", signal=number))


@docker.command()
@click.option("-f", "--force", is_flag=True, help="Those that run, too.")
@click.option("-v", "--volumes", is_flag=True, help="Their volumes without a name, too.")
@click.argument("containers", nargs=-1, required=True, metavar="CONTAINER [CONTAINER...]")
@click.pass_obj
def rm(make_api: Callable[[], EngineAPI], force: bool, volumes: bool, containers: tuple[str, ...]) -> int:
    """Remove containers."""
    api = make_api()
    query = {word: "1" for word, wanted in (("force", force), ("v", volumes)) if wanted}
    return _each(api, containers, lambda name: api.delete(f"/containers/{name}", **query), forgiving=force)


@docker.command()
@click.option("-f", "--follow", is_flag=True, help="Until it ends.")
@click.argument("container")
@click.pass_obj
def logs(make_api: Callable[[], EngineAPI], follow: bool, container: str) -> int:
    """What a container wrote."""
    try:
        flag = "1" if follow else "0"
        copy(make_api().output("GET", f"/containers/{container}/logs?stdout=1&stderr=1&follow={flag}"))
    except EngineError as error:
        click.echo(f"Error response from daemon: {error.message}", err=True)
        return 1
    return 0


@docker.command()
@click.option("-a", "--all", "everyone", is_flag=True, help="Those that do not run, too.")
@click.option("-q", "--quiet", is_flag=True, help="Only IDs.")
@click.option("--no-trunc", is_flag=True, help="Nothing shortened.")
@click.option("--format", "template", help="A Go template, or json.")
@click.pass_obj
def ps(make_api: Callable[[], EngineAPI], everyone: bool, quiet: bool, no_trunc: bool, template: str | None) -> int:
    """List containers."""
    from workshop.lab.engine.render import ago

    heading = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]
    keys = ("ID", "Image", "Command", "RunningFor", "Status", "Ports", "Names")
    rows = []
    for entry in make_api().get("/containers/json", all="1" if everyone else None):
        key = entry["Id"] if no_trunc else entry["Id"][:12]
        command = entry["Command"] if no_trunc else shorten(entry["Command"], 20)
        names = ",".join(name.removeprefix("/") for name in entry["Names"])
        created = f"{ago(time.time() - entry['Created'])} ago"
        rows.append([key, entry["Image"], f'"{command}"', created, entry["Status"], "", names])
    docker_network.show(rows, heading, keys, quiet, template, table)
    return 0


@docker.command()
@click.option("-f", "--format", "template", help="A Go template, or json.")
@click.option("--type", "kind", type=click.Choice(["container", "network", "volume"]), help="Only things of this kind.")
@click.argument("names", nargs=-1, required=True, metavar="NAME|ID [NAME|ID...]")
@click.pass_obj
def inspect(make_api: Callable[[], EngineAPI], template: str | None, kind: str | None, names: tuple[str, ...]) -> int:
    """Show all about containers, networks or volumes."""
    api, found, missing = make_api(), [], []
    paths: dict[str, Callable[[str], str]] = {
        "container": "/containers/{}/json".format,
        "network": "/networks/{}".format,
        "volume": docker_volume.path_of,
    }
    for name in names:
        for path in [paths[kind]] if kind else paths.values():
            try:
                found.append(api.get(path(name)))
                break
            except EngineError as error:
                if error.status != 404:
                    raise
        else:
            missing.append(name)
    click.echo("\n".join(render(template, each) for each in found) if template else as_json(found))
    for name in missing:
        click.echo(f"Error: No such {kind or 'object'}: {name}", err=True)
    return 1 if missing else 0


@docker.command()
@click.pass_obj
def version(make_api: Callable[[], EngineAPI]) -> None:
    """Which engine answers."""
    told = make_api().get("/version")
    what = (told.get("Platform") or {}).get("Name") or "Docker Engine"
    click.echo(f"Server: {what}\n Version:           {told['Version']}")
    click.echo(f" API version:       {told['ApiVersion']} (minimum version {told['MinAPIVersion']})")
