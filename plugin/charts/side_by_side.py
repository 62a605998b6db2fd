"""Groups below each other on one scale: intervals with their dots, and bars with their values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import altair as alt

from plugin.charts import words
from plugin.charts.layers import Plane, axis, colour, coloured, drawn, told, under_pointer
from plugin.charts.room import Room, room, stacked
from plugin.charts.scales import Scale, scale
from plugin.charts.values import Bar, Bars, Intervals, Part, Row

_BESIDE, _BELOW = 0.5, 0.72
"""Where in its row a mark is: in the middle beside its name, or below it on a phone."""
_NAME_ABOVE = 0.3
_TICK = 0.22
"""How far the mark of a goal reaches to both sides, in rows."""


_APART = "\u2002"
"""A space that is not closed up in a drawing."""
_LETTER = 6.4


def intervals(chart: Intervals, *, narrow: bool) -> list[alt.Chart]:
    """A dot with its 95 % interval for each group; too few are said in words."""
    known = [row for row in chart.rows if row.estimate.known]
    ends = [
        end
        for row in known
        for end in (row.estimate.value, row.estimate.low, row.estimate.high, row.goal)
    ]
    of = scale(chart.unit, ends, from_zero=chart.from_zero)
    plane = _plane(of, [words.mark(chart.unit, one) for one in of.marks()], len(chart.rows))
    at = _BELOW if narrow else _BESIDE
    rows = [_row(chart, row, place + at) for place, row in enumerate(chart.rows)]
    dots = [one for row, one in zip(chart.rows, rows, strict=True) if row.estimate.known]
    few = [one for row, one in zip(chart.rows, rows, strict=True) if not row.estimate.known]
    bounded = [one for one in dots if one["low"] is not None and one["high"] is not None]
    goals = [one for one in dots if one["goal"] is not None]
    y = plane.y()
    tick = drawn(goals).mark_rule(style="goal-tick")
    bar = drawn(bounded).mark_rule(style="interval")
    up = at - _NAME_ABOVE if narrow else 0.0
    return [
        drawn(dots).mark_rule(style="track").encode(y=y),
        tick.encode(x=plane.x("goal"), y=plane.y("top"), y2=alt.Y2("foot")),
        bar.encode(x=plane.x("low"), x2=alt.X2("high"), y=y, color=coloured()),
        drawn(dots).mark_point().encode(x=plane.x(), y=y, color=coloured()),
        drawn(few).mark_text(style="note").encode(x=alt.value(0), y=y, text=alt.Text("says:N")),
        *_beside(rows, dots, plane, room(chart, narrow=narrow), up),
        under_pointer(dots, plane),
    ]


def _row(chart: Intervals, row: Row, y: float) -> dict[str, Any]:
    """All that is drawn and said of a group, at this height."""
    one, name = row.estimate, words.plain(row.label)
    said = words.estimate(chart.unit, one, chart.counted)
    return {
        "y": y,
        "x": one.value,
        "low": one.low,
        "high": one.high,
        "goal": row.goal,
        "top": y - _TICK,
        "foot": y + _TICK,
        "colour": colour(row.colour),
        "name": name,
        "value": "" if one.value is None else words.amount(chart.unit, one.value),
        "doubt": words.interval(chart.unit, one.low, one.high),
        "n": f"n {one.n:,}",
        "says": f"{name}: {said}" if one.known else f"{said[:1].upper()}{said[1:]}",
        "href": one.href,
    }


def bars(chart: Bars, *, narrow: bool) -> list[alt.Chart]:
    """Bars from zero, of one part or stacked, each with its value."""
    totals = [sum(part.value for part in bar.parts) for bar in chart.bars]
    of = scale(chart.unit, [0.0, *totals], from_zero=True)
    plane = _plane(of, [words.mark(chart.unit, one) for one in of.marks()], len(chart.bars))
    at, half = (_BELOW, 0.17) if narrow else (_BESIDE, 0.32)
    rows = [
        {
            "y": place + at,
            "name": words.plain(bar.label),
            "value": words.amount(chart.unit, total),
        }
        for place, (bar, total) in enumerate(zip(chart.bars, totals, strict=True))
    ]
    parts = [
        {
            "x": begin,
            "to": begin + part.value,
            "y": place + at - half,
            "foot": place + at + half,
            "colour": colour(part.colour),
            "says": f"{_part_of(bar, part)}: {words.amount(chart.unit, part.value)}",
            "href": part.href,
        }
        for place, bar in enumerate(chart.bars)
        for begin, part in _stacked(bar)
    ]
    where = room(chart, narrow=narrow)
    mark = drawn(parts).mark_rect(style="bar", opacity=1 if stacked(chart) else 0.5)
    corners = {"x": plane.x(), "x2": alt.X2("to"), "y": plane.y(), "y2": alt.Y2("foot")}
    return [
        *_legend(chart, where),
        mark.encode(color=coloured(), **corners, **told(parts)),
        *_beside(rows, rows, plane, where, at - _NAME_ABOVE if narrow else 0.0),
    ]


def _plane(of: Scale, texts: Iterable[str], rows: int) -> Plane:
    """Values from left to right, rows from top to bottom."""
    bottom = axis(list(zip(of.marks(), texts, strict=True)))
    return Plane(across=(of.low, of.high), upwards=(max(1, rows), 0), bottom=bottom)


def _stacked(bar: Bar) -> Iterable[tuple[float, Part]]:
    begin = 0.0
    for part in bar.parts:
        yield begin, part
        begin += part.value


def _part_of(bar: Bar, part: Part) -> str:
    label, name = words.plain(bar.label), words.plain(part.label)
    return f"{label}, {name}" if name else label


def _beside(
    rows: list[dict[str, Any]],
    valued: list[dict[str, Any]],
    plane: Plane,
    where: Room,
    up: float,
) -> list[alt.Chart]:
    """The names at the left, the values at the right; on a phone both ``up`` above the mark."""
    narrow = up > 0
    y, right = plane.y("beside"), alt.value("width")
    names = [{"beside": one["y"] - up, "name": one["name"]} for one in rows]
    name = drawn(names).mark_text(style="name", limit=190 if narrow else where.left - 12)
    left = alt.value(0 if narrow else -where.left)
    shown = name.encode(x=left, y=y, text=alt.Text("name:N"))
    said = [
        {
            "beside": one["y"] - up,
            "value": one["value"],
            "short": f"{one['value']}{_APART}{one.get('n', '')}",
            "doubt": f"{one.get('doubt', '')}{_APART}{one.get('n', '')}",
        }
        for one in valued
    ]
    if narrow:
        value = drawn(said).mark_text(style="amount", align="right", limit=120)
        return [shown, value.encode(x=right, y=y, text=alt.Text("short:N"))]
    value = drawn(said).mark_text(style="amount", dx=14)
    doubt = drawn(said).mark_text(style="doubt", dx=74, limit=max(1, where.right - 74))
    return [
        shown,
        value.encode(x=right, y=y, text=alt.Text("value:N")),
        doubt.encode(x=right, y=y, text=alt.Text("doubt:N")),
    ]


def _legend(chart: Bars, where: Room) -> list[alt.Chart]:
    """The names of a stacked bar's parts in one line above, each behind its colour."""
    if not stacked(chart):
        return []
    parts = {part.label: part.colour for bar in chart.bars for part in bar.parts}
    at, entries = float(-where.left), []
    for label, number in parts.items():
        entries.append((at, words.plain(label), colour(number)))
        at += 28 + _LETTER * len(words.plain(label))
    layers = []
    for place, name, said in entries:
        square = drawn([{}]).mark_point(shape="square", size=80, color=said)
        text = drawn([{"name": name}]).mark_text(style="note")
        above = alt.value(-where.top + 9)
        layers += [
            square.encode(x=alt.value(place + 5), y=above),
            text.encode(x=alt.value(place + 14), y=above, text=alt.Text("name:N")),
        ]
    return layers
