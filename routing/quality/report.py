"""The quality of each rule over a period, as values that JSON holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import TypeAdapter

from routing.outcomes.figures import Difference, Kpis, Share, lacking


class Aspect(StrEnum):
    """In what the tickets of a rule are compared with other tickets, as it is said."""

    TRANSFERRED = "transferred"
    REOPENED = "reopened"
    CSAT = "CSAT"
    FIRST_REPLY = "first reply"
    RESOLUTION = "resolution"

    @property
    def is_time(self) -> bool:
        """Whether it is a length of time and not a share."""
        return self in {Aspect.FIRST_REPLY, Aspect.RESOLUTION}


SILENT = 300
"""Tickets after which a rule that never fired counts as dead: then it is for 1.3 % at most."""


class Verdict(StrEnum):
    """What there is to say of a rule in one word, the most urgent first."""

    HURTS = "hurts"
    DEAD = "never fires"
    MUTE = "never chooses"
    TOO_FEW = "too few to tell"
    FINE = "fine"
    SHADOW = "shadow"
    OFF = "off"

    @property
    def needs_somebody(self) -> bool:
        """Whether a lead should do something about the rule."""
        return self in {Verdict.HURTS, Verdict.DEAD, Verdict.MUTE}


class Against(StrEnum):
    """With which other tickets a rule's are compared."""

    QUEUE = "the same queue"
    ALL = "all others"


@dataclass(frozen=True, slots=True)
class Versus:
    """One aspect of a rule's ``n`` tickets beside ``others``.

    ``shown`` tells whether it counts as a difference once all comparisons of the report are
    corrected together, with an interval without "the same" in it.
    """

    aspect: Aspect
    difference: Difference
    n: int
    others: int
    shown: bool = False

    @property
    def is_worse(self) -> bool:
        """Whether the rule's tickets fare worse, as far as the estimate goes."""
        if self.aspect.is_time:
            return self.difference.value < 1
        return (self.difference.value < 0) is (self.aspect is Aspect.CSAT)

    @property
    def hurts(self) -> bool:
        """Whether it is shown that people or customers have trouble with what the rule does."""
        return self.shown and self.is_worse and not self.aspect.is_time


@dataclass(frozen=True, slots=True)
class RuleQuality:
    """One rule of the live playbook, as it reads now.

    ``since`` is from when on it has been on with this wording. Of the ``decided`` tickets of the
    period that were decided while it read so it fired for ``fired``; ``firing`` is that share.
    ``kpis`` are those of the tickets whose queue it chose, None where it chooses none.
    ``earlier`` tickets of the period were routed by another wording of it; they count for the
    others. ``finding`` says what is wrong, and ``advice`` what to do; empty where nothing is.
    """

    place: int
    rule: str
    queue: str | None
    since: datetime
    decided: int
    fired: int
    firing: Share | None
    kpis: Kpis | None
    earlier: int
    against: Against
    versus: tuple[Versus, ...]
    verdict: Verdict
    finding: str = ""
    advice: str = ""

    @property
    def missing(self) -> int:
        """How many more tickets it takes before anything is told of it."""
        if not self.fired:
            return max(0, SILENT - self.decided)
        seen = self.decided if self.kpis is None else self.kpis.tickets
        return lacking(seen)

    def of(self, aspect: Aspect) -> Versus | None:
        """How it compares in this; None where there are too few to compare."""
        return next((one for one in self.versus if one.aspect is aspect), None)


@dataclass(frozen=True, slots=True)
class PeriodQuality:
    """The rules over the tickets opened since a moment; None is since ever.

    ``days`` is the length of the period, None for all times or a day that somebody named.
    ``decided`` tickets were decided in it, ``by_default`` are those for which no rule chose a
    queue. ``rules`` come in the order in which they need somebody, and else in that of the book.
    """

    days: int | None
    since: datetime | None
    decided: int
    rules: tuple[RuleQuality, ...]
    by_default: Kpis | None

    @property
    def urgent(self) -> tuple[RuleQuality, ...]:
        """The rules that need somebody."""
        return tuple(one for one in self.rules if one.verdict.needs_somebody)


@dataclass(frozen=True, slots=True)
class QualityReport:
    """The quality of the rules of one playbook at one moment, over several periods."""

    made_at: datetime
    playbook: int
    periods: tuple[PeriodQuality, ...]

    def period(self, days: int | None) -> PeriodQuality:
        """The period of so many days. Raises KeyError."""
        for one in self.periods:
            if one.days == days:
                return one
        raise KeyError(days)


_ADAPTER = TypeAdapter(QualityReport)


def report_out(report: QualityReport) -> dict[str, object]:
    """A report as JSON."""
    plain: dict[str, object] = _ADAPTER.dump_python(report, mode="json")
    return plain


def report_in(raw: object) -> QualityReport:
    """A report from JSON, as ``report_out`` wrote it."""
    return _ADAPTER.validate_python(raw)


_PERIOD = TypeAdapter(PeriodQuality)


def period_out(period: PeriodQuality) -> dict[str, object]:
    """One period as JSON."""
    plain: dict[str, object] = _PERIOD.dump_python(period, mode="json")
    return plain
