"""``workshop docker volume``: creating, listing, inspecting and removing."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import click

from workshop.cli import docker_options
from workshop.cli.docker_network import MakeApi, show
from workshop.cli.docker_text import as_json, render, table
from workshop.cli.docker_usage import DockerGroup
from workshop.engine_api import EngineAPI, EngineError


@click.group(cls=DockerGroup, options_metavar="", subcommand_metavar="COMMAND")
def volume() -> None:
    """Manage volumes."""


def path_of(name: str) -> str:
    """Where the Engine API has a volume, whatever it is called."""
    return f"/volumes/{quote(name)}"


def _fails(error: EngineError) -> int:
    click.echo(f"Error response from daemon: {error.message}", err=True)
    return 1


@volume.command()
@click.option("-d", "--driver", default="local", show_default=True, help="The plugin that makes it.")
@click.option("-o", "--opt", multiple=True, help="NAME=VALUE for the driver.")
@click.option("--label", multiple=True, help="NAME=VALUE to remember.")
@click.argument("name", required=False, default="", metavar="[VOLUME]")
@click.pass_obj
def create(make_api: MakeApi, driver: str, opt: tuple[str, ...], label: tuple[str, ...], name: str) -> int:
    """Create a volume. Without a name it gets a long one of its own."""
    body = {
        "Name": name,
        "Driver": driver,
        "DriverOpts": docker_options.pairs(opt),
        "Labels": docker_options.pairs(label),
    }
    try:
        click.echo(make_api().post("/volumes/create", body)["Name"])
    except EngineError as error:
        return _fails(error)
    return 0


@volume.command("ls")
@click.option("-q", "--quiet", is_flag=True, help="Only names.")
@click.option("-f", "--filter", "filters", multiple=True, help="driver=, name=, label= or dangling=.")
@click.option("--format", "template", help="A Go template, or json.")
@click.pass_obj
def ls(make_api: MakeApi, quiet: bool, filters: tuple[str, ...], template: str | None) -> int:
    """List volumes."""
    wanted: dict[str, list[str]] = {}
    for entry in filters:
        key, _, value = entry.partition("=")
        wanted.setdefault(key, []).append(value)
    try:
        found = make_api().get("/volumes", filters=wanted or None)["Volumes"] or []
    except EngineError as error:
        return _fails(error)
    found.sort(key=lambda each: each["Name"])
    if quiet:
        for each in found:
            click.echo(each["Name"])
        return 0
    if template:
        heading, keys = ["DRIVER", "VOLUME NAME", "SCOPE", "MOUNTPOINT"], ("Driver", "Name", "Scope", "Mountpoint")
    else:
        heading, keys = ["DRIVER", "VOLUME NAME"], ("Driver", "Name")
    show([[each[key] for key in keys] for each in found], heading, keys, False, template, table)
    return 0


@volume.command()
@click.option("-f", "--format", "template", help="A Go template, or json.")
@click.argument("names", nargs=-1, required=True, metavar="VOLUME [VOLUME...]")
@click.pass_obj
def inspect(make_api: MakeApi, template: str | None, names: tuple[str, ...]) -> int:
    """Show all about volumes."""
    api, found, failed = make_api(), [], []
    for name in names:
        try:
            found.append(api.get(path_of(name)))
        except EngineError as error:
            failed.append(error)
    click.echo("\n".join(render(template, each) for each in found) if template else as_json(found))
    return max([0, *map(_fails, failed)])


@volume.command()
@click.option("-f", "--force", is_flag=True, help="Do not complain about volumes that are not there.")
@click.argument("names", nargs=-1, required=True, metavar="VOLUME [VOLUME...]")
@click.pass_obj
def rm(make_api: Callable[[], EngineAPI], force: bool, names: tuple[str, ...]) -> int:
    """Remove volumes, with all that is in them."""
    api, failed = make_api(), []
    for name in names:
        try:
            api.delete(path_of(name), force="1" if force else None)
            click.echo(name)
        except EngineError as error:
            failed.append(error)
    return max([0, *map(_fails, failed)])
