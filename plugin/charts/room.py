"""How much room each chart takes: what lies around its marks, and how high it is.

Nothing is measured while drawing, so a page can keep the very room that a picture will fill.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from plugin.charts import words
from plugin.charts.scales import Scale, scale
from plugin.charts.values import (
    Bars,
    BeforeAfter,
    Chart,
    Durations,
    Intervals,
    Pareto,
    Spark,
    Survival,
    Trend,
    Unit,
)

NARROW = 480
"""Below this width, in pixels, names stand above what they name instead of beside it."""

_LETTER = 6.4
"""Width of a letter of 11 px, as a rule; a strong one is a little wider."""
_ROW, _TALL_ROW, _LEGEND = 26, 46, 26


@dataclass(frozen=True, slots=True)
class Room:
    """Lengths in pixels: the margins around the marks, and the height between them."""

    left: int
    right: int
    top: int
    bottom: int
    height: int

    @property
    def whole(self) -> int:
        """The height with what is above and below."""
        return self.top + self.height + self.bottom


def room(chart: Chart, *, narrow: bool) -> Room:
    """The room for a chart on a page, ``narrow`` on a phone."""
    match chart:
        case Intervals():
            return _rows(len(chart.rows), 210, narrow=narrow)
        case Bars():
            plain = _rows(len(chart.bars), 72, narrow=narrow)
            return replace(plain, top=_LEGEND) if stacked(chart) else plain
        case Trend():
            left = _axis_width(chart.unit, trend_scale(chart))
            names = [one.label for one in chart.lines]
            if chart.goal is not None:
                names.append(words.goal(chart.unit, chart.goal))
            return Room(left, 16 if narrow else _names_width(names), 22, 26, 196)
        case Survival():
            names = [one.label for one in chart.curves]
            return Room(44, 16 if narrow else _names_width(names), 14, 26, 196)
        case BeforeAfter():
            return Room(0, 0, 24, 24, 120)
        case Durations():
            return Room(40, 12, 24, 26, 150)
        case Pareto():
            return Room(44, 20, 24, 44, 230)
        case Spark():
            return Room(3, 4, 3, 3, 18)


def stacked(chart: Bars) -> bool:
    """Whether any bar has more than one part, so that the parts' names are needed."""
    return any(len(bar.parts) > 1 for bar in chart.bars)


def trend_scale(chart: Trend) -> Scale:
    """The scale of a trend: its values, their intervals and the goal are on it."""
    values = [
        end
        for line in chart.lines
        for one in line.points
        if one.known
        for end in (one.value, one.low, one.high)
    ]
    return scale(chart.unit, [*values, chart.goal])


def _rows(count: int, beside: int, *, narrow: bool) -> Room:
    if narrow:
        return Room(6, 16, 4, 28, _TALL_ROW * max(1, count))
    return Room(176, beside, 4, 28, _ROW * max(1, count))


def _axis_width(unit: Unit, of: Scale) -> int:
    return round(max(len(words.mark(unit, value)) for value in of.marks()) * _LETTER) + 16


def _names_width(names: Iterable[str]) -> int:
    longest = max((len(words.plain(name)) for name in names), default=0)
    return min(190, round(longest * (_LETTER + 0.7)) + 16)
