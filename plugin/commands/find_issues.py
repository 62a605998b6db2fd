"""The look for topics, on the command line."""

from __future__ import annotations

import click

from plugin.commands.context import console, deskroute, plain_errors
from plugin.wiring_apart import Apart


@click.command()
@plain_errors
def find() -> None:
    """Look for topics in the tickets of the last weeks anew, and keep them for the pages.

    The worker does so by itself once a day.
    """
    with console.status("Looking for topics"):
        report = Apart(deskroute()).find_issues()
    fitting = report.tickets - report.other
    console.print(
        f"{report.tickets:,} of {report.every:,} tickets, {len(report.topics):,} topics; "
        f"{fitting:,} tickets fit one. {len(report.growing()):,} grow, of {report.judged:,} judged."
    )
