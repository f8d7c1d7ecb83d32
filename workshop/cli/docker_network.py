"""``workshop docker network``: creating, listing, inspecting, removing, connecting and disconnecting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from workshop.cli import docker_options
from workshop.cli.docker_options import BadOption
from workshop.cli.docker_text import as_json, render, table
from workshop.cli.docker_usage import DockerGroup
from workshop.engine_api import EngineAPI, EngineError

MakeApi = Callable[[], EngineAPI]


@click.group(cls=DockerGroup, options_metavar="", subcommand_metavar="COMMAND")
def network() -> None:
    """Manage networks."""


def _fails(error: EngineError) -> int:
    click.echo(f"Error response from daemon: {error.message}", err=True)
    return 1


@network.command()
@click.option("-d", "--driver", default="workshop", show_default=True, help="The plugin that makes it.")
@click.option("--subnet", multiple=True, help="Addresses, as in 10.9.0.0/24; may be repeated.")
@click.option("--gateway", multiple=True, help="The gateway's address in the subnet.")
@click.option("--ip-range", multiple=True, help="The part of the subnet to take addresses from.")
@click.option("--aux-address", multiple=True, help="NAME=ADDRESS that no container gets.")
@click.option("--ipam-driver", default="default", show_default=True, help="The plugin that gives out addresses.")
@click.option("--ipam-opt", multiple=True, help="NAME=VALUE for it.")
@click.option("--ipv6/--no-ipv6", default=False, help="With IPv6 addresses.")
@click.option("--ipv4", type=bool, default=True, help="With IPv4 addresses (28 and later know how to do without).")
@click.option("--internal", is_flag=True, help="With no way out.")
@click.option("--attachable", is_flag=True, help="Remembered.")
@click.option("-o", "--opt", multiple=True, help="NAME=VALUE for the driver.")
@click.option("--label", multiple=True, help="NAME=VALUE to remember.")
@click.argument("name", metavar="NETWORK")
@click.pass_obj
def create(make_api: MakeApi, name: str, **options: Any) -> int:
    """Create a network."""
    aux = docker_options.pairs(options["aux_address"])
    try:
        config = docker_options.subnets(options["subnet"], options["ip_range"], options["gateway"], aux)
    except BadOption as error:
        click.echo(error.message, err=True)
        return 1
    body = {
        "Name": name,
        "CheckDuplicate": True,
        "Driver": options["driver"],
        "Internal": options["internal"],
        "Attachable": options["attachable"],
        "EnableIPv4": options["ipv4"],
        "EnableIPv6": options["ipv6"],
        "IPAM": {
            "Driver": options["ipam_driver"],
            "Options": docker_options.pairs(options["ipam_opt"]),
            "Config": config,
        },
        "Options": docker_options.pairs(options["opt"]),
        "Labels": docker_options.pairs(options["label"]),
    }
    try:
        click.echo(make_api().post("/networks/create", body)["Id"])
    except EngineError as error:
        return _fails(error)
    return 0


@network.command("ls")
@click.option("-q", "--quiet", is_flag=True, help="Only IDs.")
@click.option("--no-trunc", is_flag=True, help="Nothing shortened.")
@click.option("-f", "--filter", "filters", multiple=True, help="driver=, name=, id=, label=, scope= or type=.")
@click.option("--format", "template", help="A Go template, or json.")
@click.pass_obj
def ls(make_api: MakeApi, quiet: bool, no_trunc: bool, filters: tuple[str, ...], template: str | None) -> int:
    """List networks."""
    wanted: dict[str, list[str]] = {}
    for entry in filters:
        key, _, value = entry.partition("=")
        wanted.setdefault(key, []).append(value)
    try:
        found = make_api().get("/networks", filters=wanted or None)
    except EngineError as error:
        return _fails(error)
    length = None if no_trunc else 12
    rows = [[each["Id"][:length], each["Name"], each["Driver"], each["Scope"]] for each in found]
    rows.sort(key=lambda row: row[1])
    show(
        rows,
        ["NETWORK ID", "NAME", "DRIVER", "SCOPE"],
        ("ID", "Name", "Driver", "Scope"),
        quiet,
        template,
        table,
    )
    return 0


def show(
    rows: list[list[str]],
    heading: list[str],
    keys: tuple[str, ...],
    quiet: bool,
    template: str | None,
    as_table: Callable[[list[list[str]]], str],
) -> None:
    """Print rows as IDs, by a template whose fields are ``keys``, or as a table."""
    if quiet:
        lines = [row[0] for row in rows]
    elif template and template.startswith("table "):
        titles = dict(zip(keys, heading, strict=True))
        filled = [render(template[6:], fields) for fields in (titles, *_fields(rows, keys))]
        lines = [as_table([line.split("\t") for line in filled])]
    elif template:
        lines = [render(template, fields) for fields in _fields(rows, keys)]
    else:
        lines = [as_table([heading, *rows])]
    if lines:
        click.echo("\n".join(lines))


def _fields(rows: list[list[str]], keys: tuple[str, ...]) -> list[dict[str, str]]:
    return [dict(zip(keys, row, strict=True)) for row in rows]


@network.command()
@click.option("-f", "--format", "template", help="A Go template, or json.")
@click.argument("names", nargs=-1, required=True, metavar="NETWORK [NETWORK...]")
@click.pass_obj
def inspect(make_api: MakeApi, template: str | None, names: tuple[str, ...]) -> int:
    """Show all about networks."""
    api, found, failed = make_api(), [], []
    for name in names:
        try:
            found.append(api.get(f"/networks/{name}"))
        except EngineError as error:
            failed.append(error)
    click.echo("\n".join(render(template, each) for each in found) if template else as_json(found))
    return max([0, *map(_fails, failed)])


@network.command()
@click.option("-f", "--force", is_flag=True, help="Do not complain about networks that are not there.")
@click.argument("names", nargs=-1, required=True, metavar="NETWORK [NETWORK...]")
@click.pass_obj
def rm(make_api: MakeApi, force: bool, names: tuple[str, ...]) -> int:
    """Remove networks."""
    api, failed = make_api(), []
    for name in names:
        try:
            api.delete(f"/networks/{name}")
            click.echo(name)
        except EngineError as error:
            if not (force and error.status == 404):
                failed.append(error)
    return max([0, *map(_fails, failed)])


@network.command()
@click.option("--ip", help="IPv4 address.")
@click.option("--ip6", help="IPv6 address.")
@click.option("--alias", "aliases", multiple=True, help="A further name on this network.")
@click.option("--driver-opt", multiple=True, help="NAME=VALUE for the driver.")
@click.option("--gw-priority", type=int, default=0, help="The network with the highest has the default gateway.")
@click.argument("name", metavar="NETWORK")
@click.argument("container")
@click.pass_obj
def connect(make_api: MakeApi, name: str, container: str, **options: Any) -> int:
    """Connect a container to a network."""
    addresses = {"IPv4Address": options["ip"], "IPv6Address": options["ip6"]}
    config = {
        "IPAMConfig": {key: value for key, value in addresses.items() if value},
        "Aliases": list(options["aliases"]),
        "DriverOpts": docker_options.pairs(options["driver_opt"]),
        "GwPriority": options["gw_priority"],
    }
    try:
        make_api().post(f"/networks/{name}/connect", {"Container": container, "EndpointConfig": config})
    except EngineError as error:
        return _fails(error)
    return 0


@network.command()
@click.option("-f", "--force", is_flag=True, help="Accepted.")
@click.argument("name", metavar="NETWORK")
@click.argument("container")
@click.pass_obj
def disconnect(make_api: MakeApi, name: str, container: str, force: bool) -> int:
    """Disconnect a container from a network."""
    try:
        make_api().post(f"/networks/{name}/disconnect", {"Container": container, "Force": force})
    except EngineError as error:
        return _fails(error)
    return 0
