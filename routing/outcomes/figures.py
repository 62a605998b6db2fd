"""Numbers with their doubt, as values: what pages, reports and goals hold, without any library.

How they are worked out stands in ``statistics`` and ``comparison``; those load scipy, and this
must not, so that a worker which only passes such numbers on stays small.
"""

from __future__ import annotations

from dataclasses import dataclass

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
    """

    value: float
    low: float | None
    high: float | None
    n: int

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

    ``first_resolution`` is to the first solving, ``resolution`` to the last. ``csat`` is the share
    of ratings of 4 or 5, ``answered`` that of surveys answered. ``promised`` is the share of
    tickets with a promise (SLA) that was kept, among those where that is decided. ``reopened`` and
    ``one_touch`` are of tickets solved at least once. ``nps`` goes from -100 to 100, ``ces`` from 1
    to 7. ``backlog`` tickets are open; ``gone`` ones
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
