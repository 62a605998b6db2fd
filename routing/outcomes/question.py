"""What is asked of past tickets, and what is answered: one group after the other, with its KPIs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from routing.outcomes.dimensions import Clock, Dimension
from routing.outcomes.figures import Kpis, Score, Share, Times

Label = str | None


@dataclass(frozen=True, slots=True)
class Question:
    """The tickets opened from ``since`` to before ``until`` that have all the labels of ``only``.

    They are told apart ``by`` a dimension. With the key of a KPI as ``trend``, that one is asked
    for over time as well: of all together and of the ``lines`` groups with most tickets, or of
    each. ``exact`` counts the tickets themselves, and not the columns made of them, whose lengths
    of time are within 1 %.
    """

    since: datetime
    until: datetime
    by: Dimension | None = Dimension.SEGMENT
    only: Mapping[Dimension, Label] = field(default_factory=dict)
    clock: Clock = Clock.WORKING
    trend: str | None = None
    lines: int | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """One KPI of the tickets opened in the four weeks before ``until``, of all and by group.

    A group that has no tickets then, or is not asked for, is missing.
    """

    until: datetime
    total: Share | Times | Score | None
    groups: Mapping[Label, Share | Times | Score | None]


@dataclass(frozen=True, slots=True)
class Answer:
    """The KPIs of all tickets asked for, and of each group that has any.

    ``trend`` has a moment for each week of the period, or for every fourth if there are many.
    ``counted_at`` is up to when tickets were counted, ``waiting`` how many days of tickets have
    changed since and are not counted again yet.
    """

    question: Question
    total: Kpis
    groups: Mapping[Label, Kpis]
    trend: tuple[Moment, ...]
    counted_at: datetime | None
    waiting: int
