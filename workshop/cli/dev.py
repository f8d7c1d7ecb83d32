"""`python -m workshop dev …`: for who writes exercises."""

from __future__ import annotations

import click


@click.group()
def dev() -> None:
    """For who writes exercises."""
