"""What the pages of results ask for and show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from plugin.views import Change, Tally
from routing.outcomes.dimensions import Clock, Dimension
from routing.outcomes.figures import Kpis
from routing.outcomes.promise import Kept
from routing.outcomes.question import Answer, Label, Question

FILTERS = (
    Dimension.DESK,
    Dimension.SEGMENT,
    Dimension.QUEUE,
    Dimension.CHANNEL,
    Dimension.LANGUAGE,
    Dimension.ERA,
)
"""By what results are narrowed on pages."""


class Against(StrEnum):
    """What a period is compared with: the one of the same length before it, or nothing."""

    BEFORE = "before"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see. ``days`` is the length of a period that ends now, if it does."""

    since: datetime
    until: datetime
    days: int | None
    only: Mapping[Dimension, Label] = field(default_factory=dict)
    by: Dimension = Dimension.SEGMENT
    clock: Clock = Clock.WORKING
    against: Against = Against.BEFORE
    kpi: str = "csat"
    exact: bool = False

    @property
    def question(self) -> Question:
        """The same as it is put to the numbers."""
        return Question(
            self.since, self.until, self.by, self.only, self.clock, self.kpi, self.exact
        )

    @property
    def before(self) -> Question:
        """The period of the same length before."""
        length: timedelta = self.until - self.since
        return Question(
            self.since - length, self.since, self.by, self.only, self.clock, None, self.exact
        )


@dataclass(frozen=True, slots=True)
class Group:
    """One group of tickets: its label, what it was before, and the goal it has, by KPI."""

    label: Label
    kpis: Kpis
    before: Kpis | None = None
    goals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResultsView:
    """The numbers of a period. ``segments`` are those of the live playbook.

    ``groups`` come in the playbook's order, everyone else last. ``labels`` are what can be chosen,
    by dimension. ``changes`` are those of the total, by KPI. ``agents`` says that numbers may be
    told of single agents, ``sample`` that a demo made them; ``began`` is the first ticket's day.
    """

    asked: Asked
    answer: Answer
    before: Answer | None
    segments: tuple[str, ...]
    groups: tuple[Group, ...]
    changes: Mapping[str, Change]
    labels: Mapping[Dimension, tuple[Label, ...]]
    playbooks: tuple[tuple[int, datetime], ...]
    deliveries: Tally
    agents: bool
    sample: bool
    began: datetime | None


class Having(StrEnum):
    """Which tickets of a group are listed: those that one number of it is made of."""

    ALL = "all"
    RATED = "rated"
    UNHAPPY = "unhappy"
    ASKED = "asked"
    UNANSWERED = "without a reply"
    OPEN = "open"
    SOLVED = "solved"
    PROMISED = "promised"
    TRANSFERRED = "transferred"
    REOPENED = "reopened"
    ONE_TOUCH = "one touch"


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One ticket in the list behind a number."""

    id: int
    decision: int | None
    connection: str
    ticket: str
    subject: str
    segment: str | None
    queue: str | None
    channel: str | None
    opened_at: datetime
    first_reply: timedelta | None
    resolution: timedelta | None
    score: int | None
    reopens: int
    transfers: int
    promises: tuple[Kept, ...]


@dataclass(frozen=True, slots=True)
class ResultTickets:
    """The tickets behind a number, newest first; ``more`` says that there are older ones."""

    asked: Asked
    having: Having
    lines: tuple[ResultLine, ...]
    more: bool
