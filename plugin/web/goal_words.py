"""Goals and where a segment stands against them, as they are said on pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plugin.amounts import duration, points, short_percent
from routing.population.goal import Goal, Metric, Standing

COUNTED = {Metric.CSAT: ("answer", "answers")}
"""What is counted, one or many, where it is not tickets."""


def goal_says(goal: Goal) -> str:
    """The goal in short: ``CSAT ≥ 90 %``, ``p90 of first reply ≤ 2 h``."""
    metric = goal.metric.value
    name = f"p90 of {metric}" if goal.quantile == "p90" else metric
    sign = "≥" if goal.wants == "at least" else "≤"
    return f"{name[:1].upper()}{name[1:]} {sign} {value_says(goal, goal.value)}"


def value_says(goal: Goal, value: float) -> str:
    """A value of the goal's KPI: ``77.9 %``, ``4 h 05``; whole percents without a decimal."""
    if goal.metric.is_time:
        return duration(value)
    return short_percent(value)


def distance_says(standing: Standing) -> str:
    """How far from the goal: ``met, +3.1``, ``−7.1``, ``too few to tell: 16 more needed``."""
    gap = standing.gap
    if standing.lacks:
        what = COUNTED.get(standing.goal.metric, ("ticket", "tickets"))
        return f"too few to tell: {standing.lacks} more {what[standing.lacks != 1]} needed"
    if gap is None:
        return "cannot be told yet: too many still wait"
    if standing.goal.metric.is_time:
        apart = duration(abs(gap))
        return f"met, {apart} to spare" if gap >= 0 else f"missed by {apart}"
    apart = points(abs(gap))
    return f"met, +{apart}" if gap >= 0 else f"−{apart}"


def measured_says(standing: Standing) -> str:
    """The KPI with its n and its doubt: ``77.9 %, 73.4 to 81.8, n = 371``; empty if untold."""
    if standing.now is None:
        return ""
    said = value_says(standing.goal, standing.now)
    if standing.low is not None and standing.high is not None:
        said += f", {_ends(standing.goal, standing.low, standing.high)}"
    return f"{said}, n = {standing.n:,}"


def interval_says(standing: Standing) -> str:
    """The 95 % interval alone: ``73.4 to 81.8``; empty where it isn't bounded."""
    if standing.low is None or standing.high is None:
        return ""
    return _ends(standing.goal, standing.low, standing.high)


def _ends(goal: Goal, low: float, high: float) -> str:
    if goal.metric.is_time:
        return f"{duration(low)} to {duration(high)}"
    return f"{points(low)} to {points(high)}"


WORDS: Mapping[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (goal_says, value_says, distance_says, measured_says, interval_says)
}
"""What templates call these by."""
