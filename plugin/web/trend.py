"""A KPI over weeks: as a line so small that it stands in a row, and as a chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple, TypeVar

from plugin.charts.values import EVERYONE_ELSE, Estimate, Line, Moment, Trend, Unit
from plugin.views.segments import SegmentView
from routing.outcomes.definitions import KPIS, WAITING, Kpi
from routing.outcomes.dimensions import Clock
from routing.outcomes.figures import Score, Share, Times
from routing.population.goal import Goal, Progress, Standing

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
    """A segment's KPI over time as a chart; None where less than two weeks can be told."""
    kpi = KPIS[view.kpi]
    goal = next((one for one in _goals(view) if one.metric.key == kpi.key), None)
    quantile = "median" if goal is None else goal.quantile
    points = tuple(estimate_of(one, quantile) for one in view.trend)
    counts = [one.n for one in points if one.known]
    if len(counts) < 2:
        return None
    return Trend(
        title=f"{kpi.title} by week",
        defines=_defines(kpi, goal, view.clock, counts),
        unit=Unit(kpi.unit.value),
        ends=tuple(week.date() for week in view.weeks),
        lines=(Line(view.name, min(view.place, EVERYONE_ELSE), points),),
        moments=tuple(Moment(one.at.date(), f"playbook {one.version}") for one in view.steps),
        goal=None if goal is None else goal.value,
        counted=(kpi.of.removesuffix("s"), kpi.of),
    )


def estimate_of(figure: Share | Times | Score | None, quantile: str = "median") -> Estimate:
    """A KPI as a point of a chart; of a time its median or its p90, which has no interval."""
    match figure:
        case (
            Share(value=value, low=low, high=high, n=n)
            | Score(value=value, low=low, high=high, n=n)
        ):
            return Estimate(value, low, high, n)
        case Times(p90=p90, n=n) if quantile == "p90":
            return Estimate(p90, None, None, n)
        case Times(median=median, low=low, high=high, n=n):
            return Estimate(median, low, high, n)
        case None:
            return Estimate(None, None, None, 0)


def _goals(view: SegmentView) -> Iterator[Goal]:
    for one in view.goals:
        if isinstance(one, Progress):
            yield one.now.goal


def _defines(kpi: Kpi, goal: Goal | None, clock: Clock, counts: Sequence[int]) -> str:
    """What is measured, of how many, and what the band is, in a line."""
    p90 = goal is not None and goal.quantile == "p90"
    what = f"90 of 100 take at most this long. {WAITING}" if p90 else kpi.definition
    times = f" In {clock.value} hours." if kpi.unit.value == Unit.TIME else ""
    least, most = min(counts), max(counts)
    of = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    band = "" if p90 else " The band is the 95 % interval."
    dashed = "" if goal is None else " Dashed is the goal."
    return f"{what}{times} The four weeks before each point, n = {of}.{band}{dashed}"


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
