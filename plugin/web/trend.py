"""A KPI over weeks as lines: where they go in a drawing, for templates to lay out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor
from typing import NamedTuple, TypeVar

from routing.population.goal import Standing

Points = Sequence[Standing]
_Place = TypeVar("_Place")

_LEAST_SHARE, _LEAST_TIME = 0.1, 0.5
"""How much a scale holds at least: a tenth, or half of the goal's time; noise looks calm so."""


_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_SHARE_STEPS = (0.02, 0.05, 0.1, 0.2, 0.25)
_TIME_STEPS = (
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 4, 6, 12)),
    *(_DAY * n for n in (1, 2, 5, 10, 20, 50, 100)),
)


@dataclass(frozen=True, slots=True)
class Spark:
    """A line of 96 by 24: its path, the goal's height, and the place of the last point.

    ``missed`` says that the last point is on the bad side of the goal.
    """

    path: str
    goal: float
    last: tuple[float, float]
    missed: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where it is, and the value or place of the week that it stands for."""

    at: float
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A line with its 95 % band. Lengths are in the drawing's units, y downwards.

    ``lines`` and ``bands`` are paths, one for each stretch without a gap. ``last`` is the newest
    point.
    """

    width: float
    left: float
    right: float
    bottom: float
    lines: tuple[str, ...]
    bands: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    goal: float
    last: tuple[float, float]
    heights: tuple[Tick, ...]
    weeks: tuple[Tick, ...]


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


def chart(points: Points, *, narrow: bool) -> Chart | None:
    """The trend as a chart; None where less than two weeks can be told."""
    if len(_known(points)) < 2:
        return None
    width, left, right = (328.0, 34.0, 318.0) if narrow else (760.0, 48.0, 642.0)
    top, bottom = 16.0, 194.0
    scale = _scale(points, bands=True)
    xs = [_along(at, len(points), left, right) for at in range(len(points))]
    lines: list[tuple[float, float] | None] = []
    bands: list[tuple[float, float, float] | None] = []
    for x, one in zip(xs, points, strict=True):
        lines.append(None if one.now is None else (x, scale.up(one.now, top, bottom)))
        if one.low is None or one.high is None:
            bands.append(None)
        else:
            ends = [scale.up(end, top, bottom) for end in (one.low, one.high)]
            bands.append((x, ends[0], ends[1]))
    drawn = [one for one in lines if one is not None]
    step = 4 if narrow else 2
    return Chart(
        width=width,
        left=left,
        right=right,
        bottom=bottom,
        lines=tuple(_path(stretch) for stretch in _stretches(lines) if len(stretch) > 1),
        bands=tuple(_band(stretch) for stretch in _stretches(bands) if len(stretch) > 1),
        dots=tuple(stretch[0] for stretch in _stretches(lines) if len(stretch) == 1),
        goal=scale.up(points[0].goal.value, top, bottom),
        last=drawn[-1],
        heights=tuple(Tick(scale.up(value, top, bottom), value) for value in scale.marks()),
        weeks=tuple(Tick(xs[at], at) for at in range(len(points) - 1, -1, -step)),
    )


def _known(points: Points) -> list[Standing]:
    return [one for one in points if one.now is not None]


class _Scale(NamedTuple):
    low: float
    high: float
    step: float

    def up(self, value: float, top: float, bottom: float) -> float:
        """Where a value stands between the drawing's top and bottom."""
        part = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        return round(bottom - (bottom - top) * part, 1)

    def marks(self) -> list[float]:
        """The values at which the axis is marked."""
        count = round((self.high - self.low) / self.step)
        return [self.low + self.step * place for place in range(count + 1)]


def _scale(points: Points, *, bands: bool = False) -> _Scale:
    """A scale that holds the goal and every value, and with ``bands`` their intervals."""
    goal = points[0].goal
    values = [goal.value]
    for one in _known(points):
        more = (one.now, one.low, one.high) if bands else (one.now,)
        values += [value for value in more if value is not None]
    low, high = min(values), max(values)
    least = goal.value * _LEAST_TIME if goal.metric.is_time else _LEAST_SHARE
    middle, half = (low + high) / 2, max(high - low, least, 1e-6) / 2
    low, high = max(0.0, min(low, middle - half)), max(high, middle + half)
    high = high if goal.metric.is_time else min(1.0, high)
    step = _step(low, high, is_time=goal.metric.is_time)
    low, high = floor(low / step) * step, ceil(high / step) * step
    return _Scale(low, high if goal.metric.is_time else min(1.0, high), step)


def _step(low: float, high: float, *, is_time: bool) -> float:
    """The distance of two marks on the axis: a round one, so that there are at most five."""
    for step in _TIME_STEPS if is_time else _SHARE_STEPS:
        if ceil(high / step) - floor(low / step) <= 4:
            return step
    return (high - low) / 4


def _along(place: int, count: int, left: float, right: float) -> float:
    return round(left + (right - left) * place / max(1, count - 1), 1)


def _stretches(places: Sequence[_Place | None]) -> Iterator[list[_Place]]:
    """The runs of points without a gap."""
    for known, run in groupby(places, key=lambda one: one is not None):
        if known:
            yield [one for one in run if one is not None]


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + " ".join(f"{x} {y}" for x, y in places)


def _band(places: Sequence[tuple[float, float, float]]) -> str:
    there = [(x, high) for x, _, high in places]
    back = [(x, low) for x, low, _ in reversed(places)]
    return f"{_path([*there, *back])}Z"
