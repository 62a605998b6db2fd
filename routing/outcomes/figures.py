"""Numbers with their doubt, as values: what pages, reports and goals hold, without any library.

How they are worked out stands in ``statistics`` and ``comparison``; those load scipy, and this
must not, so that a worker which only passes such numbers on stays small.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ENOUGH = 30
"""Below this many observations nothing is shown as a measurement or ranked."""


def lacking(n: int) -> int:
    """How many observations are missing until anything is shown as a measurement."""
    return max(0, ENOUGH - n)


@dataclass(frozen=True, slots=True)
class Share:
    """A share (0 to 1) with its 95 % interval, of ``n`` observations."""

    value: float
    low: float
    high: float
    n: int

    @property
    def enough(self) -> bool:
        """Whether there are enough observations to show it as a measurement."""
        return self.n >= ENOUGH


@dataclass(frozen=True, slots=True)
class Score:
    """An average of what customers answered, with its 95 % interval, of ``n`` answers.

    ``low`` and ``high`` are None where a single answer says nothing about the next one.
    ``answered`` is the share that answered of those we asked; None where we asked nobody.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    answered: Share | None = None

    @property
    def enough(self) -> bool:
        """Whether there are enough answers to show it as a measurement."""
        return self.n >= ENOUGH


@dataclass(frozen=True, slots=True)
class Wait:
    """How long something took, finished or not: seconds, and whether it has happened."""

    seconds: float
    happened: bool


@dataclass(frozen=True, slots=True)
class Times:
    """Quantiles of a duration in seconds, with unfinished ones counted as still waiting.

    A quantile is None where more than its share is still waiting. ``low`` and ``high`` bound the
    median with 95 % confidence; ``high`` None means that it is not bounded yet. ``waiting`` of
    the ``n`` have not happened.
    """

    median: float | None
    low: float | None
    high: float | None
    p90: float | None
    n: int
    waiting: int

    @property
    def enough(self) -> bool:
        """Whether there are enough observations to show it as a measurement."""
        return self.n >= ENOUGH


@dataclass(frozen=True, slots=True)
class Kpis:
    """What a group of tickets amounts to; None where there is nothing to measure.

    ``first_reply`` is of tickets whose replies are known. ``first_resolution`` is to the first
    solving, ``resolution`` to the last. ``csat`` is the share of ratings of 4 or 5, ``answered``
    that of surveys answered. ``promised`` is the share of tickets with a promise (SLA) that was
    kept, among those where that is decided. ``reopened`` and ``one_touch`` are of tickets solved at
    least once, the latter of those whose replies are known.
    ``nps`` goes from -100 to 100, ``ces`` from 1 to 7. ``backlog`` tickets are open; ``gone`` ones
    were merged or deleted, and are in no other number.
    """

    tickets: int
    first_reply: Times | None
    resolution: Times | None
    csat: Share | None
    answered: Share | None
    transferred: Share | None
    reopened: Share | None
    one_touch: Share | None
    first_resolution: Times | None = None
    promised: Share | None = None
    nps: Score | None = None
    ces: Score | None = None
    backlog: int = 0
    gone: int = 0


NOTHING = Kpis(0, None, None, None, None, None, None, None)
"""The KPIs of no tickets."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two groups lie apart, with a 95 % interval and the probability ``p`` of chance.

    Of shares it is the first less the second (-1 to 1), of times how many times as fast as the
    second group the first one goes (1 is the same).
    """

    value: float
    low: float
    high: float
    p: float


class Reading(StrEnum):
    """Where a change of an average comes from."""

    TOO_FEW = "too few"
    NOTHING = "nothing shown"
    CHANGE = "shown in all, but in neither part"
    MIX = "the mix"
    WITHIN = "within groups"
    BOTH = "both, the same way"
    AGAINST = "both, against each other"


@dataclass(frozen=True, slots=True)
class Part:
    """A change, or a part of it, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def shown(self) -> bool:
        """Whether "no change" lies outside the interval."""
        return not self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True)
class GroupShift:
    """What one group adds to the two parts of a change."""

    name: str | None
    mix: float
    within: float


@dataclass(frozen=True, slots=True)
class Shift:
    """A change of an average split in two: ``mix`` and ``within`` add up to ``change``.

    ``mix`` is what comes from there being more of one group and less of another, ``within`` what
    comes from changes inside the groups; so do the ``groups``, in the order of what they add.
    ``before`` and ``after`` are the numbers of observations.
    """

    change: Part
    mix: Part
    within: Part
    groups: tuple[GroupShift, ...]
    before: int
    after: int

    @property
    def enough(self) -> bool:
        """Whether there are enough observations in both periods to show it."""
        return min(self.before, self.after) >= ENOUGH

    @property
    def reading(self) -> Reading:
        """Where the change comes from, as far as it can be told from chance."""
        if not self.enough:
            return Reading.TOO_FEW
        if self.mix.shown and self.within.shown:
            same = self.mix.value * self.within.value > 0
            return Reading.BOTH if same else Reading.AGAINST
        if self.mix.shown:
            return Reading.MIX
        if self.within.shown:
            return Reading.WITHIN
        return Reading.CHANGE if self.change.shown else Reading.NOTHING
