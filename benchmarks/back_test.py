"""A million past tickets judged by 200 rules and 50 segments at once, and by ``decide`` one by one.

The tickets and the rules are those of the decision's benchmark, each ticket at a time of its own.
Reading them from the database is not in it; turning plain values into columns is told apart.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from rich.console import Console

from benchmarks.decide import NOW, Values, a_book, a_playbook, a_ticket, our_facts
from benchmarks.machine import describe_machine
from benchmarks.report import Result, bar, show
from routing.back_test.judge import Judged, fields_asked, judge_table
from routing.conditions.columns import Table
from routing.decide import decide
from routing.playbook import Playbook

PACKAGES = ("numpy",)
SEED = 20260302
DIFFERENT = 20_000
"""Different tickets; more would only take longer to make up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: so many tickets and rules, in blocks, and how many are checked."""

    tickets: int = 1_000_000
    rules: int = 200
    block: int = 50_000
    checked: int = 2_000


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one run by the clock."""

    columns: float
    judging: float


def run(plan: Plan) -> Result:
    """Measure, and check a sample ticket by ticket."""
    machine = describe_machine(PACKAGES)
    dice = Random(SEED)  # ruff: ignore[suspicious-non-cryptographic-random-usage]
    playbook = a_playbook(a_book(plan.rules, dice), dice)
    tickets = [a_ticket(dice) for _ in range(min(DIFFERENT, plan.tickets))]
    spent = _judge_all(playbook, tickets, plan)
    alone, equal = _one_by_one(playbook, tickets[: plan.checked])
    rows: list[dict[str, object]] = [
        {
            "what": "judged in columns",
            "tickets": plan.tickets,
            "rules": plan.rules,
            "segments": len(playbook.segments),
            "seconds": round(spent.judging, 2),
            "us_per_ticket": round(spent.judging / plan.tickets * 1e6, 2),
        },
        {
            "what": "plain values turned into columns",
            "tickets": plan.tickets,
            "seconds": round(spent.columns, 2),
            "us_per_ticket": round(spent.columns / plan.tickets * 1e6, 2),
        },
        {
            "what": "decided one by one",
            "tickets": len(tickets[: plan.checked]),
            "rules": plan.rules,
            "segments": len(playbook.segments),
            "seconds": round(alone, 2),
            "us_per_ticket": round(alone / plan.checked * 1e6, 2),
        },
    ]
    seconds = spent.judging + spent.columns
    bars = [
        bar(
            "columns made and judged in s, at most 3 for 1,000,000 tickets by 200 rules",
            seconds,
            met=seconds <= 3 * plan.tickets / 1e6,
        ),
        bar("tickets that come out otherwise than by decide", equal, met=not equal),
    ]
    return {"what": "back-test", "machine": machine, "rows": rows, "bars": bars}


def _judge_all(playbook: Playbook, tickets: Sequence[Values], plan: Plan) -> Spent:
    fields = fields_asked(playbook)
    made = judged = 0.0
    gc.collect()
    for values, nows in _blocks(tickets, [field.name for field in fields], plan):
        began = time.perf_counter()
        table = Table.build(fields, values, nows, size=len(nows))
        ready = time.perf_counter()
        judge_table(playbook, table, list)
        judged += time.perf_counter() - ready
        made += ready - began
    return Spent(made, judged)


def _blocks(tickets: Sequence[Values], names: Sequence[str], plan: Plan) -> Iterator[_Block]:
    for first in range(0, plan.tickets, plan.block):
        places = range(first, min(first + plan.block, plan.tickets))
        some = [tickets[place % len(tickets)] for place in places]
        values = {name: [one[name] for one in some] for name in names}
        yield values, [NOW - timedelta(minutes=place) for place in places]


_Block = tuple[Mapping[str, Sequence[object | None]], Sequence[object]]


def _one_by_one(playbook: Playbook, tickets: Sequence[Values]) -> tuple[float, int]:
    """Seconds by ``decide``, and how many tickets come out otherwise than in columns."""
    facts = [our_facts(values) for values in tickets]
    began = time.perf_counter()
    decisions = [decide(one, playbook) for one in facts]
    spent = time.perf_counter() - began
    fields = fields_asked(playbook)
    values = {field.name: [one[field.name] for one in tickets] for field in fields}
    judged: Judged = judge_table(
        playbook, Table.build(fields, values, NOW, size=len(tickets)), list
    )
    otherwise = 0
    for place, decision in enumerate(decisions):
        verdict = judged.verdict(place)
        segments = tuple(one.segment for one in decision.segments)
        same = (verdict.segments, verdict.fired, verdict.queue, verdict.tags)
        otherwise += same != (segments, decision.fired, decision.queue, decision.tags)
    return spent, otherwise


if __name__ == "__main__":
    show(run(Plan()), Console())
