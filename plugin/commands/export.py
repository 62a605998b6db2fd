"""Tables that go out, on the command line."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.deliveries import SHELL
from plugin.commands.moments import since_when
from plugin.excel import write_excel
from plugin.spreadsheet import Table, csv_parts

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@click.group()
def export() -> None:
    """Write tables for spreadsheets and other tools."""


@export.command()
@click.option("--since", help="Opened since then: 2026-03-31, or how long ago, like 90 d.")
@click.option("--until", help="Opened before then, said in the same way; now if left out.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write, .csv or .xlsx. CSV onto the screen if left out.",
)
@plain_errors
def tickets(since: str | None, until: str | None, out: Path | None) -> None:
    """Write one row per ticket with everything that is measured; never its text, nor who asked."""
    flows = deskroute()
    begins = since_when(since) or BEGINNING
    ends = since_when(until, "--until") or flows.clock.now()
    if out is not None and out.suffix.lower() not in {".csv", ".xlsx"}:
        raise click.ClickException(f"{out.name} must end in .csv or .xlsx.")
    _write(flows.exports.table(begins, ends, SHELL), out)


@export.command()
@click.argument("how", type=click.Choice(["on", "off"]))
@plain_errors
def agents(how: str) -> None:
    """Say whether reports may name agents; they may not until you say “on”."""
    deskroute().exports.allow_agents(SHELL.email, allowed=how == "on")
    console.print(f"Agents in reports: {how}.")


def _write(table: Table, out: Path | None) -> None:
    if out is None:
        for part in csv_parts(table):
            # As it is: CSV has its own line ends.
            sys.stdout.buffer.write(part.encode())
    elif out.suffix.lower() == ".xlsx":
        with out.open("wb") as file:
            write_excel(table, file)
    else:
        with out.open("w", encoding="utf-8", newline="") as file:
            file.writelines(csv_parts(table))
