"""``workshop serve``: the plugin for a real Docker."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import click

from workshop.errors import WRONG_USE, CannotHere, UsageError, WorkshopError

PLUGINS = "/run/docker/plugins"
ENGINE = "/var/run/docker.sock"


@click.command()
@click.option("--driver", default="all", show_default=True, help="Kind of network; with `all`, `-o type=` chooses.")
@click.option(
    "--name",
    default="workshop",
    show_default=True,
    help="What users give as `docker network create -d NAME`.",
)
@click.option("--plugin-dir", default=PLUGINS, show_default=True, help="Where Docker looks for plugins' sockets.")
@click.option("--state-dir", default=None, help="Where networks, endpoints and the journal are kept.")
@click.option(
    "--scope",
    type=click.Choice(["local", "global"]),
    default="local",
    show_default=True,
    help="Reach of networks.",
)
@click.option(
    "--listen",
    default="unix",
    show_default=True,
    help="`unix`, or `tcp://HOST:PORT` with a file that tells Docker.",
)
@click.option(
    "--spec-dir",
    default="/etc/docker/plugins",
    show_default=True,
    help="For TCP: where that file is written.",
)
@click.option(
    "--spec",
    type=click.Choice(["spec", "json"]),
    default="spec",
    show_default=True,
    help="For TCP: that file's kind.",
)
@click.option("--dashboard", default="127.0.0.1:8600", show_default=True, help="HOST:PORT of the dashboard.")
@click.option("--no-dashboard", is_flag=True, help="Without the dashboard.")
@click.option(
    "--docker-socket",
    default=ENGINE,
    show_default=True,
    help="Where to look up names of networks and containers.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="The log's form.",
)
@click.option(
    "--log-level",
    type=click.Choice(["info", "warning", "error"]),
    default="info",
    show_default=True,
    help="What is logged: all, what went wrong, errors of the plugin itself.",
)
@click.option("--log-file", default=None, help="Write the log to this file too.")
def serve(
    driver: str,
    name: str,
    plugin_dir: str,
    state_dir: str | None,
    scope: str,
    listen: str,
    spec_dir: str,
    spec: str,
    dashboard: str,
    no_dashboard: bool,
    docker_socket: str,
    log_format: str,
    log_level: str,
    log_file: str | None,
) -> None:
    """Run the plugin for a real Docker, until Ctrl-C. Networks outlive it, and it finds them again."""
    from workshop import drivers, session
    from workshop.cli.address import address_of, bind
    from workshop.cli.fresh import Fresh
    from workshop.cli.rights import need_net_admin
    from workshop.cli.running import Running, signals_as_event
    from workshop.kernel import pinned
    from workshop.kernel.namespaces import Namespace
    from workshop.plugin.holding import MANAGED, SOCKET
    from workshop.plugin.plugin import Plugin
    from workshop.plugin.server import Place, tcp, unix_socket

    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", name):
        raise UsageError(f"{name!r} cannot be a plugin's name.", "Use letters, digits, '_', '.' and '-'.")
    drivers.load(driver)
    over_tcp = _tcp_address(listen)
    if not no_dashboard:
        address_of(dashboard)
    need_net_admin("Run with sudo, or try `python -m workshop demo`, which needs no root.")

    def place() -> Place:
        if over_tcp is None:
            return unix_socket(Path(plugin_dir), name)
        return tcp(*over_tcp, Path(spec_dir), name, spec)

    session.sweep()
    state = Path(state_dir) if state_dir else session.state_dir()
    found_in = Path(plugin_dir if over_tcp is None else spec_dir)
    with signals_as_event() as ended, Fresh(state, found_in) as fresh, contextlib.ExitStack() as stack:
        with _or_cannot():
            shown = None if no_dashboard else bind(dashboard)
            where = place()
            placed = stack.enter_context(contextlib.ExitStack())
            placed.callback(where.remove)
            running = stack.enter_context(Running("serve", state))
            namespace = Namespace.current()
            try:
                store, rooms = state / "store.db", pinned.FOLDER
                plugin = Plugin(namespace, running.journal, store, name=name, driver=driver, scope=scope, rooms=rooms)
            except WorkshopError:
                fresh.keep()  # another that began at the same moment has made it, and holds the store
                raise
            running.log(log_format, Path(log_file) if log_file else None, level=log_level)
            running.watch({plugin.host.name: namespace}, Path(docker_socket))
            placed.pop_all()
            running.plug_in(plugin, where)
            limit, parts = MANAGED if os.environ.get("WORKSHOP_MANAGED") else SOCKET, [running.walking()]
            url = running.show(*shown, limit=limit, engine="Docker", driver=driver, parts=parts) if shown else ""
        fresh.keep()
        running.announce()
        if log_format == "json":
            click.echo(json.dumps({"ready": True, "plugin": where.address, "dashboard": url or None}))
        else:
            click.echo(
                f"Ready: Docker finds the plugin {name!r} at {where.address}." + (f" Dashboard: {url}" if url else "")
            )
        if over_tcp is not None and not _loopback(over_tcp[0]):
            running.warn(f"Who can reach {where.address} can change this machine's networks: use a loopback address.")
        ended.wait()


def _tcp_address(listen: str) -> tuple[str, int] | None:
    """Host and port of ``tcp://HOST:PORT``; ``None`` for ``unix``. Raises UsageError for anything else."""
    if listen == "unix":
        return None
    match = re.fullmatch(r"tcp://(\[[^\[\]]+\]|[^\[\]:/]+):(\d{1,5})", listen, re.ASCII)
    if not match or int(match[2]) > 65535:
        raise UsageError(f"{listen!r} is no address to listen on.", "Give `unix` or tcp://HOST:PORT.")
    return match[1].strip("[]"), int(match[2])


@contextlib.contextmanager
def _or_cannot() -> Iterator[None]:
    """Whatever refuses to start here, be it a socket, a port or a store that another has: this machine cannot."""
    try:
        yield
    except WorkshopError as error:
        if error.exit_code == WRONG_USE:
            raise
        raise CannotHere(error.message, error.remedy) from None


def _loopback(host: str) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
