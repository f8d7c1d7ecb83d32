"""``workshop cleanup``: what carries our names, shown and removed; nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--yes", "-y", is_flag=True, help="Remove without asking.")
@click.option("--dry-run", "-n", is_flag=True, help="Only show.")
@click.option("--name", default="workshop", show_default=True, help="The plugin whose things are meant.")
@click.option("--state-dir", default=None, help="Where it keeps networks and endpoints.")
@click.option("--plugin-dir", default="/run/docker/plugins", show_default=True, help="Where its socket may be left.")
@click.option(
    "--spec-dir", default="/etc/docker/plugins", show_default=True, help="Where its address file may be left."
)
def cleanup(yes: bool, dry_run: bool, name: str, state_dir: str | None, plugin_dir: str, spec_dir: str) -> None:
    """Show and remove what a plugin that does not run has left: links, rules, remembered networks, its socket."""
    from workshop import session
    from workshop.cli.rights import need_net_admin
    from workshop.drivers.leftovers import find, remove
    from workshop.errors import WorkshopError

    need_net_admin("Run with sudo.")
    state = Path(state_dir) if state_dir else session.state_dir()
    with find(name, state / "store.db", Path(plugin_dir), Path(spec_dir)) as found:
        if not found.items:
            click.echo("Nothing is left over.")
            return
        for item in found.items:
            click.echo(f"{item.kind:9} {item.name:18} {item.about}")
        if found.in_use:
            click.echo(f"{found.in_use} of these are used by a container now; it would lose its network.")
        if dry_run:
            return
        if not yes and not _confirmed():
            raise WorkshopError("Nothing was removed.", "Answer y, or add --yes.")
        failed = remove(found)
        for text in failed:
            click.echo(text, err=True)
        if failed:
            raise WorkshopError("Not everything could be removed.", "See the lines above.")
        click.echo(f"Removed {len(found.items)}.")


def _confirmed() -> bool:
    try:
        return click.confirm("Remove all of these?")
    except click.Abort:  # Ctrl-C, or there is nobody to ask
        click.echo()
        return False
