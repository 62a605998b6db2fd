"""How near a condition is to coming out the other way: which one test decides it alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from routing.conditions.evaluate import View, truth
from routing.conditions.tree import All, AnyOf, Condition, Not, Test

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


class Edge(NamedTuple):
    """A condition's result for one customer (None: unknown) and the tests that could turn it.

    Each of ``to_true`` alone would make it hold, each of ``to_false`` alone would make it fail.
    A test that is unknown is among them only where the result is unknown too.
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
            return Edge(result, () if result is True else turn, () if result is False else turn)
        case Not(part):
            inner = edge(part, view)
            result = None if inner.result is None else not inner.result
            return Edge(result, _negated(inner.to_false), _negated(inner.to_true))
        case All(parts):
            return _all(edge(part, view) for part in parts)
        case AnyOf(parts):
            return _swapped(_all(_swapped(edge(part, view)) for part in parts))
        case _:
            return Edge(truth(condition, view))


def _all(parts: Iterable[Edge]) -> Edge:
    """Any part can break a group that does not fail; what keeps it from holding must be alone."""
    every: list[Edge] = []
    broken: list[Edge] = []
    fails = False
    for part in parts:
        every.append(part)
        if part.result is not True:
            broken.append(part)
            fails = fails or part.result is False
            if fails and len(broken) > 1:
                return Edge(result=False)  # nothing alone can mend it, whatever comes
    mends = broken[0].to_true if len(broken) == 1 else ()
    if fails:
        return Edge(result=False, to_true=mends)
    breaks = tuple(turn for part in every for turn in part.to_false)
    if not broken:
        return Edge(result=True, to_false=breaks)
    return Edge(None, mends, breaks)


def _swapped(one: Edge) -> Edge:
    """The same with true and false changed: a group of *any* is *not all not*."""
    result = None if one.result is None else not one.result
    return Edge(result, one.to_false, one.to_true)


def _negated(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    return tuple(turn._replace(negated=not turn.negated) for turn in turns)


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
