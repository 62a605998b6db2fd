"""How a chart's values are said, in tooltips, tables and labels; and what its texts may hold."""

from __future__ import annotations

import unicodedata
from datetime import date

from plugin.amounts import duration, number, percent, points, short_percent
from plugin.charts.values import Estimate, Trend, Unit
from routing.outcomes.figures import ENOUGH

MOST_CHARACTERS = 120
"""A longer name is cut when it is drawn."""

_ISOLATE, _END = "\u2068", "\u2069"
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def clean(text: str) -> str:
    """A text from outside without what no page, picture or address can hold, on one line."""
    line = " ".join(text.split())
    kept = (c for c in line if unicodedata.category(c) not in {"Cc", "Cs"} and c not in _TURNS)
    return "".join(kept)


def plain(text: str) -> str:
    """A name as it is drawn: clean, and not too long.

    What is written from right to left keeps its order to itself, and does not turn the numbers
    beside it around (Unicode bidirectional algorithm, isolates).
    """
    kept = clean(text)
    if len(kept) > MOST_CHARACTERS:
        kept = f"{kept[: MOST_CHARACTERS - 1]}…"
    turns = any(unicodedata.bidirectional(c) in {"R", "AL"} for c in kept)
    return f"{_ISOLATE}{kept}{_END}" if turns else kept


def amount(unit: Unit, value: float) -> str:
    """A value with its unit: ``93.1 %``, ``4 h 05``, ``4,118``."""
    match unit:
        case Unit.SHARE:
            return percent(value)
        case Unit.TIME:
            return duration(value)
        case Unit.COUNT:
            return number(value) if value == round(value) else f"{value:,.1f}"


def mark(unit: Unit, value: float) -> str:
    """A value at an axis, as short as it can be: ``90``, ``30 min``, ``1,000``."""
    return points(value).removesuffix(".0") if unit is Unit.SHARE else amount(unit, value)


def goal(unit: Unit, value: float) -> str:
    """A goal as it is said: ``goal 90 %``."""
    return f"goal {short_percent(value) if unit is Unit.SHARE else amount(unit, value)}"


def interval(unit: Unit, low: float | None, high: float | None) -> str:
    """The 95 % interval alone: ``91.4 to 94.5``; empty where it is not bounded."""
    if low is None or high is None:
        return ""
    if unit is Unit.SHARE:
        return f"{points(low)} to {points(high)}"
    return f"{amount(unit, low)} to {amount(unit, high)}"


def estimate(unit: Unit, one: Estimate, counted: tuple[str, str]) -> str:
    """Value, interval and n in words: ``93.1 %, 91.4 to 94.5, n = 1,021``."""
    if one.value is None or not one.known:
        return too_few(one, counted)
    parts = (amount(unit, one.value), interval(unit, one.low, one.high), f"n = {one.n:,}")
    return ", ".join(part for part in parts if part)


def too_few(one: Estimate, counted: tuple[str, str]) -> str:
    """Why there is no value: too few observations, or too many that still wait."""
    if one.n >= ENOUGH:
        return "cannot be told yet: too many still wait"
    return f"{number(one.n)} {counted[one.n != 1]}, shown from {ENOUGH}"


def period(chart: Trend, end: date) -> str:
    """A point of time at the axis: ``W47``, or ``Nov`` with the year in each January."""
    if chart.by == "week":
        return f"W{end:%V}"
    return f"{end:%b %Y}" if end.month == 1 else f"{end:%b}"


def day(on: date) -> str:
    """A date: ``20 Nov 2026``."""
    return f"{on.day} {on:%b %Y}"
