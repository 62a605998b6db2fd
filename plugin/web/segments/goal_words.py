"""Goals and where a segment stands against them, as they are said on pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import url_for

from plugin.amounts import duration, points, short_percent
from plugin.views.results import Having
from routing.population.goal import Goal, Metric, Progress, Standing

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


def missed_says(progress: Progress) -> str:
    """For how long it has been missed: ``Under it for 7 weeks``; empty where it is not."""
    weeks, side = progress.weeks_missed, _side(progress.now.goal)
    if not weeks:
        return ""
    every = weeks == len(progress.ends)
    return (
        f"{side} it for {weeks} {'week' if weeks == 1 else 'weeks'}{' or longer' if every else ''}"
    )


def _side(goal: Goal) -> str:
    return "Under" if goal.wants == "at least" else "Over"


def away_says(progress: Progress) -> str:
    """How a goal that is missed gets worse.

    ``CSAT is under its goal of 85 % for 7 weeks, and the last 4 weeks are lower than the 4 before
    by 3.9 points (0.4 to 7.5).``
    """
    goal = progress.now.goal
    name = f"{goal.metric.value[:1].upper()}{goal.metric.value[1:]}"
    held = missed_says(progress).replace("it", f"its goal of {value_says(goal, goal.value)}", 1)
    return f"{name} is {held[:1].lower()}{held[1:]}, and the last 4 weeks are {_worse(progress)}."


def _worse(progress: Progress) -> str:
    away, goal = progress.away, progress.now.goal
    assert away is not None  # nothing else is said to move away
    found, apart = away.difference, away.medians
    if not goal.metric.is_time:
        which = "lower" if found.value < 0 else "higher"
        low, high = sorted((abs(found.low), abs(found.high)))
        by = f"{points(abs(found.value))} points ({points(low)} to {points(high)})"
        return f"{which} than the 4 before by {by}"
    if apart is not None and apart.low is not None and apart.high is not None and apart.low > 0:
        return (
            f"{duration(apart.value)} slower than the 4 before "
            f"({duration(apart.low)} to {duration(apart.high)})"
        )
    return f"{found.value:.2f} times as fast as the 4 before ({found.low:.2f} to {found.high:.2f})"


def behind_says(goal: Goal) -> str:
    """What the link to the tickets that miss a goal is called."""
    return _BEHIND.get(goal.metric, ("See the tickets", Having.ALL))[0]


def tickets_behind(segment: str, goal: Goal) -> str:
    """The address of the tickets of a segment that miss a goal."""
    having = _BEHIND.get(goal.metric, ("", Having.ALL))[1]
    return url_for("results.tickets", segment=segment, having=having.value)


_BEHIND = {
    Metric.CSAT: ("See the unhappy tickets", Having.UNHAPPY),
    Metric.TRANSFERRED: ("See the moved tickets", Having.TRANSFERRED),
    Metric.REOPENED: ("See the reopened tickets", Having.REOPENED),
}


WORDS: Mapping[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (
        goal_says,
        value_says,
        distance_says,
        measured_says,
        interval_says,
        missed_says,
        away_says,
        behind_says,
        tickets_behind,
    )
}
"""What templates call these by."""
