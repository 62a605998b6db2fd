"""How long it takes to look through long books of rules for what is wrong with them.

Three kinds of book: rules that all can fire, rules of which half are hidden behind others, and
rules that go on and so overlap. What is measured is the processor's time.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from statistics import median
from time import process_time

from rich.console import Console

from benchmarks.decide import NUMBERS, WORDS
from benchmarks.machine import describe_machine
from benchmarks.report import Result, bar, show
from routing.assignment.staff import Agent, Queue
from routing.conditions.fields import CUSTOMER_FIELDS, RULE_FIELDS
from routing.conditions.tree import read_condition
from routing.lint.lint import lint
from routing.playbook import Playbook
from routing.rules.rule import After, Rule, Then
from routing.segments.segment import Model, Segment
from routing.tickets import Priority

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SEED = 20260302
COUNT = 1_500
ROUNDS = 3
PACKAGES: tuple[str, ...] = ("pydantic",)
AT_MOST = 5.0
"""Seconds that a book of 1,500 rules may take."""

PHRASES = [f"phrase {n:03}" for n in range(120)]
QUEUES = [f"queue {n}" for n in range(12)]


@dataclass(frozen=True, slots=True)
class Book:
    """One playbook to look through, and what it is made like."""

    name: str
    playbook: Playbook


def _segments() -> tuple[Segment, ...]:
    """Fifty segments, each a plan and a country."""
    plans, countries = WORDS["customer.plan"], WORDS["customer.country"]
    asked = [
        [
            {"field": "customer.plan", "is": plans[place % len(plans)]},
            {"field": "customer.country", "is": countries[place % len(countries)]},
        ]
        for place in range(50)
    ]
    return tuple(
        Segment(
            f"segment {place}", Model.FIRMOGRAPHIC, read_condition({"all": one}, CUSTOMER_FIELDS)
        )
        for place, one in enumerate(asked)
    )


def _tests(dice: Random) -> list[dict[str, object]]:
    """The three tests of a rule: a value, a list of values, and one thing of many kinds."""
    first, second = dice.sample(sorted(WORDS), k=2)
    number = dice.choice(sorted(NUMBERS))
    last: list[dict[str, object]] = [
        {"field": number, "at least": dice.randrange(5_000)},
        {"field": number, "between": sorted(dice.sample(range(5_000), k=2))},
        {"field": "ticket.text", "contains any of": dice.sample(PHRASES, k=3)},
        {"field": "segments", "contains": f"segment {dice.randrange(50)}"},
        {"field": "customer.last_seen", "within the last": f"{dice.randrange(1, 400)} d"},
    ]
    return [
        {"field": first, "is": dice.choice(WORDS[first])},
        {"field": second, "is any of": dice.sample(WORDS[second], k=2)},
        dice.choice(last),
    ]


def _rule(place: int, tests: list[dict[str, object]], dice: Random) -> Rule:
    then = Then(dice.choice(QUEUES), priority=dice.choice(list(Priority)))
    return Rule(f"rule {place}", read_condition({"all": tests}, RULE_FIELDS), then)


def books(count: int) -> list[Book]:
    """The books that are looked through, of so many rules each."""
    dice = Random(SEED)  # ruff: ignore[suspicious-non-cryptographic-random-usage]
    asked = [_tests(dice) for _ in range(count)]
    plain = [_rule(place, tests, dice) for place, tests in enumerate(asked)]
    # Every second rule asks all that the one before it asks, and one thing more.
    narrow = {"field": "customer.signed_up", "is present": True}
    hidden = [
        _rule(place, [*asked[place - place % 2], *([narrow] if place % 2 else [])], dice)
        for place in range(count)
    ]
    going_on = [replace(rule, after=After.GO_ON) for rule in plain]
    return [
        Book("as they come", _playbook(plain)),
        Book("half are hidden", _playbook(hidden)),
        Book("all go on", _playbook(going_on)),
    ]


def _playbook(rules: list[Rule]) -> Playbook:
    return Playbook(
        name="Benchmark",
        default_queue=QUEUES[0],
        queues=tuple(Queue(name, {"desk": name}) for name in QUEUES),
        agents=(Agent("Mara", queues=tuple(QUEUES)),),
        segments=_segments(),
        rules=tuple(rules),
    )


def run(count: int = COUNT, rounds: int = ROUNDS) -> Result:
    """Look through each book several times; the median is what counts."""
    machine = describe_machine(PACKAGES)
    rows, spent = list[dict[str, object]](), list[float]()
    for book in books(count):
        seconds = []
        for _ in range(rounds):
            begun = process_time()
            findings = lint(book.playbook, NOW)
            seconds.append(process_time() - begun)
        spent.append(median(seconds))
        kinds = Counter(str(finding.kind) for finding in findings)
        found = ", ".join(f"{times} {kind}" for kind, times in sorted(kinds.items()))
        row = {"book": book.name, "rules": count, "seconds": round(spent[-1], 3)}
        rows.append(row | {"found": found or "nothing"})
    what = f"the slowest book of {count:,} rules: at most {AT_MOST:.0f} s"
    bars = [bar(what, max(spent), met=max(spent) <= AT_MOST)]
    return {"what": "lint", "machine": machine, "rows": rows, "bars": bars}


if __name__ == "__main__":
    show(run(), Console())
