"""Whether a command that a page shows could be typed: read with the program's own parsers, and not run."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator

import click

from tests.support.pages import ROOT
from workshop.cli import workshop
from workshop.cli.docker import docker
from workshop.cli.docker_usage import DockerUsage

_PYTHON = re.compile(r"(?:\S*/)?python(?:3(?:\.\d+)?)?")
_ASSIGNMENT = re.compile(r"[A-Z_]+=.*")
DOCKERS_OWN = {"-v", "--volume"}
"""Flags of the real Docker that its stand-in for the lab has not; a line with one is not read further."""

_BEFORE = {"sudo", "unshare"}
"""Programs that start another one."""


def split(line: str) -> list[list[str]]:
    """The simple commands of a line of shell, without prompt, assignments, ``sudo``, redirections and comment."""
    lexer = shlex.shlex(re.sub(r"^\s*\$ ", "", line), posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, "#"
    commands: list[list[str]] = [[]]
    redirected = False
    try:
        for word in lexer:
            if set(word) <= set("|&;()"):
                commands.append([])
            elif set(word) <= set("<>"):
                redirected = True
            elif redirected:
                redirected = False
            else:
                commands[-1].append(word)
    except ValueError:  # prose in a drawing, with one apostrophe
        return []
    return [command for command in map(_bare, commands) if command]


def _bare(words: list[str]) -> list[str]:
    while words and (_ASSIGNMENT.fullmatch(words[0]) or words[0] in _BEFORE):
        words = words[1:]
        while words and words[0].startswith("-"):
            words = words[1:]
    return words


def trouble(command: list[str], *, whole: bool) -> str | None:
    """Why one command cannot be typed as it stands, or None; also None for commands of other programs.

    ``whole`` says that nothing is left out of it: else it may lack arguments, as in running text.
    """
    if command[0] == "make":
        return _trouble_of_make(command[1:])
    if command[0] == "docker":
        if len(command) == 1 or command[1] not in docker.commands or DOCKERS_OWN & set(command):
            return None
        return _trouble_of_ours(["docker", *command[1:]], whole=whole)
    if _PYTHON.fullmatch(command[0]) and command[1:2] == ["-m"] and len(command) > 2:
        module, arguments = command[2], command[3:]
        if module == "workshop":
            return _trouble_of_ours(arguments, whole=whole)
        if module == "bench":
            absent = [
                name for name in arguments if not name.startswith("-") and not (ROOT / f"bench/{name}.py").exists()
            ]
            return f"bench has no section {absent[0]}" if absent else None
        return None if importlib.util.find_spec(module) else f"there is no module {module}"
    return None


def _trouble_of_make(words: list[str]) -> str | None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    wrong = [word for word in words if "=" not in word and not word.startswith("-") and word not in targets]
    return f"the Makefile has no target {wrong[0]}" if wrong else None


def _trouble_of_ours(words: list[str], *, whole: bool) -> str | None:
    if not whole and "…" in words:
        words = words[: words.index("…")]
    command: click.Command = workshop
    context = click.Context(workshop, info_name="workshop")
    while isinstance(command, click.Group):
        if words[:1] in (["--help"], ["-h"], ["--version"], []):
            return None
        found = command.get_command(context, words[0])
        while found is None and len(words) > 2 and words[0].startswith("-"):  # an option of the group, with its value
            words = words[2:]
            found = command.get_command(context, words[0])
        if found is None:
            return f"{context.command_path} has no command {words[0]}"
        context = click.Context(found, info_name=words[0], parent=context)
        command, words = found, words[1:]
    try:
        with command.make_context(context.info_name, list(words), parent=context.parent):
            return None
    except click.exceptions.Exit:  # --help
        return None
    except (click.ClickException, DockerUsage) as error:
        said = error if isinstance(error, click.ClickException) else error.__context__
        lacks = isinstance(said, (click.MissingParameter, click.BadOptionUsage))
        return None if lacks and not whole else str(error).partition("\n")[0]


def command(name: str) -> click.Command:
    """One of the program's commands."""
    found = workshop.get_command(click.Context(workshop), name)
    assert found, f"there is no command {name}"
    return found


def options(command: click.Command = workshop) -> Iterator[str]:
    """Every option that the program has, in whichever of its commands."""
    for parameter in command.params:
        yield from (*parameter.opts, *parameter.secondary_opts)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if found := command.get_command(context, name):
                yield from options(found)
