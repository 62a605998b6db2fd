"""How near a customer is to the edge of a segment: which one test would let them in, or out.

A customer stands *just outside* where one failing test alone keeps them out, and *just inside*
where one passing test alone keeps them in. How far the value is from what that test asks for,
compared with what it asks for, is their distance from the edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from routing.conditions.evaluate import Layout, View
from routing.conditions.nearness import Turn, distance, edge
from routing.conditions.tree import Condition, tests_of
from routing.tickets import Fact, Facts, Ticket, TicketRef


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
