"""What became of tickets, measured again."""

from __future__ import annotations

import click

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.deliveries import SHELL
from plugin.commands.imports import progress_bar


@click.group()
def outcomes() -> None:
    """Put right how tickets are measured."""


@outcomes.command()
@click.option("--dry-run", is_flag=True, help="Say how many would change, keep nothing.")
@plain_errors
def remeasure(*, dry_run: bool) -> None:
    """Measure all tickets again by the hours their queues have in the live playbook.

    Not needed for a later version of a schedule: that one counts from its day on by itself.
    """
    flows = deskroute()
    with progress_bar() as progress:
        bar = progress.add_task("tickets", total=None)
        done = flows.remeasure(SHELL.email, lambda more: progress.advance(bar, more), dry=dry_run)
    kept = "nothing kept, this was a dry run" if dry_run else "kept"
    console.print(f"{done.tickets} tickets measured, {done.changed} come out otherwise, {kept}.")
