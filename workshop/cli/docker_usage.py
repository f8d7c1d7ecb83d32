"""What Docker's client says of a command that was typed wrongly, and the exit code it gives: 125 for a flag that it
does not know or cannot read, 1 for a command that it does not know or a wrong number of arguments.
"""

from __future__ import annotations

import re
import textwrap

import click
from click.exceptions import Exit, NoArgsIsHelpError

from workshop.errors import WorkshopError

BAD_FLAG, BAD_ARGUMENTS = 125, 1
_REASONS = {"integer": "ParseInt", "boolean": "ParseBool"}


class DockerUsage(WorkshopError):
    """A wrongly typed command; its text is Docker's, of several lines."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class BadValue(click.BadParameter):
    """A flag's value that cannot be read, and why, in the words of Docker's client."""

    def __init__(self, value: str, why: str, context: click.Context, option: click.Parameter) -> None:
        super().__init__(why, context, option)
        self.value = value


class DockerCommand(click.Command):
    """A command whose wrong use is told as Docker tells it."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """As click's, but raises DockerUsage. A group without a command shows its help, as Docker's does."""
        try:
            return super().parse_args(context, arguments)
        except NoArgsIsHelpError:
            click.echo(context.get_help())
            raise Exit(0) from None
        except click.UsageError as error:
            raise _told(error, context) from None


class DockerGroup(DockerCommand, click.Group):
    """A group of such commands."""

    command_class = DockerCommand

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, but raises DockerUsage for a command that is not there."""
        try:
            return super().resolve_command(context, arguments)
        except click.UsageError:
            path = _path(context)
            known = textwrap.fill(f"Here there are {', '.join(sorted(self.commands))}.", 72)
            text = f"docker: unknown command: {path} {arguments[0]}\n\n{known}\n\n{_help('Run', path)}"
            raise DockerUsage(text, BAD_ARGUMENTS) from None


def _told(error: click.UsageError, context: click.Context) -> DockerUsage:
    path = _path(context)
    said, code = _flag(error), BAD_FLAG
    verb = "Run"
    if said is None:
        asked, verb = _arguments(context.command)
        said, code = f"docker: '{path}' {asked}", BAD_ARGUMENTS
    usage = " ".join([path, *filter(None, context.command.collect_usage_pieces(context))])
    return DockerUsage(f"{said}\n\nUsage:  {usage}\n\n{_help(verb, path)}", code)


def _help(verb: str, path: str) -> str:
    return f"{verb} '{path} --help' for more information"


def _flag(error: click.UsageError) -> str | None:
    """What is wrong with a flag; ``None`` if it is not about a flag."""
    if isinstance(error, click.NoSuchOption):
        name = error.option_name
        return f"unknown flag: {name}" if name.startswith("--") else f"unknown shorthand flag: '{name[1:2]}' in {name}"
    if isinstance(error, click.BadOptionUsage):
        name = error.option_name
        if "requires" not in error.message:
            return error.message
        return f"flag needs an argument: {name}" if name.startswith("--") else _needs(name)
    if isinstance(error, click.BadParameter) and isinstance(error.param, click.Option):
        names = [name for name in error.param.opts if not name.startswith("--")][:1]
        names += [name for name in error.param.opts if name.startswith("--")][-1:]
        match = re.match(r"'(.*?)' ", error.message)
        value = error.value if isinstance(error, BadValue) else match[1] if match else ""
        if error.param.name == "session_pid":  # ours, not Docker's
            return f"'{value}' is no session: --session and WORKSHOP_SESSION take the number of a process"
        kind = None if isinstance(error, BadValue) else _REASONS.get(error.param.type.name)
        why = f'strconv.{kind}: parsing "{value}": invalid syntax' if kind else error.message
        return f'invalid argument "{value}" for "{", ".join(names)}" flag: {why}'
    return None


def _needs(name: str) -> str:
    return f"flag needs an argument: '{name[1:]}' in {name}"


def _arguments(command: click.Command) -> tuple[str, str]:
    """How many arguments a command takes, in words, and how its help is then offered."""
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    least = sum(each.required for each in arguments)
    number = f"{least} argument{'' if least == 1 else 's'}"
    if not least and arguments and all(each.nargs == 1 for each in arguments):
        return f"requires at most {len(arguments)} argument{'' if len(arguments) == 1 else 's'}", "Run"
    if any(each.nargs == -1 or not each.required for each in arguments):
        return f"requires at least {number}", "See"
    return (f"requires {number}" if least else "accepts no arguments"), "Run"


def _path(context: click.Context) -> str:
    """The command as Docker's user knows it: ``docker network create``."""
    words = context.command_path.split()
    return " ".join(words[words.index("docker") :])
