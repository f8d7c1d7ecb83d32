"""``workshop drivers``: the kinds of network, and the options of each."""

from __future__ import annotations

import click

from workshop.cli.ourselves import as_typed


@click.command()
@click.argument("name", required=False)
def drivers(name: str | None) -> None:
    """List the kinds of network, or the options of one."""
    from workshop import drivers as room

    if name is None:
        for each in room.DRIVERS:
            summary = (room.load(each).__doc__ or "").partition("\n")[0]
            click.echo(f"{each:10} {summary}")
        click.echo("\nA plugin serves them all: -o type=NAME chooses for a network, without it the first.")
        click.echo(as_typed("The options of one: python -m workshop drivers NAME"))
        return
    for option in room.load(name).OPTIONS:
        default = ", ".join(map(str, option.default)) if isinstance(option.default, tuple) else option.default
        shown = str(default).lower() if isinstance(default, bool) else default
        click.secho(f"-o {option.names[0]}=…", bold=True)
        click.echo(f"    {option.meaning}")
        click.echo(f"    Valid: {option.valid}. Default: {'none' if shown in (None, '') else shown}.")
        for other in option.names[1:]:
            click.echo(f"    Also: {other}")
