"""What people's transfers teach about the rules, on the command line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click

from plugin.commands.context import console, deskroute, plain_errors
from plugin.wiring_apart import Apart
from routing.quality.lessons import Lesson, Lessons, Proposal, lessons_out


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Everything that was looked for, as JSON.")
@plain_errors
def learn(*, as_json: bool) -> None:
    """Propose rules that would have sent tickets right which people moved to another queue.

    A condition is found on older tickets and judged on newer ones; the whole is back-tested.
    Nothing is published: open a proposal on the page, or write it into the playbook.
    """
    lessons = Apart(deskroute()).learn()
    if as_json:
        sys.stdout.write(json.dumps(lessons_out(lessons), indent=2, ensure_ascii=False) + "\n")
        return
    for line in _told(lessons):
        console.print(line, markup=False)


@click.command()
@plain_errors
def count() -> None:
    """Measure every rule anew, learn from transfers, and keep both for the pages.

    The worker does so by itself every hour, and when another playbook is published.
    """
    flows = Apart(deskroute())
    report = flows.measure_quality.keep()
    urgent = {one.rule for period in report.periods for one in period.urgent}
    console.print(f"Measured. Rules that need somebody: {', '.join(sorted(urgent)) or 'none'}.")
    lessons = flows.learn.keep()
    console.print(f"Learned. Proposals: {len(lessons.proposals)}.")


def _told(lessons: Lessons) -> Iterator[str]:
    yield (
        f"{lessons.tickets:,} decided tickets, {len(lessons.lessons)} ways people often moved "
        f"them, {len(lessons.proposals)} proposals."
    )
    for one in lessons.lessons:
        where = "no rule" if one.rule is None else f"rule “{one.rule}”"
        moved = f"{one.queue} to {one.target}, by {where}: {one.transfers:,} of {one.tickets:,}"
        yield f"{moved} tickets moved. {one.nothing}".rstrip()
        if one.proposal is not None:
            yield from _proposed(one, one.proposal)


def _proposed(one: Lesson, proposal: Proposal) -> Iterator[str]:
    judged = proposal.judged
    low, high = (f"{end:.1%}" for end in (judged.precision.low, judged.precision.high))
    place = f"a rule at {proposal.place}" if proposal.tests or one.rule is None else "another queue"
    yield f"  Propose {place}: {proposal.words}, to {proposal.queue}."
    yield (
        f"  On {judged.tickets:,} newer tickets: right for {judged.right:,} of {judged.covered:,} "
        f"({judged.precision.value:.1%}, {low} to {high}), wrong for {judged.wrong:,}; it finds "
        f"{judged.right:,} of {judged.transfers:,} transfers."
    )
    yield (
        f"  Sent right: {judged.right_before:.1%} before, {judged.right_after:.1%} with it; "
        f"{judged.right_by_majority:.1%} if all went to the queue most of them end in."
    )
    rehearsal = proposal.rehearsal
    if rehearsal is not None:
        yield (
            f"  Back-test on {rehearsal.tickets:,} tickets: {rehearsal.moved:,} move, "
            f"{rehearsal.right:,} to where people left them, {rehearsal.wrong:,} away from it, "
            f"{rehearsal.untold:,} untold."
        )
