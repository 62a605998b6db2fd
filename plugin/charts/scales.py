"""Scales: where an axis begins and ends, where it is marked, and labels kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

from plugin.charts.values import Unit

_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_SHARE_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
_TIME_STEPS = (
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 4, 6, 12)),
    *(_DAY * n for n in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000)),
)
_LEAST = {Unit.SHARE: 0.1, Unit.TIME: _MINUTE, Unit.COUNT: 2.0}
_LEAST_PART = 0.25
"""How much a scale holds at least, in its unit and of its highest value: noise looks calm so."""

_MOST_STEPS = 4


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from ``low`` to ``high``, marked every ``step``, in the unit of its values."""

    low: float
    high: float
    step: float

    def marks(self) -> list[float]:
        """The values at which the axis is marked."""
        count = round((self.high - self.low) / self.step)
        return [round(self.low + self.step * place, 9) for place in range(count + 1)]


def scale(unit: Unit, values: Iterable[float | None], *, from_zero: bool = False) -> Scale:
    """The scale that holds all values, at round marks, at most five of them.

    Shares stay between 0 and 1, and nothing goes below 0. With ``from_zero`` it begins there.
    """
    known = [one for one in values if one is not None and isfinite(one)] or [0.0]
    low, high = min(known), max(known)
    middle = (low + high) / 2
    half = max(high - low, _LEAST[unit], 0.0 if unit is Unit.SHARE else high * _LEAST_PART) / 2
    low, high = min(low, middle - half), max(high, middle + half)
    if unit is Unit.SHARE and high > 1.0:
        low, high = min(low, 1.0 - 2 * half), 1.0
    low = 0.0 if from_zero else max(0.0, low)
    step = _step(unit, low, high)
    # A tenth is not a round number to a computer: 7 of them are a little more than 0.7.
    begin = round(floor(round(low / step, 6)) * step, 9)
    end = round(ceil(round(high / step, 6)) * step, 9)
    return Scale(begin, min(1.0, end) if unit is Unit.SHARE else end, step)


def _step(unit: Unit, low: float, high: float) -> float:
    """The distance of two marks: the smallest round one that leaves at most five marks."""
    for step in _steps(unit, high - low):
        if ceil(round(high / step, 6)) - floor(round(low / step, 6)) <= _MOST_STEPS:
            return step
    return (high - low) / _MOST_STEPS


def _steps(unit: Unit, span: float) -> Sequence[float]:
    if unit is Unit.SHARE:
        return _SHARE_STEPS
    if unit is Unit.TIME:
        return _TIME_STEPS
    size = 10.0 ** floor(log10(max(span, 1.0) / _MOST_STEPS))
    return [max(1.0, size * n) for n in (1, 2, 5, 10, 20, 50)]


TIME_MARKS = (
    *(1.0, 10.0),
    *(_MINUTE * n for n in (1, 10)),
    *(_HOUR * n for n in (1, 6)),
    *(_DAY * n for n in (1, 7, 30, 100, 365)),
)
"""Where a logarithmic axis of time is marked, in seconds."""


def every(count: int, most: int) -> list[int]:
    """Which of ``count`` places are marked, at most ``most``; the last one always is."""
    step = max(1, ceil(count / most))
    return list(range(count - 1, -1, -step))[::-1]


def apart(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places as near to the wanted ones as can be, at least ``gap`` apart, from low to high.

    In the order in which they were wanted. Where there is no room for all, they share what there
    is evenly.
    """
    if not wanted:
        return []
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    gap = min(gap, (high - low) / max(1, len(wanted) - 1))
    found = [0.0] * len(wanted)
    floor_ = low
    for place in order:
        floor_ = found[place] = max(floor_, wanted[place])
        floor_ += gap
    ceiling = high
    for place in reversed(order):
        ceiling = found[place] = min(ceiling, found[place])
        ceiling -= gap
    return found
