"""The sizes of segments, counted anew."""

from __future__ import annotations

import click
from rich.progress import Progress
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.wiring_apart import Apart
from routing.population.report import SegmentReport


@click.command()
@plain_errors
def count() -> None:
    """Count every segment over all known customers, and keep it for the pages.

    The worker does so by itself whenever customers or the playbook have changed.
    """
    with Progress(console=console) as progress:
        task = progress.add_task("customers", total=None)
        report = Apart(deskroute()).count_segments(
            lambda done, of: progress.update(task, completed=done, total=of)
        )
    console.print(_table(report))


@click.command()
@plain_errors
def push() -> None:
    """Tell receivers who joined and who left each segment since they were last told.

    The worker does so by itself after each count.
    """
    console.print(f"{Apart(deskroute()).push_segments():,} messages are written.")


def _table(report: SegmentReport) -> Table:
    table = Table("segment", "customers", "first choice", "cannot be told", "share of revenue")
    for size in report.sizes:
        share = report.share_of_revenue(size.name)
        table.add_row(
            size.name,
            f"{size.customers:,}",
            f"{size.primary:,}",
            f"{size.unknown:,}",
            "unknown" if share is None else f"{share:.1%}",
        )
    table.add_section()
    table.add_row("in none", f"{report.in_none:,}")
    table.add_row("all", f"{report.customers:,}")
    return table
