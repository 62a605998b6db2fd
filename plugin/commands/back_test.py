"""A draft of the playbook on past tickets: what would have gone elsewhere."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from plugin.commands.context import console, deskroute, plain_errors
from plugin.commands.imports import MAP, TIMES, renamed
from plugin.commands.moments import since_when
from plugin.files import read_rows
from plugin.pages.refusals import BadFile
from plugin.wiring_apart import Apart
from routing.back_test.report import (
    BackTestReport,
    Change,
    ChangedTicket,
    QueueLoad,
    report_out,
)

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
SHOWN = 10

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@click.command(name="back-test")
@click.option("--draft", type=FILE, help="The playbook file to try.")
@click.option("--against", type=int, metavar="VERSION", help="Compared with; else the live one.")
@click.option("--tickets", type=FILE, help="Past tickets as for `import tickets`; else those kept.")
@MAP
@TIMES
@click.option("--since", help="Only tickets opened since: 2026-03-31, or a time like 90 d.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.option("--kept", type=int, hidden=True, help="Run one that was asked for on its page.")
@plain_errors
def back_test(  # ruff: ignore[too-many-arguments, too-many-positional-arguments] — its options
    draft: Path | None,
    against: int | None,
    tickets: Path | None,
    maps: tuple[str, ...],
    time_format: str | None,
    since: str | None,
    kept: int | None,
    *,
    as_json: bool,
) -> None:
    """Decide past tickets again by a draft: which of them would go elsewhere.

    Nothing is stored or written. Tickets that Deskroute decided have the facts of their time;
    of the customers of imported tickets it is known only what sources say now. Agents are not
    compared, unless a rule names one: who is free hangs on the moment.
    """
    flow = Apart(deskroute()).back_test
    if kept is not None:
        with _uncollected():
            flow.kept(kept)
        return
    if draft is None:
        raise click.UsageError("Name the draft with --draft FILE.")
    began = time.perf_counter()
    refused = 0
    text = _text(draft)
    with _uncollected(), Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("tickets", total=None)

        def tell(done: int) -> None:
            progress.advance(task, done)

        if tickets is None:
            report = flow(text, against, since_when(since), tell)
        else:
            rows = read_rows(tickets, renamed(maps), time_format)
            report, refused = flow.over_file(text, against, since_when(since), rows, tell)
    if as_json:
        sys.stdout.write(json.dumps(report_out(report), ensure_ascii=False) + "\n")
        return
    for line in _told(report):
        console.print(line, markup=False)
    console.print(_flows(report))
    console.print(_queues(report))
    if refused:
        console.print(f"{refused:,} rows of {tickets} cannot be read and were left out.")
    console.print(f"Took {time.perf_counter() - began:.1f} s.")


@contextmanager
def _uncollected() -> Iterator[None]:
    # Nothing here goes round in circles, and the collector would look through a million facts.
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise BadFile(f"{file.name} is not UTF-8. Save it as UTF-8.") from None


def _told(report: BackTestReport) -> Iterator[str]:
    if not report.tickets or report.first is None or report.last is None:
        yield "There are no past tickets to try it on. `deskroute import tickets` takes some over."
        return
    share = report.moved / report.tickets
    yield (
        f"{report.moved:,} of {report.tickets:,} tickets move ({share:.1%}), "
        f"opened {report.first:%Y-%m-%d} to {report.last:%Y-%m-%d}, beside playbook "
        f"{report.version}. {report.changed:,} change in anything; {report.other_segment:,} come "
        "into another segment."
    )
    if now := report.tickets - report.as_then:
        yield (
            f"{now:,} were imported: of their customers it is known only what sources say now. "
            f"{report.as_then:,} have the facts of their time."
        )
    if report.moved_known:
        yield (
            f"Of {report.moved_known:,} moved tickets the queue that solved them is known: the "
            f"draft sends {report.right_after:,} there, playbook {report.version} "
            f"{report.right_before:,}."
        )
    for one in report.unknown:
        yield f"Unknown: {one.field} for {one.tickets / report.tickets:.0%} of these tickets."
    if report.silent_rules:
        yield f"Never fire on these tickets: {', '.join(report.silent_rules)}."
    yield from _changes("priority", report.priorities)
    yield from _changes("agent named by a rule", report.agents)
    yield from _changes("first reply", report.first_replies)
    for tag in report.tags:
        yield f"Tag {tag.tag}: {tag.more:,} more, {tag.fewer:,} fewer."
    for moved in report.listed[:SHOWN]:
        yield _listed(moved)
    if len(report.listed) > SHOWN:
        yield f"… and more; --json lists {len(report.listed):,}."


def _changes(what: str, changes: Sequence[Change]) -> Iterator[str]:
    for one in changes:
        yield f"{what[:1].upper()}{what[1:]}: {one.before} to {one.after}, {one.tickets:,} tickets."


def _listed(one: ChangedTicket) -> str:
    before, after = one.before, one.after
    return (
        f"  {one.name} “{one.subject[:60]}”: {before.queue} by {_rule(before.rule)}, "
        f"with the draft {after.queue} by {_rule(after.rule)}"
    )


def _rule(name: str | None) -> str:
    return "default" if name is None else f"rule {name}"


def _flows(report: BackTestReport) -> Table:
    table = Table("from", "to", "tickets", title="From queue to queue")
    for one in report.pairs():
        table.add_row(one.before, one.after, f"{one.tickets:,}")
    return table


def _queues(report: BackTestReport) -> Table:
    table = Table("queue", "live", "draft", "a week", "busiest hour", title="Load")
    for load in report.loads:
        table.add_row(
            load.queue,
            f"{load.before:,}",
            f"{load.after:,}",
            f"{load.after / report.weeks:,.1f}",
            _busiest(load, report.weeks),
        )
    return table


def _busiest(load: QueueLoad, weeks: float) -> str:
    hour = load.busiest
    return f"{DAYS[hour // 24]} {hour % 24} h: {load.hours_after[hour] / weeks:.1f}"
