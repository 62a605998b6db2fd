"""Lines: a KPI over weeks, how long tickets stay open, and how a count grows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Literal, NamedTuple

import altair as alt

from plugin.charts import words
from plugin.charts.layers import (
    Datum,
    Plane,
    Side,
    axis,
    colour,
    coloured,
    drawn,
    labels,
    under_pointer,
)
from plugin.charts.room import Room, room, trend_scale
from plugin.charts.scales import apart, every, scale
from plugin.charts.values import Estimate, Spark, Survival, Trend, Unit

_GAP = 14.0
"""Two labels at the end of lines are at least so far apart, in pixels."""
_ABOVE = 9.0
"""How far above its line a name stands that has no room beside it, in pixels."""
_MOST_WEEKS, _FEW_WEEKS = 7, 4
_LETTER, _PLOT, _NARROW_PLOT = 6.4, 520.0, 270.0
"""A letter's width and the least width of a plot, in pixels: what is told apart before drawing."""


class _End(NamedTuple):
    """The newest point of a line, where its name stands."""

    name: str
    x: float
    y: float
    colour: int


def trend(chart: Trend, *, narrow: bool) -> list[alt.Chart]:
    """Lines with bands, what happened as upright rules, and the goal dashed."""
    of, ends = trend_scale(chart), chart.ends
    weeks = every(len(ends), _FEW_WEEKS if narrow else _MOST_WEEKS)
    plane = Plane(
        across=(0, max(1, len(ends) - 1)),
        upwards=(of.low, of.high),
        bottom=axis([(place, words.period(chart, ends[place])) for place in weeks]),
        side=axis([(value, words.mark(chart.unit, value)) for value in of.marks()]),
    )
    data = [
        {
            "x": place,
            "y": one.value,
            "low": one.low,
            "high": one.high,
            "part": _part(number, line.points, place),
            "colour": colour(line.colour),
            "says": f"{words.plain(line.label)}, {words.period(chart, ends[place])}: "
            f"{words.estimate(chart.unit, one, chart.counted)}",
            "href": one.href,
        }
        for number, line in enumerate(chart.lines)
        for place, one in enumerate(line.points)
        if one.known
    ]
    tips = [
        _End(words.plain(line.label), place, one.value or 0.0, line.colour)
        for line in chart.lines
        for place, one in _newest(line.points)
    ]
    goal = None if chart.goal is None else (words.goal(chart.unit, chart.goal), chart.goal)
    return [
        *_moments(chart, plane, narrow=narrow),
        *_goal(goal, plane),
        *_lines(data, plane, "linear"),
        *_names(tips, goal, plane, room(chart, narrow=narrow), narrow=narrow),
        under_pointer(data, plane),
    ]


def survival(chart: Survival, *, narrow: bool) -> list[alt.Chart]:
    """Steps downwards with their bands: the share of tickets that is still open."""
    of = scale(Unit.SHARE, [0.0, 1.0], from_zero=True)
    longest = max((step.after for curve in chart.curves for step in curve.steps), default=1.0)
    times = scale(Unit.TIME, [0.0, longest], from_zero=True)
    plane = Plane(
        across=(0, max(longest, 1.0)),
        upwards=(0, 1),
        bottom=axis([(t, words.mark(Unit.TIME, t)) for t in times.marks() if t <= longest]),
        side=axis([(value, words.mark(Unit.SHARE, value)) for value in of.marks()]),
    )
    data = [
        {
            "x": step.after,
            "y": step.open,
            "low": step.low,
            "high": step.high,
            "part": str(number),
            "colour": colour(curve.colour),
            "says": f"{words.plain(curve.label)}, after {words.amount(Unit.TIME, step.after)}: "
            f"{words.amount(Unit.SHARE, step.open)} {words.plain(chart.still)}, "
            f"{words.interval(Unit.SHARE, step.low, step.high)}, n = {step.n:,}",
            "href": curve.href,
        }
        for number, curve in enumerate(chart.curves)
        for step in curve.steps
    ]
    tips = [
        _End(words.plain(one.label), one.steps[-1].after, one.steps[-1].open, one.colour)
        for one in chart.curves
        if one.steps
    ]
    return [
        *_lines(data, plane, "step-after"),
        *_names(tips, None, plane, room(chart, narrow=narrow), narrow=narrow),
        under_pointer(data, plane),
    ]


def spark(chart: Spark) -> list[alt.Chart]:
    """A line without axes, and a dot at its newest end."""
    of = scale(Unit.COUNT, chart.counts, from_zero=True)
    plane = Plane(across=(0, max(1, len(chart.counts) - 1)), upwards=(0, of.high))
    data = [
        {
            "x": place,
            "y": count,
            "colour": "var(--ink-2)",
            "says": f"Week to {words.day(end)}: {words.amount(Unit.COUNT, count)}",
        }
        for place, (end, count) in enumerate(zip(chart.ends, chart.counts, strict=True))
    ]
    line = drawn(data).mark_line().encode(x=plane.x(), y=plane.y(), color=coloured())
    end = drawn(data[-1:]).mark_point().encode(x=plane.x(), y=plane.y(), color=coloured())
    return [line, end, under_pointer(data, plane)]


def _part(number: int, points: Sequence[Estimate], place: int) -> str:
    """The name of the stretch without a gap that a point is in."""
    begins = place
    while begins and points[begins - 1].known:
        begins -= 1
    return f"{number}-{begins}"


def _newest(points: Sequence[Estimate]) -> list[tuple[int, Estimate]]:
    return [(place, one) for place, one in enumerate(points) if one.known][-1:]


def _lines(
    data: Sequence[Datum], plane: Plane, how: Literal["linear", "step-after"]
) -> list[alt.Chart]:
    """Bands below lines; a point alone between gaps is a dot."""
    parts = [one["part"] for one in data]
    alone = [one for one in data if parts.count(one["part"]) == 1]
    banded = [one for one in data if one["low"] is not None and one["high"] is not None]
    x, coloring, part = plane.x(), coloured(), alt.Detail("part:N")
    band = drawn(banded).mark_area(interpolate=how)
    line = drawn(data).mark_line(interpolate=how)
    return [
        band.encode(x=x, y=plane.y("low"), y2=alt.Y2("high"), color=coloring, detail=part),
        line.encode(x=x, y=plane.y(), color=coloring, detail=part),
        drawn(alone).mark_point(size=14).encode(x=x, y=plane.y(), color=coloring),
    ]


def _names(
    tips: Sequence[_End], goal: tuple[str, float] | None, plane: Plane, where: Room, *, narrow: bool
) -> list[alt.Chart]:
    """Each line's name at its newest point, and the goal's words; none on another."""
    low, high = plane.upwards
    pixel = (high - low) / where.height
    above = _ABOVE * pixel if narrow else 0.0
    wanted = [tip.y + above for tip in tips]
    if goal is not None and not narrow:
        wanted.append(goal[1])
    places = apart(wanted, _GAP * pixel, low, high + above)
    names = [
        {"x": tip.x, "y": tip.y, "at": at, "name": tip.name, "colour": colour(tip.colour)}
        for tip, at in zip(tips, places, strict=False)
    ]
    dots = drawn(names).mark_point().encode(x=plane.x(), y=plane.y(), color=coloured())
    if narrow:
        said = [] if goal is None else [{"name": goal[0], "at": goal[1] + above}]
        inside = {"y": plane.y("at")}
        return [
            dots,
            labels(names, "halo", "right", x=plane.x(), **inside),
            labels(names, "inner-label", "right", x=plane.x(), **inside),
            labels(said, "halo", "left", x=alt.value(4), **inside),
            labels(said, "note", "left", x=alt.value(4), **inside),
        ]
    said = [] if goal is None else [{"name": goal[0], "at": places[-1]}]
    beside = {"x": alt.value("width"), "y": plane.y("at")}
    limit = drawn(names).mark_text(style="series-label", limit=where.right - 10)
    return [
        dots,
        limit.encode(text=alt.Text("name:N"), **beside),
        drawn(said).mark_text(style="note", dx=8).encode(text=alt.Text("name:N"), **beside),
    ]


def _goal(goal: tuple[str, float] | None, plane: Plane) -> list[alt.Chart]:
    if goal is None:
        return []
    return [drawn([{"y": goal[1]}]).mark_rule(style="goal").encode(y=plane.y())]


def _moments(chart: Trend, plane: Plane, *, narrow: bool) -> list[alt.Chart]:
    """Upright rules, their words above the plot; of words that would touch, the newest stay."""
    found = [(one, _place(one.on, chart.ends)) for one in chart.moments]
    inside = [(one, at) for one, at in found if at is not None]
    letter = _LETTER / (_NARROW_PLOT if narrow else _PLOT)
    said: dict[Side, list[Datum]] = {"left": [], "right": []}
    free = 2.0
    for one, at in sorted(inside, key=lambda pair: pair[1], reverse=True):
        name, part = words.plain(one.says), at / plane.across[1]
        length = letter * (len(name) + 1)
        side: Side = "right" if part + length > 1 else "left"
        begins = part - length if side == "right" else part
        if begins >= 0 and begins + length <= free:
            said[side].append({"x": at, "name": name})
            free = begins
    rules = drawn([{"x": at} for _, at in inside]).mark_rule().encode(x=plane.x())
    above = {"x": plane.x(), "y": alt.value(-10)}
    return [rules, *(labels(data, "note", side, **above) for side, data in said.items())]


def _place(on: date, ends: Sequence[date]) -> float | None:
    """Where a day is among the ends of periods; None where it is outside."""
    for place, (one, following) in enumerate(pairwise(ends)):
        if one <= on <= following:
            return place + (on - one) / (following - one)
    return None
