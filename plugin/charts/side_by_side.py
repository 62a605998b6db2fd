"""Groups below each other on one scale: intervals with their dots, and bars with their values."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from plugin.charts import words
from plugin.charts.layers import Plane, axis, colour, coloured, drawn, told, under_pointer
from plugin.charts.room import Room, room, stacked
from plugin.charts.scales import Scale, scale
from plugin.charts.values import Bar, Bars, Intervals, Part

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
    tracks, dots, goals, names, values, few = [], [], [], [], [], []
    for place, row in enumerate(chart.rows):
        one, label = row.estimate, words.plain(row.label)
        said = words.estimate(chart.unit, one, chart.counted)
        names.append({"y": place + (_NAME_ABOVE if narrow else at), "name": label})
        if not one.known or one.value is None:
            few.append({"y": place + at, "says": said[:1].upper() + said[1:]})
            continue
        tracks.append({"y": place + at})
        dots.append(
            {
                "y": place + at,
                "x": one.value,
                "low": one.low,
                "high": one.high,
                "colour": colour(row.colour),
                "says": f"{label}: {said}",
                "href": one.href,
            }
        )
        values.append(
            {
                "y": place + (_NAME_ABOVE if narrow else at),
                "value": words.amount(chart.unit, one.value),
                "doubt": words.interval(chart.unit, one.low, one.high),
                "n": f"n {one.n:,}",
            }
        )
        if row.goal is not None:
            goals.append({"x": row.goal, "y": place + at - _TICK, "to": place + at + _TICK})
    bounded = [one for one in dots if one["low"] is not None and one["high"] is not None]
    y = plane.y()
    return [
        drawn(tracks).mark_rule(style="track").encode(y=y),
        drawn(goals).mark_rule(style="goal-tick").encode(x=plane.x(), y=y, y2=alt.Y2("to")),
        drawn(bounded)
        .mark_rule(style="interval")
        .encode(x=plane.x("low"), x2=alt.X2("high"), y=y, color=coloured()),
        drawn(dots).mark_point().encode(x=plane.x(), y=y, color=coloured()),
        drawn(few).mark_text(style="note").encode(x=alt.value(0), y=y, text=alt.Text("says:N")),
        *_beside(names, values, plane, room(chart, narrow=narrow), narrow=narrow),
        under_pointer(dots, plane),
    ]


def bars(chart: Bars, *, narrow: bool) -> list[alt.Chart]:
    """Bars from zero, of one part or stacked, each with its value."""
    totals = [sum(part.value for part in bar.parts) for bar in chart.bars]
    of = scale(chart.unit, [0.0, *totals], from_zero=True)
    plane = _plane(of, [words.mark(chart.unit, one) for one in of.marks()], len(chart.bars))
    at, half = (_BELOW, 0.17) if narrow else (_BESIDE, 0.32)
    names, values, parts = [], [], []
    for place, (bar, total) in enumerate(zip(chart.bars, totals, strict=True)):
        beside = place + (_NAME_ABOVE if narrow else at)
        names.append({"y": beside, "name": words.plain(bar.label)})
        values.append({"y": beside, "value": words.amount(chart.unit, total)})
        for begin, part in _stacked(bar):
            parts.append(
                {
                    "x": begin,
                    "to": begin + part.value,
                    "y": place + at - half,
                    "down": place + at + half,
                    "colour": colour(part.colour),
                    "says": f"{_part_of(bar, part)}: {words.amount(chart.unit, part.value)}",
                    "href": part.href,
                }
            )
    where = room(chart, narrow=narrow)
    mark = drawn(parts).mark_rect(style="bar", opacity=1 if stacked(chart) else 0.5)
    return [
        *_legend(chart, plane, where),
        mark.encode(
            x=plane.x(),
            x2=alt.X2("to"),
            y=plane.y(),
            y2=alt.Y2("down"),
            color=coloured(),
            **told(parts),
        ),
        *_beside(names, values, plane, where, narrow=narrow),
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
    names: list[dict[str, object]],
    values: list[dict[str, object]],
    plane: Plane,
    where: Room,
    *,
    narrow: bool,
) -> list[alt.Chart]:
    """The names at the left, the values at the right; on a phone both above the mark."""
    y = plane.y()
    left = alt.value(0 if narrow else -where.left)
    limit = 190 if narrow else where.left - 12
    name = drawn(names).mark_text(style="name", limit=limit)
    right = alt.value("width")
    layers = [name.encode(x=left, y=y, text=alt.Text("name:N"))]
    if narrow:
        both = [{**one, "value": f"{one['value']}{_APART}{one.get('n', '')}"} for one in values]
        value = drawn(both).mark_text(style="amount", align="right", limit=120)
        return [*layers, value.encode(x=right, y=y, text=alt.Text("value:N"))]
    value = drawn(values).mark_text(style="amount", dx=14)
    doubt = [{**one, "doubt": f"{one['doubt']}{_APART}{one['n']}"} for one in values if "n" in one]
    beside = drawn(doubt).mark_text(style="doubt", dx=74, limit=where.right - 74)
    return [
        *layers,
        value.encode(x=right, y=y, text=alt.Text("value:N")),
        beside.encode(x=right, y=y, text=alt.Text("doubt:N")),
    ]


def _legend(chart: Bars, plane: Plane, where: Room) -> list[alt.Chart]:
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
