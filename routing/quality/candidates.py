"""Tests that may tell the tickets people moved from those that stayed, each over all of them.

Nothing that a worker imports may import this module: it loads numpy.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from routing.conditions.columns import Bools, Table, truth
from routing.conditions.fields import Field, Fields
from routing.conditions.tree import read_condition
from routing.conditions.values import Kind, from_plain

SENSELESS = frozenset(
    {
        # One person is no reason for a rule, and neither is a moment that never comes again.
        "customer.name",
        "customer.email",
        "ticket.text",
        "ticket.opened",
        "ticket.status",
        "ticket.agent",
        "time.now",
        "time.date",
        "time.day",
        "time.month",
    }
)
"""Fields that are not looked at."""

SUBJECT = "ticket.subject"

LEAST = 5
"""Tickets that people moved which must have a value before it is tried."""

LEAST_CUSTOMERS = 3
"""Different customers of whom these must be: a rule is not about one person."""

MOST_VALUES = 40
"""Values of one field that are tried, and words of the subject."""

MOST_LIMITS = 16
"""Limits of one number that are tried."""

_WORD = re.compile(r"[^\W\d_]{3,30}")

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Tests of one field that differ in their value: ``holds`` has a row for each value.

    ``union`` is the operator that asks for any of several values, where there is one.
    """

    field: str
    operator: str
    union: str
    values: tuple[Any, ...]
    holds: Bools

    def document(self, places: Sequence[int]) -> Document:
        """The test for these values, as the playbook's file holds it."""
        if len(places) == 1:
            return {"field": self.field, self.operator: self.values[places[0]]}
        return {"field": self.field, self.union: [self.values[place] for place in places]}


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Tickets in columns: ``told`` are the plain values, and the names of segments, by field.

    ``who`` tells the customers apart.
    """

    table: Table
    told: Mapping[str, Sequence[object | None]]
    who: Sequence[object]


def families(fields: Fields, seen: Seen, moved: Bools, stayed: Bools) -> Iterator[Family]:
    """The tests worth trying, by what the ``moved`` tickets have, over every ticket.

    Only what the marked tickets say decides what is tried, so that the others can judge it.
    """
    table, told, who = seen.table, seen.told, seen.who
    marked = np.flatnonzero(moved).tolist()
    for name, raw in told.items():
        if name in SENSELESS or name not in table.told:
            continue
        field = fields[name]
        if name == SUBJECT:
            values: Sequence[Any] = _words(raw, who, marked, np.flatnonzero(stayed).tolist())
            yield from _family(fields, table, name, ("contains", "contains any of"), values)
        elif field.kind in {Kind.TEXT, Kind.YES_NO}:
            values = _usual((raw[row], who[row]) for row in marked)
            # Some weekdays of seven are better than the others by chance, and no reason for a rule.
            union = "" if field.clock is not None else "is any of"
            yield from _family(fields, table, name, ("is", union), values)
        elif field.kind is Kind.WORDS:
            sets = ((from_plain(raw[row]), who[row]) for row in marked)
            values = _usual(
                (one, whose)
                for words, whose in sets
                if isinstance(words, frozenset)
                for one in words
            )
            yield from _family(fields, table, name, ("contains", "contains any of"), values)
    for field in _numbers(fields, table):
        limits = _limits(table.numbers(field.name)[moved])
        yield from _family(fields, table, field.name, ("at least", ""), limits)
        yield from _family(fields, table, field.name, ("less than", ""), limits)


def _family(
    fields: Fields, table: Table, name: str, operators: tuple[str, str], values: Sequence[Any]
) -> Iterator[Family]:
    if not values:
        return
    operator, union = operators
    rows = [
        truth(read_condition({"field": name, operator: value}, fields), table).holds
        for value in values
    ]
    yield Family(name, operator, union, tuple(values), np.array(rows, dtype=np.bool_))


def _numbers(fields: Fields, table: Table) -> Iterable[Field]:
    return (
        fields[name]
        for name in table.told
        if fields[name].kind is Kind.NUMBER and name not in SENSELESS
    )


def _usual(values: Iterable[tuple[object | None, object]]) -> list[Any]:
    """The values that enough of these tickets have, the most usual first; text in one spelling."""
    spelled: dict[object, Counter[Any]] = defaultdict(Counter)
    whose: dict[object, set[object]] = defaultdict(set)
    for value, who in values:
        if isinstance(value, bool) or (isinstance(value, str) and value.strip()):
            key = value.casefold() if isinstance(value, str) else value
            spelled[key][value] += 1
            whose[key].add(who)
    often = [
        (one.total(), one.most_common(1)[0][0])
        for key, one in spelled.items()
        if one.total() >= LEAST and len(whose[key]) >= LEAST_CUSTOMERS
    ]
    often.sort(key=lambda two: (-two[0], str(two[1])))
    return [value for _, value in often][:MOST_VALUES]


def _words(
    subjects: Sequence[object | None],
    who: Sequence[object],
    moved: Sequence[int],
    stayed: Sequence[int],
) -> list[str]:
    """The words that the moved tickets have in their subjects more often than those that stayed."""
    here, there = (_by_word(subjects, rows) for rows in (moved, stayed))
    lifts = []
    for word, rows in here.items():
        lift = len(rows) / max(1, len(moved)) - len(there[word]) / max(1, len(stayed))
        whose = {who[row] for row in rows}
        if lift > 0 and len(rows) >= LEAST and len(whose) >= LEAST_CUSTOMERS:
            lifts.append((lift, word))
    # Of words that say the same, the longest says the most.
    lifts.sort(key=lambda two: (-two[0], -len(two[1]), two[1]))
    return [word for _, word in lifts[:MOST_VALUES]]


def _by_word(subjects: Sequence[object | None], rows: Sequence[int]) -> Mapping[str, list[int]]:
    """The rows by each word of their subjects."""
    found: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        subject = subjects[row]
        if isinstance(subject, str):
            for word in set(_WORD.findall(subject.casefold())):
                found[word].append(row)
    return found


def _limits(numbers: Any) -> list[float]:
    """Limits between the numbers of the moved tickets, at round places where that will do."""
    known = numbers[~np.isnan(numbers)]
    if len(known) < LEAST:
        return []
    cuts = np.quantile(known, np.linspace(0.0, 1.0, MOST_LIMITS + 1), method="nearest")
    return sorted({float(f"{cut:.3g}") for cut in cuts.tolist()})


def named_segments(primary: Sequence[int], names: Sequence[str]) -> list[str | None]:
    """The primary segment of each ticket by name, from its place."""
    return [None if place < 0 else names[place] for place in primary]
