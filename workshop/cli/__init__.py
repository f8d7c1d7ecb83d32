"""``python -m workshop …``: one file per command, imported only when it is called."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Any

import click

from workshop import __version__
from workshop.cli import ourselves, streams
from workshop.errors import DONE, FAILED, INTERRUPTED, WRONG_USE, WorkshopError, lacking

COMMANDS = {
    "start": "Begin the course, or go on where you were.",
    "exercise": "Work on an exercise: every save of your handler is judged.",
    "list": "All exercises, and how far you are.",
    "check": "Judge an exercise once.",
    "hint": "The next hint of an exercise.",
    "solution": "A solution, compared with yours.",
    "reset": "Put the first version of your file back; yours is kept.",
    "init": "Make a folder for your own work.",
    "demo": "A lab without Docker or root, with the plugin, the dashboard, and a talk that runs itself.",
    "slides": "The slides in the browser, with a lab behind them; others can follow.",
    "serve": "Run the plugin for a real Docker, with the dashboard.",
    "docker": "Docker's commands for networks, volumes and containers, for the lab.",
    "calls": "The calls that Docker made, with what was done.",
    "topology": "The network as it is now, as a picture or as data.",
    "replay": "A recorded session in the dashboard: no Docker, no root, no Linux.",
    "export": "A session as a file: to replay, or as one page that opens anywhere.",
    "walk": "One packet's way through the network, hop by hop.",
    "drivers": "The kinds of network and their options.",
    "cleanup": "Show and remove what carries our names, and nothing else.",
    "doctor": "Check what this machine can do.",
    "dev": "For who writes exercises: check them all, make a new one.",
}
"""Each command, its module of the same name, and what it is for."""

_START = {
    "start": "the course: write a plugin of your own, one call after the other",
    "demo": "a lab on this machine, and a talk in it: no Docker, no root, nothing of yours is touched",
    "doctor": "what this machine can do, and what is missing",
    "serve": "the plugin for a real Docker (as root)",
}
_SHOWING = (None, "docker", "calls", "topology", "replay", "drivers", "list", "hint", "solution")
_BESIDE = ("docker network create -d workshop shop", "calls --follow", "topology")


class _Commands(click.Group):
    """Knows what each command is for without importing it."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*COMMANDS]  # `list` is one of the commands here, once its module is imported

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"workshop.cli.{name}")
        return getattr(module, name)

    def invoke(self, context: click.Context) -> Any:
        """Run the command. If nobody reads any more, that is well where all it does is to show something."""
        try:
            result = super().invoke(context)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            streams.let_go_of_stdout()
            raise click.exceptions.Exit(DONE if context.invoked_subcommand in _SHOWING else FAILED) from None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])


@click.group(cls=_Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="workshop")
@click.pass_context
def workshop(context: click.Context) -> None:
    """A Docker network plugin you can see through, and a course in writing your own."""
    if context.invoked_subcommand is None:
        _say_what_next()


def _say_what_next() -> None:
    from workshop.cli import lines

    us, width = ourselves.us(), lines.columns()
    if progress := _progress(us):
        click.echo(lines.prose(progress, width) + "\n")
    click.echo("Start with one of these:\n")
    for name, what in _START.items():
        click.echo(lines.prose(f"{us} {name:8} {what}", width, 2, 4 if (width or 80) < 70 else 30))
    click.echo("\nWhile one runs, in a second terminal:\n")
    for typed in _BESIDE:
        click.echo(lines.command(f"{us} {typed}", width, 2))
    click.echo("\n" + lines.prose(f"`{us} --help` lists every command.", width))


def _progress(us: str) -> str | None:
    from workshop.cli import start

    return start.said_of_progress(us)


def main(arguments: list[str] | None = None) -> None:
    """Run one command; end the process with its exit code. An error is one sentence on stderr."""
    streams.open_closed()
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code = run(arguments)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is left to do that a traceback would tell of
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run one command and give its exit code."""
    try:
        result: Any = workshop.main(arguments, prog_name=ourselves.us(), standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        if not isinstance(error.__cause__, KeyboardInterrupt):  # else click has said it
            click.echo(err=True)
        return INTERRUPTED
    except click.ClickException as error:
        message = error.format_message()
        stop = "" if message.endswith((".", ")", "?")) and "extra argument" not in message else "."
        click.echo(f"{message}{stop} See `{_help_of(error, arguments)} --help`.", err=True)
        return WRONG_USE
    except WorkshopError as error:
        click.echo(ourselves.as_typed(str(error)), err=True)
        return error.exit_code
    except Exception as error:
        if isinstance(error, OSError) and (why := streams.why_unwritable(error)):
            streams.let_go_of_stdout()
            click.echo(f"The output cannot be written ({why}).", err=True)
            return FAILED
        if os.environ.get("WORKSHOP_DEBUG"):
            raise
        if isinstance(error, ModuleNotFoundError) and (told := lacking(error, sys.executable, sys.argv[1:])):
            click.echo(str(told), err=True)
            return told.exit_code
        click.echo(f"This is a mistake in the workshop itself: {type(error).__name__}: {error}", err=True)
        click.echo("Run the command again with WORKSHOP_DEBUG=1 to see where, and report it.", err=True)
        return FAILED


def _help_of(error: click.ClickException, arguments: list[str] | None) -> str:
    if context := getattr(error, "ctx", None):
        return context.command_path
    words = sys.argv[1:] if arguments is None else arguments
    return " ".join([ourselves.us(), *(word for word in words[:1] if word in COMMANDS)])
