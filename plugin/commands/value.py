"""What segments are worth, on the command line."""

from __future__ import annotations

import sys

import click
from pydantic import TypeAdapter
from rich.markup import escape
from rich.progress import Progress
from rich.table import Column, Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.figures import share_cell
from plugin.ports import Refused
from plugin.spreadsheet import csv_parts
from plugin.tables.value import group_says, table_of
from plugin.views.value import ToldValue, ValueGroup, ValueView
from plugin.wiring_apart import Apart
from routing.worth.definitions import DEFINITIONS
from routing.worth.report import Amount

DAYS = 90
"""Days of tickets that are looked at if nothing is said."""


@click.group(invoke_without_command=True)
@click.option(
    "--days", default=DAYS, show_default=True, type=click.IntRange(1, 3_650), help="Of tickets."
)
@click.option("--csv", "as_csv", is_flag=True, help="CSV for a spreadsheet.")
@click.option("--json", "as_json", is_flag=True, help="JSON, with definitions.")
@click.pass_context
@plain_errors
def value(ctx: click.Context, *, days: int, as_csv: bool, as_json: bool) -> None:
    """What the customers of each segment bring, how long they stay, and how many tickets they take.

    As it was last counted; each customer counts for the first segment that they belong to.
    """
    if ctx.invoked_subcommand is not None:
        return
    see = Apart(deskroute()).see_value
    if as_json:
        told = TypeAdapter(ToldValue).dump_json(see.told(days), indent=2)
        sys.stdout.write(f"{told.decode()}\n")
        return
    view = see.view(days)
    if view is None or view.report is None:
        raise Refused("Nothing is counted yet. Run `deskroute value count` first.")
    if as_csv:
        sys.stdout.writelines(csv_parts(table_of(view)))
    else:
        console.print(_table(view))


@value.command()
@plain_errors
def count() -> None:
    """Add up what all known customers are worth, and keep it for the pages.

    The worker does so by itself every hour, and sooner when customers or the playbook have changed.
    """
    with Progress(console=console) as progress:
        task = progress.add_task("customers", total=None)
        report = Apart(deskroute()).count_worth(
            lambda done, of: progress.update(task, completed=done, total=of)
        )
    console.print(f"{report.total.customers:,} customers counted.")


def _table(view: ValueView) -> Table:
    heads = ("revenue", "order", "expected", "arr")
    table = Table(
        Column("segment", min_width=12, overflow="fold"),
        "customers",
        *(DEFINITIONS[key].title for key in heads),
        "stay 90 d, %",
        "stay 365 d, %",
        "churn, %",
        f"tickets, {view.days} d",
        caption="Below each number its 95 % interval and n. Too few: under 30. Amounts are in the "
        "currency of the sources.",
        show_lines=True,
    )
    for group in view.groups:
        table.add_row(escape(group_says(group)), *_cells(group))
    if view.total is not None:
        table.add_section()
        table.add_row("all", *_cells(view.total))
    return table


def _cells(group: ValueGroup) -> tuple[str, ...]:
    worth, effort = group.worth, group.effort
    return (
        f"{worth.customers:,}\n{_part(group.of_customers)}",
        f"{_sum(worth.revenue)}\n{_part(group.of_revenue)}",
        _amount(worth.order),
        _amount(worth.expected),
        f"{_sum(worth.arr)}\nn {worth.accounts:,}",
        share_cell(worth.stay.at(90)),
        share_cell(worth.stay.at(365)),
        share_cell(worth.stay.churn),
        f"{effort.tickets:,}" + ("" if effort.share is None else f"\n{effort.share.value:.1%}"),
    )


def _part(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.1%}"


def _sum(amount: float | None) -> str:
    return "unknown" if amount is None else f"{amount:,.0f}"


def _amount(one: Amount | None) -> str:
    if one is None:
        return "unknown"
    if not one.enough or one.low is None or one.high is None:
        return f"too few\nn {one.n}"
    return f"{one.value:,.2f}\n{one.low:,.2f} to {one.high:,.2f}\nn {one.n:,}"
