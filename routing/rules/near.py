"""Near misses: which rules would have fired, and which segments held, but for one test."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from routing.conditions.durations import ago
from routing.conditions.evaluate import Seen, View, judge, truth
from routing.conditions.nearness import FAR, distance, edge
from routing.conditions.tree import All, AnyOf, Condition, Not, Test
from routing.conditions.values import say

MOST = 3
"""How many near misses are named, the nearest first."""

NEAR = 0.5
"""How near a value must be where nothing else that its condition asks for holds."""

_TOLD = 60
"""The longest value that is told whole, in characters."""

_OURS = frozenset({"ticket", "clock", "Deskroute"})
"""Sources that need no naming: they know best, and at the moment of the decision."""


class Candidate(NamedTuple):
    """A rule or a segment that may have come near, with its place from 1."""

    place: int
    name: str
    when: Condition


class NearMiss(NamedTuple):
    """A rule or a segment that one test kept away.

    ``test`` is that test as it came out: its ``result`` is None where it is unknown, and with it
    whether the whole would have held. ``field`` is how its field is said. ``distance`` is 0 at
    the edge, and 1 where the test knows no more or less.
    """

    place: int
    name: str
    field: str
    test: Seen
    distance: float

    @property
    def is_known(self) -> bool:
        """Whether it is known that the test failed."""
        return self.test.result is not None

    def why(self, now: datetime) -> str:
        """The test and what was seen: ``ARR is at least 10,000; it is 9,400, from CRM 3 h ago``."""
        test = self.test
        if test.result is None:
            return f"{test.sentence}; {self.field} is unknown"
        return f"{test.sentence}; it is {_seen(test, now)}"


def near_misses(
    candidates: Iterable[Candidate], view: View, most: int = MOST
) -> tuple[NearMiss, ...]:
    """Those that one test alone kept away, the nearest first, and those that it may have.

    Of a customer about whom little is known, one test keeps almost anything away. So something
    else that the condition asks for must hold, or the value must be near, or a source silent;
    and a value further than FAR from what is asked is not near whatever else holds.
    """
    found = [near for one in candidates if (near := _near(one, view)) is not None]
    return tuple(sorted(found, key=lambda one: (not one.is_known, one.distance, one.place))[:most])


def _near(one: Candidate, view: View) -> NearMiss | None:
    at = edge(one.when, view)
    turns = at.to_true  # none where it holds
    if at.result is None:
        turns = tuple(turn for turn in turns if truth(turn.test, view) is None)
    if not turns:
        return None
    far, turn = min(((distance(turn.test, view), turn) for turn in turns), key=lambda two: two[0])
    unanswered = at.result is None and view.known.silent
    if far > FAR or (
        far > NEAR and not unanswered and not _holds_somewhere(one.when, view, wanted=True)
    ):
        return None
    _, (seen,) = judge(Not(turn.test) if turn.negated else turn.test, view)
    return NearMiss(one.place, one.name, turn.test.field.says, seen, far)


def _holds_somewhere(condition: Condition, view: View, *, wanted: bool) -> bool:
    """Whether any test came out as the condition wants it."""
    match condition:
        case Test():
            return truth(condition, view) is wanted
        case Not(part):
            return _holds_somewhere(part, view, wanted=not wanted)
        case All(parts) | AnyOf(parts):
            return any(_holds_somewhere(part, view, wanted=wanted) for part in parts)
        case _:
            return False


def _seen(test: Seen, now: datetime) -> str:
    said = " ".join(say(test.value).split())
    said = said if len(said) <= _TOLD else f"{said[: _TOLD - 1]}…"
    if test.source is None or test.source in _OURS:
        return said
    return f"{said}, from {test.source}" + (f" {ago(test.as_of, now)}" if test.as_of else "")
