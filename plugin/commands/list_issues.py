"""What was found of topics, on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

import click
from rich.markup import escape
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.spreadsheet import csv_parts
from plugin.tables.issues import table_of
from plugin.views.issues import IssueLine, IssuesAsked
from routing.topics.report import Issue, report_out

LISTED = 40
"""Topics that are listed, besides those that grow."""


@click.command("list")
@click.option(
    "--csv", "as_csv", is_flag=True, help="CSV for a spreadsheet, with segments and desks."
)
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
@plain_errors
def show(*, as_csv: bool, as_json: bool) -> None:
    """List topics as they were found last: what grows first, then the largest."""
    view = deskroute().see_issues.view(IssuesAsked())
    if view.report is None:
        console.print("No topics were looked for yet. Run `deskroute issues find`.")
    elif as_json:
        sys.stdout.write(json.dumps(report_out(view.report), indent=2, ensure_ascii=False) + "\n")
    elif as_csv:
        sys.stdout.writelines(csv_parts(table_of(view.report)))
    else:
        console.print(f"Found {view.report.made_at:%Y-%m-%d %H:%M} UTC.")
        console.print(_table("Grow", view.growing))
        console.print(_table("All tickets, the largest first", view.every[:LISTED]))


def _table(title: str, lines: Iterable[IssueLine]) -> Table:
    table = Table("topic", "segment", "4 weeks", "before", "growth", "reply", title=title)
    for line in lines:
        issue = line.issue
        table.add_row(
            escape(line.topic.name),
            escape(issue.among.label or issue.among.part.value),
            f"{issue.recent:,}",
            f"{issue.before:,}",
            _grown(issue),
            escape(_reply(issue)),
        )
    return table


def _grown(issue: Issue) -> str:
    grown = issue.grown
    if grown is None:
        return "too few to tell"
    if not grown.grows:
        return "no difference shown"
    return f"× {grown.ratio:.1f} ({grown.low:.1f} to {grown.high:.1f})"


def _reply(issue: Issue) -> str:
    if issue.reply is None:
        return f"none yet, {issue.by_hand:,} by hand"
    return f"{issue.reply.name}, solved {issue.reply.solved:,} of {issue.reply.used:,}"
