"""How something is spread: durations, revenue over customers, load before and after."""

from __future__ import annotations

from itertools import pairwise
from math import log

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
    told,
    under_pointer,
)
from plugin.charts.room import room
from plugin.charts.scales import TIME_MARKS, apart, every, scale
from plugin.charts.values import BeforeAfter, Change, Durations, Pareto, Reached, Unit

_HALF, _SHORT = 0.37, 0.46
"""Half the width of a bar, and of the short line for what was before, in places of bars."""
_MOST_NAMES, _FEW_NAMES = 12, 6
_LEAST = 1.0
"""Where a logarithmic axis begins at least, in seconds: it knows no 0."""
_GAP = 14.0
_EDGE = 0.25
"""Within this part of the width at either end, words go towards the middle."""


def durations(chart: Durations, *, narrow: bool) -> list[alt.Chart]:
    """A histogram over a logarithmic axis, with the median and p90 marked."""
    low = max(_LEAST, min((one.low for one in chart.buckets), default=_LEAST))
    high = max(low * 10, max((one.high for one in chart.buckets), default=_LEAST))
    of = scale(Unit.COUNT, [0.0, *(one.tickets for one in chart.buckets)], from_zero=True)
    marks = [one for one in TIME_MARKS if low <= one <= high]
    marks = [marks[place] for place in every(len(marks), 4 if narrow else 9)]
    plane = Plane(
        across=(low, high),
        upwards=(0, of.high),
        bottom=axis([(one, words.mark(Unit.TIME, one)) for one in marks]),
        side=axis([(one, words.mark(Unit.COUNT, one)) for one in of.marks()]),
        logarithmic=True,
    )
    buckets = [
        {
            "x": max(low, one.low),
            "to": one.high,
            "y": one.tickets,
            "zero": 0,
            "says": f"{words.amount(Unit.TIME, one.low)} to {words.amount(Unit.TIME, one.high)}: "
            f"{words.amount(Unit.COUNT, one.tickets)} tickets",
            "href": one.href,
        }
        for one in chart.buckets
        if one.high > low
    ]
    bars = drawn(buckets).mark_rect(style="bar", stroke="var(--ground)", strokeWidth=1)
    corners = {"x": plane.x(), "x2": alt.X2("to"), "y": plane.y("zero"), "y2": alt.Y2("y")}
    return [bars.encode(**corners, **told(buckets)), *_quantiles(chart, plane)]


def _quantiles(chart: Durations, plane: Plane) -> list[alt.Chart]:
    """The median and p90 as upright lines, their words turned away from each other."""
    low, high = plane.across
    said: dict[Side, list[Datum]] = {"left": [], "right": []}
    for name, at, usual in (("median", chart.median, "right"), ("p90", chart.p90, "left")):
        if at is None:
            continue
        x = min(high, max(low, at))
        part = log(x / low) / log(high / low)
        # Near an edge there is room on one side only.
        side: Side = "left" if part < _EDGE or (usual == "left" and part <= 1 - _EDGE) else "right"
        said[side].append({"x": x, "name": f"{name} {words.amount(Unit.TIME, at)}"})
    every_line = drawn([*said["left"], *said["right"]]).mark_rule(style="before")
    above = {"x": plane.x(), "y": alt.value(-10)}
    return [
        every_line.encode(x=plane.x()),
        *(labels(data, "note", side, **above) for side, data in said.items()),
    ]


def before_after(chart: BeforeAfter, *, narrow: bool) -> list[alt.Chart]:
    """Bars from zero, a short line for what was before, and what there is room for dashed."""
    tops = [end for one in chart.bars for end in (one.now, one.before)]
    of = scale(chart.unit, [0.0, *tops, chart.room], from_zero=True)
    shown = every(len(chart.bars), _FEW_NAMES if narrow else _MOST_NAMES)
    names = [{"x": place, "name": words.plain(chart.bars[place].label)} for place in shown]
    plane = Plane(across=(-0.5, max(1, len(chart.bars)) - 0.5), upwards=(0, of.high))
    bars = [_bar(chart, one, place) for place, one in enumerate(chart.bars)]
    corners = {"x": plane.x(), "x2": alt.X2("to"), "y": plane.y("zero"), "y2": alt.Y2("y")}
    layers = []
    for over, style in ((False, "bar"), (True, "over")):
        data = [one for one in bars if one["over"] is over]
        layers.append(drawn(data).mark_rect(style=style).encode(**corners, **told(data)))
    before = [
        {"x": place - _SHORT, "to": place + _SHORT, "y": one.before}
        for place, one in enumerate(chart.bars)
        if one.before is not None
    ]
    line = drawn(before).mark_rule(style="before")
    text = drawn(names).mark_text(style="note", align="center", dy=12)
    return [
        *layers,
        line.encode(x=plane.x(), x2=alt.X2("to"), y=plane.y()),
        *_limit(chart, plane),
        drawn([{"y": 0}]).mark_rule().encode(y=plane.y()),
        text.encode(x=plane.x(), y=alt.value("height"), text=alt.Text("name:N")),
    ]


def _bar(chart: BeforeAfter, one: Change, place: int) -> Datum:
    said = f"{words.plain(one.label)}: {chart.now_says} {words.amount(chart.unit, one.now)}"
    if one.before is not None:
        said += f", {chart.before_says.lower()} {words.amount(chart.unit, one.before)}"
    over = chart.room is not None and one.now > chart.room
    if over and chart.room is not None:
        said += f", over the room for {words.amount(chart.unit, chart.room)}"
    return {
        "x": place - _HALF,
        "to": place + _HALF,
        "y": one.now,
        "zero": 0,
        "over": over,
        "says": said,
        "href": one.href,
    }


def _limit(chart: BeforeAfter, plane: Plane) -> list[alt.Chart]:
    if chart.room is None:
        return []
    data = [{"y": chart.room, "name": f"room for {words.amount(chart.unit, chart.room)}"}]
    text = drawn(data).mark_text(style="note", align="right", dy=-8)
    return [
        drawn(data).mark_rule(style="goal").encode(y=plane.y()),
        text.encode(x=alt.value("width"), y=plane.y(), text=alt.Text("name:N")),
    ]


def pareto(chart: Pareto, *, narrow: bool) -> list[alt.Chart]:
    """The curve of revenue over customers, against what equal customers would give."""
    tenths = [place / 5 for place in range(6)]
    marks = [(one, words.mark(Unit.SHARE, one)) for one in tenths]
    plane = Plane(across=(0, 1), upwards=(0, 1), bottom=axis(marks), side=axis(marks))
    curve = [
        {
            "x": one.customers,
            "y": one.revenue,
            "colour": colour(one.colour),
            "name": words.plain(one.label),
            "says": f"{words.plain(one.label) or 'The first'}: "
            f"{words.amount(Unit.SHARE, one.customers)} of customers, "
            f"{words.amount(Unit.SHARE, one.revenue)} of revenue",
            "href": one.href,
        }
        for one in chart.curve
    ]
    named = [one for one, value in zip(curve, chart.curve, strict=True) if value.label]
    x, y = plane.x(), plane.y()
    equal = drawn([{"x": 0, "y": 0}, {"x": 1, "y": 1}])
    return [
        equal.mark_line(style="equal").encode(x=x, y=y),
        *_eighty(chart, plane),
        drawn(curve).mark_line().encode(x=x, y=y),
        drawn(named).mark_point().encode(x=x, y=y, color=coloured()),
        *_names(chart, plane, 1 / room(chart, narrow=narrow).height),
        drawn([{}])
        .mark_text(style="note", align="right", dy=36)
        .encode(x=alt.value("width"), y=alt.value("height"), text=alt.value("% of customers")),
        drawn([{}])
        .mark_text(style="note", dx=-32)
        .encode(x=alt.value(0), y=alt.value(-18), text=alt.value("% of revenue")),
        under_pointer(curve, plane),
    ]


def _names(chart: Pareto, plane: Plane, pixel: float) -> list[alt.Chart]:
    """Segments beside the points where they end; near the right edge, where no room is, before.

    Those that bring the marked share: the many behind them lie on top of each other.
    """
    customers = reached_at(chart.curve, chart.mark)
    reached = [one for one in chart.curve if one.label and one.customers <= (customers or 1)]
    named = [one for one in chart.curve if one.label][: len(reached) + 1]
    # The free side of the curve is below it, so names give way downwards.
    places = apart([-one.revenue for one in named], _GAP * pixel, -1, -0.05)
    beside: list[Datum] = []
    before: list[Datum] = []
    for one, place in zip(named, places, strict=True):
        side = beside if one.customers <= 1 - _EDGE else before
        side.append({"x": one.customers, "y": -place, "name": words.plain(one.label)})
    at = {"x": plane.x(), "y": plane.y(), "text": alt.Text("name:N")}
    right = drawn(beside).mark_text(style="note", dx=9, dy=6, limit=150)
    left = drawn(before).mark_text(style="note", align="right", dx=-2, dy=16, limit=150)
    return [right.encode(**at), left.encode(**at)]


def _eighty(chart: Pareto, plane: Plane) -> list[alt.Chart]:
    """Which share of customers brings the marked share of revenue, as dashed lines."""
    customers = reached_at(chart.curve, chart.mark)
    if customers is None:
        return []
    said = f"{words.amount(Unit.SHARE, customers)} bring {words.amount(Unit.SHARE, chart.mark)}"
    corner = {"x": customers, "y": chart.mark, "zero": 0, "says": said}
    data = drawn([corner])
    return [
        data.mark_rule(style="goal").encode(x=plane.x("zero"), x2=alt.X2("x"), y=plane.y()),
        data.mark_rule(style="goal").encode(x=plane.x(), y=plane.y("zero"), y2=alt.Y2("y")),
        data.mark_text(style="note", dx=6, dy=-8).encode(
            x=plane.x(), y=alt.value("height"), text=alt.Text("says:N")
        ),
    ]


def reached_at(curve: tuple[Reached, ...], revenue: float) -> float | None:
    """Which share of customers brings this share of revenue, between points in a straight line."""
    for one, following in pairwise(curve):
        if one.revenue < revenue <= following.revenue:
            part = (revenue - one.revenue) / (following.revenue - one.revenue)
            return one.customers + part * (following.customers - one.customers)
    return None
