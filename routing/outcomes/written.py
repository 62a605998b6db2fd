"""Answers as programs read them: plain values, each number with its n and its interval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import starmap

from routing.outcomes.definitions import KPIS, Kpi
from routing.outcomes.dimensions import Clock, Dimension
from routing.outcomes.figures import Kpis, Score, Share, Times
from routing.outcomes.question import Answer

Figure = Share | Times | Score | None


@dataclass(frozen=True, slots=True)
class ToldGroup:
    """The KPIs of one group; ``label`` null is whoever has none."""

    label: str | None
    kpis: Kpis


@dataclass(frozen=True, slots=True)
class ToldFigure:
    """One KPI of one group."""

    label: str | None
    figure: Figure


@dataclass(frozen=True, slots=True)
class ToldMoment:
    """One KPI of the tickets opened in the four weeks before ``until``."""

    until: datetime
    total: Figure
    groups: tuple[ToldFigure, ...]


@dataclass(frozen=True, slots=True)
class ToldKpis:
    """The KPIs of the tickets opened from ``since`` to before ``until``.

    Shares are from 0 to 1, times in seconds of the ``clock``; null where there is nothing yet.
    """

    since: datetime
    until: datetime
    by: Dimension | None
    clock: Clock
    exact: bool
    counted_at: datetime | None
    total: Kpis
    groups: tuple[ToldGroup, ...]
    trend: tuple[ToldMoment, ...]
    definitions: tuple[Kpi, ...]


def told(answer: Answer) -> ToldKpis:
    """An answer with the definition of every number in it."""
    question = answer.question
    return ToldKpis(
        since=question.since,
        until=question.until,
        by=question.by,
        clock=question.clock,
        exact=question.exact,
        counted_at=answer.counted_at,
        total=answer.total,
        groups=tuple(starmap(ToldGroup, answer.groups.items())),
        trend=tuple(
            ToldMoment(
                one.until,
                one.total,
                tuple(starmap(ToldFigure, one.groups.items())),
            )
            for one in answer.trend
        ),
        definitions=tuple(KPIS.values()),
    )
