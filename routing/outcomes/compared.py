"""One KPI of a few groups beside each other: what is said of it, and what is still missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log

from routing.outcomes.comparison import Measure, Side
from routing.outcomes.many import Answer, Answers, how_far, in_parts
from routing.outcomes.needed import needed_for_pace, needed_for_shares, ready_at

MOST_NEEDED = 1_000_000
"""More than this nobody waits for, so that it is not said."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one KPI shows of groups.

    ``shown`` are the differences that hold, the furthest first, each in two parts. ``same`` says
    that there is none where some were compared. ``notes`` say what is missing.
    """

    shown: tuple[tuple[str, str], ...]
    same: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coming:
    """Since when observations have been counted, until now; ``of`` is one of them, and many.

    ``since`` is None where no more come, for a time that is over.
    """

    of: tuple[str, str]
    since: datetime | None
    now: datetime


def told(
    measure: Measure,
    answers: Answers,
    sides: Mapping[str, Side],
    coming: Coming,
    duration: Callable[[float], str],
) -> Told:
    """What the answers, of which all were corrected together, say of one KPI."""
    made = [one for one in answers.made if one.measure is measure]
    shown = _by_subject([one for one in made if one.shown])
    lacking = [one for one in answers.lacking if one.measure is measure]
    return Told(
        shown=tuple(in_parts(one, duration) for one in shown),
        same="" if shown else _same(made),
        notes=(
            *(() if shown else _needed(made, sides)),
            *(_missing(one.name, one.n, one.lacks, coming) for one in lacking),
        ),
    )


def _by_subject(shown: Sequence[Answer]) -> list[Answer]:
    """The furthest apart first, each told of the one of the two that stands out more in all."""
    out: dict[str | None, float] = defaultdict(float)
    for one in shown:
        for name in (one.first, one.second):
            out[name] += _distance(one)
    told_so = (
        one.told_of(one.second) if one.second and out[one.second] > out[one.first] else one
        for one in shown
    )
    return sorted(told_so, key=_distance, reverse=True)


def _distance(one: Answer) -> float:
    if one.measure.is_time:
        return abs(log(one.difference.value))
    return abs(one.difference.value)


def _same(made: Sequence[Answer]) -> str:
    if not made:
        return ""
    if len(made) > 1:
        return "No difference shown."
    (one,) = made
    return f"No difference shown between {one.first} and {one.second}: {how_far(one)}."


def _needed(made: Sequence[Answer], sides: Mapping[str, Side]) -> tuple[str, ...]:
    """How many it would take to show the widest of the differences that are not shown."""
    if not made:
        return ()
    widest = max(made, key=_distance)
    count = _count_needed(widest, sides)
    # With as many as there are by now it would be shown, were it the only question.
    if count is None or not min(widest.n) < count <= MOST_NEEDED:
        return ()
    what = f"a difference like that of {widest.first} and {widest.second}"
    if len(made) == 1:
        what = "a difference of this size"
    return (f"To show {what} you would need n = {count:,} in each.",)


def _count_needed(one: Answer, sides: Mapping[str, Side]) -> int | None:
    assert one.second is not None  # groups are compared with each other
    both = sides[one.first], sides[one.second]
    if one.measure.is_time:
        waits = [side.waits[one.measure] for side in both]
        waiting, n = sum(one.waiting for one in waits), sum(one.n for one in waits)
        return needed_for_pace(one.difference.value, 1 - waiting / n)
    if one.measure.is_score:
        return None
    first, second = (hits / n for hits, n in (side.shares[one.measure] for side in both))
    return needed_for_shares(first, second)


def _missing(name: str, n: int, lacks: int, coming: Coming) -> str:
    needs = f"{name} needs {lacks} more {coming.of[lacks != 1]}"
    if coming.since is None:
        return f"{needs}."
    at = ready_at(n, coming.since, coming.now)
    if at is None:
        return f"{needs}; none came in this time."
    year = "" if at.year == coming.now.year else f" {at.year}"
    return f"{needs}, about {at.day} {at:%B}{year}."
