"""How near a customer is to the edge of a segment: which one test would let them in, or out.

A customer stands *just outside* where one failing test alone keeps them out, and *just inside*
where one passing test alone keeps them in. How far the value is from what that test asks for,
compared with what it asks for, is their distance from the edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from routing.conditions.evaluate import Layout, View, truth
from routing.conditions.tree import All, AnyOf, Condition, Not, Test, tests_of
from routing.tickets import Fact, Facts, Ticket, TicketRef

FAR = 1.0
"""The distance of a test that knows no more or less, such as a country."""

_DAYS = 365.0
"""Dates are this many days apart at distance 1."""


class Turn(NamedTuple):
    """One test that, coming out the other way, would change the result.

    ``negated`` says that it stands under an odd number of *not*.
    """

    test: Test
    negated: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A condition's result for one customer (None: unknown) and the tests that could turn it.

    Each of ``to_true`` alone would make it hold, each of ``to_false`` alone would make it fail.
    """

    result: bool | None
    to_true: tuple[Turn, ...] = ()
    to_false: tuple[Turn, ...] = ()


def edge(condition: Condition, view: View) -> Edge:
    """The result, with every test that could turn it by itself."""
    match condition:
        case Test():
            result = truth(condition, view)
            turn = (Turn(condition, negated=False),)
            if result is None:
                return Edge(None)
            return Edge(result, () if result else turn, turn if result else ())
        case Not(part):
            inner = edge(part, view)
            result = None if inner.result is None else not inner.result
            return Edge(result, _negated(inner.to_false), _negated(inner.to_true))
        case All(parts):
            return _all([edge(part, view) for part in parts])
        case AnyOf(parts):
            return _swapped(_all([_swapped(edge(part, view)) for part in parts]))
        case _:
            return Edge(truth(condition, view))


def _all(parts: Sequence[Edge]) -> Edge:
    """Any part can break a group that does not fail; what keeps it from holding must be alone."""
    broken = [part for part in parts if part.result is not True]
    mends = broken[0].to_true if len(broken) == 1 else ()
    if any(part.result is False for part in broken):
        return Edge(result=False, to_true=mends)
    breaks = tuple(turn for part in parts for turn in part.to_false)
    if not broken:
        return Edge(result=True, to_false=breaks)
    return Edge(None, mends, breaks)


def _swapped(one: Edge) -> Edge:
    """The same with true and false changed: a group of *any* is *not all not*."""
    result = None if one.result is None else not one.result
    return Edge(result, one.to_false, one.to_true)


def _negated(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    return tuple(turn._replace(negated=not turn.negated) for turn in turns)


@dataclass(frozen=True, slots=True)
class Example:
    """One customer near the edge of a segment.

    ``name`` is how they are called. ``sentence`` is the test that alone decides it, as it is
    written; ``fact`` is what is known of it. ``distance`` is 0 at the edge.
    """

    name: str
    sentence: str
    fact: Fact | None
    distance: float


@dataclass(frozen=True, slots=True)
class Looked:
    """A segment over a sample of ``sample`` customers.

    ``members`` belong to it, of ``unknown`` it cannot be told. ``inside`` and ``outside`` are
    examples, nearest to the edge first.
    """

    sample: int
    members: int
    unknown: int
    inside: tuple[Example, ...]
    outside: tuple[Example, ...]


class Known(NamedTuple):
    """One customer of a sample: what they are called, and what is known of them by field."""

    name: str
    facts: Mapping[str, Fact]


def look(condition: Condition, customers: Sequence[Known], now: datetime, most: int = 10) -> Looked:
    """Judge a condition over a sample, with ``most`` examples on each side of its edge."""
    layout = Layout.of([condition])
    inside: list[Example] = []
    outside: list[Example] = []
    members = unknown = 0
    for customer in customers:
        view = view_of(customer.facts, layout, now)
        found = edge(condition, view)
        members += found.result is True
        unknown += found.result is None
        if found.result is not None:
            turns = found.to_false if found.result else found.to_true
            example = _example(customer.name, turns, view)
            if example is not None:
                (inside if found.result else outside).append(example)
    return Looked(
        sample=len(customers),
        members=members,
        unknown=unknown,
        inside=_nearest(inside, most),
        outside=_nearest(outside, most),
    )


def asked_about(condition: Condition) -> frozenset[str]:
    """The fields that have to be known to judge the condition."""
    fields = [test.field for test in tests_of(condition)]
    derived = (field.derived.of for field in fields if field.derived is not None)
    return frozenset({*(field.name for field in fields), *derived})


def view_of(facts: Mapping[str, Fact], layout: Layout, now: datetime) -> View:
    """A customer as conditions see them while they have no ticket: its fields are unknown."""
    nobody = Ticket(TicketRef("", ""), "", "", None, now)
    view = layout.view(Facts(ticket=nobody, now=now, customer=facts))
    for field in layout.fields:
        if field.name.startswith("ticket."):
            layout.put(view, field, None)
    return view


def _nearest(examples: list[Example], most: int) -> tuple[Example, ...]:
    # Of equally near ones the order of names decides, so that a page shows the same ones again.
    return tuple(sorted(examples, key=lambda one: (one.distance, one.name))[:most])


def _example(name: str, turns: tuple[Turn, ...], view: View) -> Example | None:
    if not turns:
        return None
    far, turn = min(((distance(one.test, view), one) for one in turns), key=lambda pair: pair[0])
    sentence = f"not: {turn.test.sentence}" if turn.negated else turn.test.sentence
    return Example(name, sentence, view.facts[view.slots[turn.test.slot]], far)


def distance(test: Test, view: View) -> float:
    """How far the value is from what the test asks for: 0 at the edge, FAR where nothing says."""
    value = view.row[view.slots[test.slot]]
    against = test.against if isinstance(test.against, tuple) else (test.against,)
    near = [_apart(value, one) for one in against]
    return min((one for one in near if one is not None), default=FAR)


def _apart(value: object, against: object) -> float | None:
    if isinstance(value, bool) or isinstance(against, bool):
        return None
    if isinstance(value, float) and isinstance(against, float):
        return abs(value - against) / max(abs(against), 1.0)
    if isinstance(value, timedelta) and isinstance(against, timedelta):
        return abs(value - against) / max(abs(against), timedelta(days=1))
    if isinstance(value, date) and isinstance(against, date):
        return abs((value - against).days) / _DAYS
    return None
