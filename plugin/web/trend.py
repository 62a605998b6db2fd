"""A KPI over weeks: as a line so small that it stands in a row, and as a chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple, TypeVar

from plugin.charts.values import EVERYONE_ELSE, Estimate, Line, Moment, Trend, Unit
from plugin.views import SegmentView
from plugin.web.goal_words import COUNTED
from routing.population.goal import Goal, Standing

Points = Sequence[Standing]
_Place = TypeVar("_Place")

_LEAST_SHARE, _LEAST_TIME = 0.1, 0.5
"""How much a scale holds at least: a tenth, or half of the goal's time; noise looks calm so."""


@dataclass(frozen=True, slots=True)
class Spark:
    """A line of 96 by 24: its path, the goal's height, and the place of the last point.

    ``missed`` says that the last point is on the bad side of the goal.
    """

    path: str
    goal: float
    last: tuple[float, float]
    missed: bool


def spark(points: Points) -> Spark | None:
    """The trend as a small line; None where less than two weeks can be told."""
    known = _known(points)
    if len(known) < 2:
        return None
    scale = _scale(points)
    places = [
        None if one.now is None else (_along(at, len(points), 2, 94), scale.up(one.now, 3, 21))
        for at, one in enumerate(points)
    ]
    drawn = [one for one in places if one is not None]
    return Spark(
        path=" ".join(_path(stretch) for stretch in _stretches(places)),
        goal=scale.up(points[0].goal.value, 3, 21),
        last=drawn[-1],
        missed=known[-1].met is False,
    )


def trend_of(view: SegmentView) -> Trend | None:
    """A segment's trend as a chart; None where less than two weeks can be told."""
    if len(_known(view.trend)) < 2:
        return None
    goal = view.trend[0].goal
    name = f"{goal.metric.value[:1].upper()}{goal.metric.value[1:]}"
    points = tuple(Estimate(one.now, one.low, one.high, one.n) for one in view.trend)
    return Trend(
        title=f"{name} by week",
        defines=_defines(goal, [one.n for one in points if one.known]),
        unit=Unit.TIME if goal.metric.is_time else Unit.SHARE,
        ends=tuple(week.date() for week in view.weeks),
        lines=(Line(view.name, min(view.place, EVERYONE_ELSE), points),),
        moments=tuple(Moment(one.at.date(), f"playbook {one.version}") for one in view.steps),
        goal=goal.value,
        counted=COUNTED.get(goal.metric, ("ticket", "tickets")),
    )


def _defines(goal: Goal, counts: Sequence[int]) -> str:
    """What is measured, of how many, and what the band is, in a line."""
    times = ""
    if goal.metric.is_time:
        what = "90 of 100 take at most this long" if goal.quantile == "p90" else "Median"
        times = f" {what}, in calendar hours; what is still open waits."
    least, most = min(counts), max(counts)
    of = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    band = "" if goal.quantile == "p90" else " The band is the 95 % interval."
    return f"The four weeks before each point, n = {of}.{times}{band} Dashed is the goal."


def _known(points: Points) -> list[Standing]:
    return [one for one in points if one.now is not None]


class _Scale(NamedTuple):
    low: float
    high: float

    def up(self, value: float, top: float, bottom: float) -> float:
        """Where a value stands between the drawing's top and bottom."""
        part = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        return round(bottom - (bottom - top) * part, 1)


def _scale(points: Points) -> _Scale:
    """A scale that holds the goal and every value."""
    goal = points[0].goal
    values = [goal.value, *(one.now for one in _known(points) if one.now is not None)]
    low, high = min(values), max(values)
    least = goal.value * _LEAST_TIME if goal.metric.is_time else _LEAST_SHARE
    middle, half = (low + high) / 2, max(high - low, least, 1e-6) / 2
    low, high = max(0.0, min(low, middle - half)), max(high, middle + half)
    return _Scale(low, high if goal.metric.is_time else min(1.0, high))


def _along(place: int, count: int, left: float, right: float) -> float:
    return round(left + (right - left) * place / max(1, count - 1), 1)


def _stretches(places: Sequence[_Place | None]) -> Iterator[list[_Place]]:
    """The runs of points without a gap."""
    for known, run in groupby(places, key=lambda one: one is not None):
        if known:
            yield [one for one in run if one is not None]


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + " ".join(f"{x} {y}" for x, y in places)
