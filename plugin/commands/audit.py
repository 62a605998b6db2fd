"""The audit log on the command line."""

from __future__ import annotations

import sys

import click
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.deliveries import SHELL


@click.group()
def audit() -> None:
    """See who did what, check that the record of it is whole, and write it out."""


@audit.command(name="list")
@click.option("--find", default="", help="Only lines with this text in them.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@plain_errors
def listed(find: str, limit: int) -> None:
    """List the newest lines."""
    view = deskroute().audit.view(find, None, limit)
    table = Table("Line", "At, UTC", "Who", "Did")
    for one in view.lines:
        table.add_row(str(one.id), f"{one.at:%Y-%m-%d %H:%M:%S}", one.by, one.did)
    console.print(table)


@audit.command()
@click.option("--head", help="A hash noted earlier, which has to be in the chain.")
@plain_errors
def verify(head: str | None) -> None:
    """Check every line against the one before; exits with 1 if the chain is broken.

    Keep the hash that is printed somewhere else: with --head the next check proves that the log
    still goes on from there.
    """
    view = deskroute().audit.verify(head)
    console.print(str(view), markup=False)
    if view.broken is not None:
        sys.exit(1)
    console.print(f"It ends with {view.head}.", markup=False)


@audit.command()
@click.option("--csv", "as_csv", is_flag=True, help="CSV for a spreadsheet, in place of JSON.")
@plain_errors
def export(*, as_csv: bool) -> None:
    """Print all lines, oldest first: a JSON object on each line, with all that proves it."""
    for part in deskroute().audit.export(SHELL, csv=as_csv):
        # As it is: CSV has its own line ends.
        sys.stdout.buffer.write(part.encode())
