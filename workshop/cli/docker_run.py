"""``workshop docker run``, ``create`` and ``exec``: what starts a process."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import click

from workshop.cli import docker_options
from workshop.cli.docker_options import BadOption
from workshop.cli.docker_usage import DockerCommand
from workshop.engine_api import EngineAPI, EngineError

PATIENCE = 1.5
"""Seconds after which it is said why a container has not ended yet."""

RUN_HINT = "\nRun 'docker run --help' for more information"
_AFTER_IMAGE = {"allow_interspersed_args": False, "help_option_names": ["--help"]}


def _create_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option("--name", default="", help="The container's name."),
            click.option("--network", "--net", "networks", multiple=True, help="Connect it to a network."),
            click.option("--network-alias", "--net-alias", "aliases", multiple=True, help="A further name on it."),
            click.option("--ip", help="IPv4 address."),
            click.option("--ip6", help="IPv6 address."),
            click.option("--mac-address", help="MAC address."),
            click.option("-p", "--publish", multiple=True, help="[IP:][HOST:]PORT[/PROTO], single or a range."),
            click.option("-P", "--publish-all", is_flag=True, help="Publish all exposed ports, on random ones."),
            click.option("--expose", multiple=True, help="PORT[/PROTO] that others may be told of."),
            click.option("-v", "--volume", "volumes", multiple=True, help="[VOLUME:]PATH[:ro]: a volume at a path."),
            click.option("--volume-driver", default="", help="The plugin that makes volumes that are not there."),
            click.option(
                "--mount",
                "mounts",
                multiple=True,
                callback=docker_options.mounts,
                help="type=volume,src=VOLUME,dst=PATH[,ro].",
            ),
            click.option("-h", "--hostname", default="", help="The name it calls itself."),
            click.option("-e", "--env", multiple=True, help="NAME=VALUE for its environment."),
            click.option("-l", "--label", multiple=True, help="NAME=VALUE to remember."),
            click.option("-w", "--workdir", default="", help="The folder it starts in."),
            click.option("--entrypoint", default="", help="A program in front of the command."),
            click.option("--stop-timeout", type=int, help="Seconds between SIGTERM and SIGKILL."),
            click.option("--cap-add", multiple=True, help="A capability more, such as NET_ADMIN."),
            click.option("--cap-drop", multiple=True, help="A capability less, or ALL."),
            click.option("-i", "--interactive", is_flag=True, help="Accepted; input is not passed on."),
            click.option("-t", "--tty", is_flag=True, help="Accepted; there is no terminal."),
            click.option("--rm", "auto_remove", is_flag=True, help="Remove it when it ends."),
            click.argument("image"),
            click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND] [ARG...]"),
        )
    ):
        command = option(command)
    return command


def _create(api: EngineAPI, o: dict[str, Any]) -> str:
    """Create a container from the options of `docker run`; its ID."""
    mac = docker_options.checked_mac(o["mac_address"])
    bindings = docker_options.published(o["publish"])
    binds, places = docker_options.volumes(o["volumes"])
    mode, endpoints = docker_options.networks(o["networks"], o["aliases"], o["ip"], o["ip6"], mac)
    body = {
        "Hostname": o["hostname"],
        "Env": docker_options.environment(o["env"]),
        "Cmd": list(o["command"]),
        "Entrypoint": [o["entrypoint"]] if o["entrypoint"] else None,
        "Image": o["image"],
        "Labels": docker_options.pairs(o["label"]),
        "WorkingDir": o["workdir"],
        "StopTimeout": o["stop_timeout"],
        "ExposedPorts": docker_options.exposed(o["expose"]) | {port: {} for port in bindings},
        "MacAddress": mac,
        "Volumes": {place: {} for place in places},
        "HostConfig": {
            "NetworkMode": mode,
            "Binds": binds,
            "Mounts": o["mounts"],
            "VolumeDriver": o["volume_driver"],
            "PortBindings": bindings,
            "PublishAllPorts": o["publish_all"],
            "AutoRemove": o["auto_remove"],
            "CapAdd": list(o["cap_add"]),
            "CapDrop": list(o["cap_drop"]),
        },
        "NetworkingConfig": {"EndpointsConfig": endpoints},
    }
    return api.post("/containers/create", body, name=o["name"] or None)["Id"]


def _refused(text: str, code: int = 125) -> int:
    click.echo(f"docker: {text}\n{RUN_HINT}", err=True)
    return code


def _exit_code(message: str) -> int:
    """The exit code of Docker's client for a container that could not be made or started."""
    if "executable file not found" in message or "no such file or directory" in message:
        return 127
    return 126 if "permission denied" in message or "is a directory" in message else 125


@click.command(cls=DockerCommand, context_settings=_AFTER_IMAGE)
@click.option("-d", "--detach", is_flag=True, help="Let it run, and print its ID.")
@_create_options
@click.pass_obj
def run(make_api: Callable[[], EngineAPI], detach: bool, **options: Any) -> int:
    """Create and start a container."""
    api = make_api()
    try:
        key = _create(api, options)
    except BadOption as error:
        return _refused(error.message)
    except EngineError as error:
        text = f"Error response from daemon: {error.message}"
        if error.message == "no command specified":
            text += f"\nThere are no images here: say what is to run, as in `docker run {options['image']} sleep 60`."
        return _refused(text, _exit_code(error.message))
    output = None if detach else api.attach(f"/containers/{key}/attach?stream=1&stdout=1&stderr=1")
    if detach:
        click.echo(key)  # Docker's client says it even if the container does not start
    try:
        api.post(f"/containers/{key}/start")
    except EngineError as error:
        return _refused(f"Error response from daemon: {error.message}", _exit_code(error.message))
    if output is None:
        return 0
    with _forwarded(api, key, options["name"] or key[:12]):
        copy(output)
        return int(api.post(f"/containers/{key}/wait")["StatusCode"])


@contextlib.contextmanager
def _forwarded(api: EngineAPI, key: str, name: str) -> Iterator[None]:
    """Ctrl-C goes to the container, as Docker's client has it. A second one leaves it alone."""
    text = f"\n{name} has not answered Ctrl-C. Another one leaves it running; `docker rm -f {name}` ends it."
    note = threading.Timer(PATIENCE, click.echo, [text], {"err": True})
    note.daemon = True

    def forward(*_: object) -> None:
        if note.ident is not None:
            raise KeyboardInterrupt
        note.start()
        with contextlib.suppress(EngineError):  # it has just ended
            api.post(f"/containers/{key}/kill", signal="SIGINT")

    before = signal.signal(signal.SIGINT, forward)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        note.cancel()


@click.command(cls=DockerCommand, context_settings=_AFTER_IMAGE)
@_create_options
@click.pass_obj
def create(make_api: Callable[[], EngineAPI], **options: Any) -> int:
    """Create a container without starting it."""
    try:
        click.echo(_create(make_api(), options))
    except BadOption as error:
        return _refused(error.message, 1)
    except EngineError as error:
        click.echo(f"Error response from daemon: {error.message}", err=True)
        return 1
    return 0


@click.command("exec", cls=DockerCommand, context_settings=_AFTER_IMAGE)
@click.option("-d", "--detach", is_flag=True, help="Do not wait for it.")
@click.option("-e", "--env", multiple=True, help="NAME=VALUE for its environment.")
@click.option("-w", "--workdir", default="", help="The folder it starts in.")
@click.option("-i", "--interactive", is_flag=True, help="Accepted; input is not passed on.")
@click.option("-t", "--tty", is_flag=True, help="Accepted; there is no terminal.")
@click.argument("container")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND [ARG...]")
@click.pass_obj
def execute(
    make_api: Callable[[], EngineAPI], detach: bool, env: tuple[str, ...], workdir: str, container: str,
    command: tuple[str, ...], **_: Any,
) -> int:  # fmt: skip
    """Run a further command in a running container."""
    api = make_api()
    body = {
        "Cmd": list(command),
        "Env": docker_options.environment(env),
        "WorkingDir": workdir,
        "AttachStdout": True,
        "AttachStderr": True,
    }
    try:
        key = api.post(f"/containers/{container}/exec", body)["Id"]
        if detach:
            api.post(f"/exec/{key}/start", {"Detach": True})
            return 0
        copy(api.output("POST", f"/exec/{key}/start", {"Detach": False, "Tty": False}))
        return int(_ended(api, key))
    except EngineError as error:
        click.echo(f"Error response from daemon: {error.message}", err=True)
        return 1


def _ended(api: EngineAPI, key: str) -> int:
    while (code := api.get(f"/exec/{key}/json")["ExitCode"]) is None:
        time.sleep(0.01)  # the output may end a moment before the process
    return code


def copy(output: Any) -> None:
    """Write what a container writes to where it belongs."""
    for stream, data in output:
        target = (sys.stderr if stream == "stderr" else sys.stdout).buffer
        target.write(data)
        target.flush()
