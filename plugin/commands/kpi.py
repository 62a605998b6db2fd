"""KPIs on the command line, and the columns they are counted from."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import click
import orjson
from rich.progress import Progress
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.figures import score_cell, share_cell, times_cell
from plugin.commands.moments import since_when
from plugin.spreadsheet import csv_parts
from plugin.tables.results import said, table_of
from plugin.wiring_apart import Apart
from plugin.wiring_columns import roll_up_of
from routing.outcomes.definitions import KPIS, Kpi, Unit
from routing.outcomes.dimensions import Clock, Dimension
from routing.outcomes.figures import Kpis
from routing.outcomes.question import Answer, Question
from routing.outcomes.written import told

DAYS = 90
"""Days that are looked at if nothing is said."""


@click.group(invoke_without_command=True)
@click.option(
    "--by",
    type=click.Choice([one.value for one in Dimension]),
    default=Dimension.SEGMENT.value,
    show_default=True,
    help="What tickets are told apart by.",
)
@click.option(
    "--since", help="Tickets opened since: 2026-03-31, or a time like 90 d (which it is)."
)
@click.option("--until", help="Tickets opened before: 2026-06-30, or a time ago like 30 d.")
@click.option(
    "--only",
    "only",
    nargs=2,
    multiple=True,
    metavar="WHAT LABEL",
    help="Only tickets with this label, like --only queue Billing. Can be repeated.",
)
@click.option(
    "--clock",
    type=click.Choice([one.value for one in Clock]),
    default=Clock.WORKING.value,
    show_default=True,
    help="Which time counts.",
)
@click.option("--exact", is_flag=True, help="Count the tickets themselves; takes longer.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV for a spreadsheet.")
@click.option("--json", "as_json", is_flag=True, help="JSON, with definitions.")
@click.pass_context
@plain_errors
def kpi(  # ruff: ignore[too-many-arguments] — its options
    ctx: click.Context,
    *,
    by: str,
    since: str | None,
    until: str | None,
    only: tuple[tuple[str, str], ...],
    clock: str,
    exact: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """KPIs of past tickets by segment, queue and more: each with its n and its 95 % interval."""
    if ctx.invoked_subcommand is not None:
        return
    now = datetime.now(UTC)
    question = Question(
        since=since_when(since) or now - timedelta(days=DAYS),
        until=since_when(until, "--until") or now,
        by=Dimension(by),
        only={_dimension(what): label for what, label in only},
        clock=Clock(clock),
        exact=exact,
    )
    answer = Apart(deskroute()).measure(question)
    if as_json:
        sys.stdout.write(orjson.dumps(told(answer), option=orjson.OPT_INDENT_2).decode() + "\n")
    elif as_csv:
        sys.stdout.writelines(csv_parts(table_of(answer)))
    else:
        console.print(_table(answer))


@kpi.command()
@plain_errors
def rebuild() -> None:
    """Count all tickets anew, as if nothing had been counted before.

    The worker counts by itself what has changed. Reports show the old numbers until this is done.
    """
    with Progress(console=console) as progress:
        task = progress.add_task("days", total=None)
        roll_up_of(deskroute()).again(
            lambda done, of: progress.update(task, completed=done, total=of)
        )


def _dimension(what: str) -> Dimension:
    if what not in set(Dimension):
        raise click.BadParameter(
            f"“{what}” is nothing that tickets are told apart by. Known: {', '.join(Dimension)}.",
            param_hint="--only",
        )
    return Dimension(what)


def _table(answer: Answer) -> Table:
    question = answer.question
    known = [kpi for kpi in KPIS.values() if getattr(answer.total, kpi.key) is not None]
    table = Table(
        str(question.by or ""),
        "tickets",
        *(kpi.title + (", %" if kpi.unit is Unit.SHARE else "") for kpi in known),
        title=f"{answer.total.tickets:,} tickets opened {question.since:%Y-%m-%d} to "
        f"{question.until:%Y-%m-%d}, {question.clock} hours",
        caption="Below each number its 95 % interval and n; times are medians. Too few: under 30.",
        show_lines=True,
    )
    for label, kpis in answer.groups.items():
        table.add_row(said(label), *_cells(known, kpis))
    table.add_section()
    table.add_row("all", *_cells(known, answer.total))
    return table


def _cell(kpi: Kpi, kpis: Kpis) -> str:
    match kpi.unit:
        case Unit.SHARE:
            return share_cell(kpi.share(kpis))
        case Unit.TIME:
            return times_cell(kpi.times(kpis))
        case Unit.SCORE:
            return score_cell(kpi.score(kpis))


def _cells(known: Iterable[Kpi], kpis: Kpis) -> list[str]:
    return [
        f"{kpis.tickets:,}",
        *(_cell(one, kpis) for one in known),
    ]
