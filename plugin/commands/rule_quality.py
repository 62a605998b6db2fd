"""How well each rule routes, on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.figures import share_cell, times_cell
from plugin.commands.moments import since_when
from plugin.spreadsheet import as_csv as csv_of
from plugin.wiring_apart import Apart
from routing.quality.report import Aspect, PeriodQuality, RuleQuality, period_out

_HEAD = (
    "place",
    "rule",
    "verdict",
    "queue",
    "on since",
    "decided",
    "fired",
    "routed",
    "by another wording",
    *(
        f"{what} {end}".strip()
        for what in ("transferred", "reopened", "CSAT")
        for end in ("", "low", "high", "n")
    ),
    "answered",
    "asked",
    *(
        f"{what} {end}"
        for what in ("first reply", "resolution")
        for end in ("median, s", "low, s", "high, s", "p90, s", "n", "waiting")
    ),
    "compared with",
    *(
        f"{aspect} difference {end}".strip()
        for aspect in Aspect
        for end in ("", "low", "high", "shown")
    ),
    "finding",
    "advice",
)


@click.command()
@click.option("--since", help="Only tickets opened since: 2026-03-31, or a time like 90 d.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV for a spreadsheet.")
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
@plain_errors
def quality(since: str | None, *, as_csv: bool, as_json: bool) -> None:
    """Say how well each rule of the live playbook routes: what is wrong first.

    A ticket counts for the rule that chose its queue, as that rule read when the ticket came.
    """
    found = Apart(deskroute()).measure_quality.since(since_when(since))
    if as_json:
        sys.stdout.write(json.dumps(period_out(found), indent=2, ensure_ascii=False) + "\n")
        return
    if as_csv:
        sys.stdout.write(csv_of([_HEAD, *map(_row, found.rules)]))
        return
    for one in found.urgent:
        console.print(f"{one.place}. {one.rule} {one.verdict}. {one.finding}", markup=False)
        console.print(f"   {one.advice}", markup=False)
    console.print(_table(found))


def _table(found: PeriodQuality) -> Table:
    table = Table(
        "rule",
        "fired",
        "routed",
        "transferred, %",
        "reopened, %",
        "CSAT, %",
        "first reply",
        "resolution",
        title=f"{found.decided:,} decided tickets",
        caption="Below each number its 95 % interval and n; times are medians. Too few: under 30.",
        show_lines=True,
    )
    for one in found.rules:
        table.add_row(f"{one.place}. {one.rule}", f"{one.fired:,}", *_cells(one))
    return table


def _cells(one: RuleQuality) -> Iterator[str]:
    kpis = one.kpis
    if kpis is None:
        yield "no queue"
        return
    yield f"{kpis.tickets:,}"
    answered = kpis.answered
    asked = "" if answered is None else f"\n{answered.value:.0%} of {answered.n:,} asked"
    for share, more in ((kpis.transferred, ""), (kpis.reopened, ""), (kpis.csat, asked)):
        yield share_cell(share) + more
    for times in (kpis.first_reply, kpis.resolution):
        yield times_cell(times)


def _row(one: RuleQuality) -> list[object]:
    kpis = one.kpis
    row: list[object] = [
        one.place,
        one.rule,
        one.verdict,
        one.queue,
        f"{one.since:%Y-%m-%d %H:%M}",
        one.decided,
        one.fired,
        None if kpis is None else kpis.tickets,
        one.earlier,
    ]
    shares = (None,) * 3 if kpis is None else (kpis.transferred, kpis.reopened, kpis.csat)
    for share in shares:
        row += [None] * 4 if share is None else [share.value, share.low, share.high, share.n]
    answered = None if kpis is None else kpis.answered
    row += [None, None] if answered is None else [answered.value, answered.n]
    for times in (None, None) if kpis is None else (kpis.first_reply, kpis.resolution):
        row += (
            [None] * 6
            if times is None
            else [times.median, times.low, times.high, times.p90, times.n, times.waiting]
        )
    row.append(one.against if one.versus else None)
    for aspect in Aspect:
        versus = one.of(aspect)
        row += (
            [None] * 4
            if versus is None
            else [
                versus.difference.value,
                versus.difference.low,
                versus.difference.high,
                "yes" if versus.shown else "no",
            ]
        )
    return [*row, one.finding, one.advice]
