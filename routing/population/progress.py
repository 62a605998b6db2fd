"""Goals over time: since when each has been missed, and which of them move away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from routing.outcomes.comparison import discoveries
from routing.outcomes.kpis import kpi_of
from routing.outcomes.many import Answer, all_pairs
from routing.outcomes.sides import side_of
from routing.outcomes.tallies import Tally
from routing.population.goal import Goal, Moved, Progress, Standing, standing_of

APART = 4
"""Windows of four weeks that lie so many weeks apart have no ticket in common."""


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """One goal with what was counted of its segment; None where it had no tickets.

    ``period`` is all of the time, ``windows`` are the four weeks before each of their keys.
    """

    goal: Goal
    period: Tally | None
    windows: Mapping[datetime, Tally | None]


def progress(watched: Sequence[Watched]) -> tuple[Progress, ...]:
    """How each goal has fared, in the order in which they came.

    Whether one moves away is asked of all together, so that among many none does by chance.
    """
    moves = [_move(one) for one in watched]
    asked = [one.difference.p for one in moves if one is not None]
    shown = iter(discoveries(asked))
    holds = [one is not None and next(shown) and one.apart for one in moves]
    return tuple(
        _progress(one, move if real else None)
        for one, move, real in zip(watched, moves, holds, strict=True)
    )


def _move(one: Watched) -> Answer | None:
    """The last four weeks against the four before, if both have enough."""
    every = list(one.windows.values())
    if len(every) <= APART:
        return None
    last, before = every[-1], every[-1 - APART]
    if last is None or before is None:
        return None
    keys = (one.goal.metric.key,)
    made = all_pairs({"last": side_of(last, keys), "before": side_of(before, keys)}).made
    return made[0] if made else None


def _progress(one: Watched, move: Answer | None) -> Progress:
    goal, ends = one.goal, tuple(one.windows)
    now = _standing(goal, one.period)
    weeks = tuple(_standing(goal, window) for window in one.windows.values())
    since = _missed_since(ends, weeks)
    found = Progress(now=now, ends=ends, weeks=weeks, missed_since=since, away=None)
    if since is None or move is None or _is_better(goal, move):
        return found
    return replace(found, away=Moved(move.difference, move.medians))


def _standing(goal: Goal, tally: Tally | None) -> Standing:
    return standing_of(goal, None if tally is None else kpi_of(goal.metric.key, tally))


def _missed_since(ends: Sequence[datetime], weeks: Sequence[Standing]) -> datetime | None:
    since = None
    for end, week in zip(reversed(ends), reversed(weeks), strict=True):
        if week.met is not False:
            break
        since = end
    return since


def _is_better(goal: Goal, move: Answer) -> bool:
    if goal.metric.is_time:
        return move.difference.value >= 1  # it goes faster
    return (move.difference.value >= 0) is (goal.wants == "at least")


def of_segments(
    goals: Mapping[str, Sequence[Goal | str]],
    period: Mapping[str | None, Tally],
    windows: Mapping[datetime, Mapping[str | None, Tally]],
) -> dict[str, tuple[Progress | str, ...]]:
    """The goals of every segment, by its name; what is not measured stays words.

    ``period`` and ``windows`` are what was counted by segment.
    """
    measured = [
        (name, goal) for name, those in goals.items() for goal in those if isinstance(goal, Goal)
    ]
    found = iter(
        progress(
            [
                Watched(
                    goal=goal,
                    period=period.get(name),
                    windows={end: each.get(name) for end, each in windows.items()},
                )
                for name, goal in measured
            ]
        )
    )
    return {
        name: tuple(one if isinstance(one, str) else next(found) for one in those)
        for name, those in goals.items()
    }
