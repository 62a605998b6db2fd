"""What the pages of results ask for and show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from plugin.views.deliveries import Tally
from plugin.views.mails import Change
from routing.outcomes.dimensions import Clock, Dimension
from routing.outcomes.figures import Difference, Kpis, Score, Share, Shift, Times
from routing.outcomes.promise import Kept
from routing.outcomes.question import Answer, Label, Question
from routing.population.goal import Progress, Standing

FILTERS = (
    Dimension.DESK,
    Dimension.SEGMENT,
    Dimension.QUEUE,
    Dimension.CHANNEL,
    Dimension.LANGUAGE,
    Dimension.ERA,
)
"""By what results are narrowed on pages."""


LINES = 4
"""Groups that a trend shows: with more of them their bands hide each other."""


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
            self.since, self.until, self.by, self.only, self.clock, self.kpi, LINES, self.exact
        )

    @property
    def before(self) -> Question:
        """The period of the same length before."""
        length: timedelta = self.until - self.since
        return Question(
            self.since - length, self.since, self.by, self.only, self.clock, exact=self.exact
        )


@dataclass(frozen=True, slots=True)
class Group:
    """One group of tickets: its label, what it was before, and the goal it has, by KPI."""

    label: Label
    kpis: Kpis
    before: Kpis | None = None
    goals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mover:
    """The group whose part of all moved an average most: its shares (0 to 1) and by how much."""

    name: str
    was: float
    now: float
    mix: float


@dataclass(frozen=True, slots=True)
class Mix:
    """A change of a share since the period before, split in two.

    It is split ``by`` what tickets are told apart by; ``mover`` is None where nothing moved.
    """

    kpi: str
    by: Dimension
    shift: Shift
    mover: Mover | None


@dataclass(frozen=True, slots=True)
class Missed:
    """A segment that is surely on the bad side of its goal."""

    segment: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class ResultsView:
    """The numbers of a period.

    ``segments`` are those of the live playbook; ``groups`` come in the playbook's order, everyone
    else last. ``labels`` are what can be chosen, by dimension. ``changes`` are those of the total,
    by KPI. ``agents`` says that numbers may be told of single agents, ``sample`` that a demo made
    them; ``began`` is the day of the first ticket. ``mix`` is where a change of CSAT comes from,
    ``missed`` are the goals of segments that are surely missed.
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
    mix: Mix | None = None
    missed: tuple[Missed, ...] = ()


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
    TOUCHES_KNOWN = "replies counted"
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


@dataclass(frozen=True, slots=True)
class ComparedGroup:
    """One group beside others; ``colour`` (1 to 7) stays with it on the page."""

    label: Label
    name: str
    colour: int
    kpis: Kpis

    def figure(self, key: str) -> Share | Times | Score | None:
        """One of its KPIs, by its key."""
        found: Share | Times | Score | None = getattr(self.kpis, key)
        return found


@dataclass(frozen=True, slots=True)
class ComparedKpi:
    """What one KPI, by its key, says of the groups.

    ``shown`` are the differences that hold, the furthest first, each in two parts; ``same`` says
    that there is none; ``notes`` say what is missing until there is.
    """

    key: str
    shown: tuple[tuple[str, str], ...]
    same: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """One comparison: a KPI, by its key, of two groups of so many observations each."""

    key: str
    first: str
    second: str
    difference: Difference
    n: tuple[int, int]
    shown: bool


@dataclass(frozen=True, slots=True)
class Turned:
    """Two labels of which all tickets say one thing, and every group of them the other.

    ``kpi`` is a share, by its key. ``groups`` have the shares of both; so many more have too few.
    """

    kpi: str
    by: Dimension
    within: Dimension
    labels: tuple[Label, Label]
    names: tuple[str, str]
    total: tuple[Share, Share]
    groups: tuple[tuple[str, Share, Share], ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A few groups beside each other, in every KPI.

    ``others`` are the labels that can be added, ``ignored`` what was asked for and is not here.
    ``answer`` has all groups that were asked for. ``kpis`` are those of which a group has anything,
    ``silent`` the keys of the others. ``pairs`` are all comparisons that were made; so many would
    have been shown ``without_correction``. ``eras`` says that there are tickets from before
    Deskroute and since. ``most`` groups can be compared at once.
    """

    asked: Asked
    groups: tuple[ComparedGroup, ...]
    others: tuple[tuple[Label, str], ...]
    ignored: tuple[str, ...]
    answer: Answer
    kpis: tuple[ComparedKpi, ...]
    silent: tuple[str, ...]
    mix: Mix | None
    turned: tuple[Turned, ...]
    pairs: tuple[Pair, ...]
    without_correction: int
    labels: Mapping[Dimension, tuple[Label, ...]]
    agents: bool
    eras: bool
    sample: bool
    most: int

    @property
    def shown(self) -> int:
        """How many differences hold."""
        return sum(one.shown for one in self.pairs)


@dataclass(frozen=True, slots=True)
class GoalLine:
    """One goal of a segment: how it fares, or the words of one that is not measured.

    ``owner`` is empty where nobody owns the segment.
    """

    segment: str
    owner: str
    goal: Progress | str


@dataclass(frozen=True, slots=True)
class GoalsView:
    """The goals of all segments over the last ``days`` days, in the order of priority.

    ``without`` are the segments that have none.
    """

    now: datetime
    days: int
    clock: Clock
    lines: tuple[GoalLine, ...]
    without: tuple[str, ...]
