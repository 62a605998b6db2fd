"""Tickets, logs of tickets, customers and purchases from files."""

from __future__ import annotations

from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from plugin.commands.context import console, deskroute, plain_errors
from plugin.files import count_rows, read_rows
from plugin.flows.customers.import_customers import CUSTOMER_COLUMNS
from plugin.flows.customers.import_purchases import PURCHASE_COLUMNS
from plugin.flows.history.import_events import EVENT_COLUMNS, LogTerms
from plugin.flows.history.import_tickets import TICKET_COLUMNS
from plugin.flows.import_rows import BadColumns, ImportReport
from routing.tickets import Priority

FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
MAP = click.option(
    "--map", "maps", multiple=True, metavar="OURS=THEIRS", help="What a column is called there."
)
DRY = click.option("--dry-run", is_flag=True, help="Read everything, keep nothing.")
TIMES = click.option(
    "--time-format", help="How times are written, for example %d/%m/%Y %H:%M; else ISO 8601."
)
SHOWN = 20


@click.group(name="import")
def imports() -> None:
    """Take tickets, customers and purchases over from CSV, JSON lines or spreadsheets."""


@imports.command(epilog="Columns: " + "; ".join(f"{k}: {v}" for k, v in TICKET_COLUMNS.items()))
@FILE
@click.option("--connection", default="history", help="The desk they are from.")
@MAP
@TIMES
@DRY
@plain_errors
def tickets(
    file: Path,
    connection: str,
    maps: tuple[str, ...],
    time_format: str | None,
    *,
    dry_run: bool,
) -> None:
    """Import past tickets. Doing it again changes nothing."""
    with progress_bar() as progress:
        rows = read_rows(file, renamed(maps), time_format)
        counted = progress.track(rows, total=count_rows(file), description="tickets")
        report = deskroute().import_tickets(connection, counted, dry=dry_run)
    _tell(report, dry=dry_run)


@imports.command(epilog="Columns: " + "; ".join(f"{k}: {v}" for k, v in EVENT_COLUMNS.items()))
@FILE
@click.option("--connection", default="history", help="The desk they are from.")
@MAP
@TIMES
@click.option("--solved-at", metavar="COLUMN", help="The column with the time of the last solving.")
@click.option(
    "--solved-state",
    "states",
    multiple=True,
    metavar="STATE",
    help="A state in which a ticket is solved; else: " + ", ".join(sorted(LogTerms().solved)),
)
@click.option(
    "--missing", multiple=True, metavar="TEXT", help="What stands for “unknown”, beside “?”."
)
@click.option(
    "--priority",
    "priorities",
    multiple=True,
    metavar="THEIRS=OURS",
    help="What a priority is called there, like 1=urgent.",
)
@DRY
@plain_errors
def events(  # ruff: ignore[too-many-arguments, too-many-positional-arguments] — its options
    file: Path,
    connection: str,
    maps: tuple[str, ...],
    time_format: str | None,
    solved_at: str | None,
    states: tuple[str, ...],
    missing: tuple[str, ...],
    priorities: tuple[str, ...],
    *,
    dry_run: bool,
) -> None:
    """Import past tickets from a log with one row for each update of a ticket.

    Rows may stand in any order, and more than once. Doing it again changes nothing.
    """
    names = renamed((*maps, f"solved_at={solved_at}") if solved_at else maps)
    own = LogTerms()
    terms = LogTerms(
        solved=frozenset(map(str.casefold, states)) or own.solved,
        missing=own.missing | {one.casefold() for one in missing},
        priorities=_priorities(priorities),
    )
    with progress_bar() as progress:
        rows = read_rows(file, names, time_format)
        total = count_rows(file)
        counted = progress.track(rows, total=total, description="rows read")
        bar = progress.add_task("rows done", total=total)
        flow = deskroute().import_events
        report = flow(connection, counted, terms, lambda n: progress.advance(bar, n), dry=dry_run)
    _tell(report, dry=dry_run, what="tickets ")


def _priorities(words: tuple[str, ...]) -> dict[str, Priority]:
    """A desk's words for our priorities, from THEIRS=OURS. Raises BadColumns."""
    found = {}
    for word in words:
        theirs, _, ours = word.rpartition("=")
        if not theirs or ours not in set(Priority):
            known = ", ".join(Priority)
            raise BadColumns(f"--priority takes THEIRS=OURS, with one of {known}; not “{word}”.")
        found[theirs.strip().casefold()] = Priority(ours)
    return found


@imports.command(
    epilog="Columns: the fields of the playbook, and "
    + "; ".join(f"{k}: {v}" for k, v in CUSTOMER_COLUMNS.items())
)
@FILE
@click.option("--source", default=None, help="What the source is called; the file's name.")
@MAP
@DRY
@plain_errors
def customers(file: Path, source: str | None, maps: tuple[str, ...], *, dry_run: bool) -> None:
    """Import customers as one source. Doing it again changes nothing."""
    name = (source or file.stem)[:60]
    with progress_bar() as progress:
        rows = read_rows(file, renamed(maps))
        counted = progress.track(rows, total=count_rows(file), description="customers")
        report = deskroute().import_customers(name, counted, dry=dry_run)
    _tell(report, dry=dry_run)


@imports.command(epilog="Columns: " + "; ".join(f"{k}: {v}" for k, v in PURCHASE_COLUMNS.items()))
@FILE
@click.option("--source", default="Purchases", help="What the source is called.")
@MAP
@TIMES
@DRY
@plain_errors
def purchases(
    file: Path,
    source: str,
    maps: tuple[str, ...],
    time_format: str | None,
    *,
    dry_run: bool,
) -> None:
    """Import all purchases, summed up per customer. Doing it again changes nothing.

    The sums become facts of the customer: orders, first and last order, revenue in 12 months,
    lifetime value, average order. A file takes the place of what was imported before of the
    customers in it.
    """
    with progress_bar() as progress:
        rows = read_rows(file, renamed(maps), time_format)
        counted = progress.track(rows, total=None, description="purchases")
        report = deskroute().import_purchases(source[:60], counted, dry=dry_run)
    _tell(report, dry=dry_run)


def renamed(maps: tuple[str, ...]) -> dict[str, str]:
    """Our column names to the file's, from OURS=THEIRS. Raises BadColumns."""
    names = {}
    for one in maps:
        ours, equals, theirs = one.partition("=")
        if not equals or not ours or not theirs:
            raise BadColumns(f"--map takes OURS=THEIRS, not “{one}”.")
        names[ours.strip()] = theirs.strip()
    return names


def progress_bar() -> Progress:
    """A bar with how many of how many."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _tell(report: ImportReport, *, dry: bool, what: str = "") -> None:
    for refused in report.named[:SHOWN]:
        console.print(f"line {refused.line}: {refused.why}", markup=False)
    if report.refused > SHOWN:
        console.print(f"… and {report.refused - SHOWN} more rows refused.")
    if report.unknown_columns:
        console.print(f"Columns passed over: {', '.join(report.unknown_columns)}.", markup=False)
    taken = "nothing kept, this was a dry run" if dry else f"{report.changed} {what}new or changed"
    console.print(f"{report.read} rows read, {report.refused} refused, {taken}.")
    if not report.taken:
        raise click.ClickException("Every row was refused. Mend the file, then import it again.")
