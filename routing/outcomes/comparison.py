"""Two groups of tickets side by side: whether any KPI tells them apart, and by how much at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import exp, sqrt

import numpy as np
from scipy.special import chdtrc
from scipy.stats import false_discovery_control, fisher_exact
from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

from routing.outcomes.figures import ENOUGH, Difference, Wait
from routing.outcomes.kpis import first_reply_wait, resolution_wait
from routing.outcomes.result import SATISFIED, Result
from routing.outcomes.scores import ces_difference, nps_difference
from routing.outcomes.statistics import Z
from routing.outcomes.waits import Floats, Places, Waits, as_waits

CHANCE = 0.04
"""Of the differences that are shown, the share that may be due to chance.

A little under the 5 % that is promised, since the tests keep to their level only nearly.
"""

SHARE_MARGIN = 0.10
"""Two shares that lie less than this apart (0 to 1) are as good as the same."""

PACE_MARGIN = 4 / 3
"""Two groups are as quick as each other if neither is this many times as fast."""


class Measure(StrEnum):
    """The KPIs that are compared, as they are said."""

    CSAT = "CSAT"
    ANSWERED = "answered"
    PROMISED = "SLA met"
    ONE_TOUCH = "one touch"
    TRANSFERRED = "transferred"
    REOPENED = "reopened"
    FIRST_REPLY = "first reply"
    FIRST_RESOLUTION = "first resolution"
    RESOLUTION = "resolution"
    NPS = "NPS"
    CES = "CES"

    @property
    def is_time(self) -> bool:
        """Whether it is a length of time and not a share."""
        return self in {Measure.FIRST_REPLY, Measure.FIRST_RESOLUTION, Measure.RESOLUTION}

    @property
    def is_score(self) -> bool:
        """Whether it is an average of what customers answer on a scale."""
        return self in {Measure.NPS, Measure.CES}


def share_difference(first: int, of_first: int, second: int, of_second: int) -> Difference | None:
    """Between ``first / of_first`` and ``second / of_second``; None if either is of nothing.

    The interval is Newcombe's hybrid of two Wilson ones (1998, Stat. Med. 17, 873-890, method
    10). The test is chi-squared with N - 1, or, where fewer than one is expected in a cell,
    Fisher's and Irwin's exact one, as Campbell recommends (2007, Stat. Med. 26, 3661-3675).
    """
    if not of_first or not of_second:
        return None
    counts = first, of_first, second, of_second
    # It works out a ratio as well, which may be one of nothing.
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    apart = first / of_first - second / of_second
    return Difference(apart, float(low), float(high), _shares_by_chance(*counts))


def _shares_by_chance(first: int, of_first: int, second: int, of_second: int) -> float:
    hits, n = first + second, of_first + of_second
    fewest = min(hits, n - hits)
    if fewest == 0:
        return 1.0
    if fewest * min(of_first, of_second) < n:
        return chance_exactly(first, of_first, hits, n)
    # The score test of Miettinen and Nurminen, which of no difference is chi-squared with N - 1.
    with np.errstate(divide="ignore", invalid="ignore"):
        test = test_proportions_2indep(
            first, of_first, second, of_second, method="score", compare="diff", correction=True
        )
    return float(test.pvalue)


def chance_exactly(first: int, of_first: int, hits: int, n: int) -> float:
    """The probability of all tables with these sums that are no likelier than the one seen.

    Fisher's and Irwin's exact test of ``first`` hits among ``of_first``, where ``hits`` of all
    ``n`` are such.
    """
    second, of_second = hits - first, n - of_first
    return float(fisher_exact([[first, of_first - first], [second, of_second - second]]).pvalue)


def pace_difference(
    first: Waits | Iterable[Wait], second: Waits | Iterable[Wait]
) -> Difference | None:
    """How many times as fast things happen in the first group; None if they happened in neither.

    The log-rank test (Mantel 1966, Cancer Chemother. Rep. 50, 163-170), which counts what is
    unfinished as still waiting; the ratio and its interval are Peto's one-step estimate (Yusuf et
    al. 1985, Prog. Cardiovasc. Dis. 27, 335-371). scipy and statsmodels have the test, but neither
    for grouped waits nor with the two sums that the ratio is made of.
    """
    one, other = as_waits(first), as_waits(second)
    moments, at = np.unique(np.concatenate((one.seconds, other.seconds)), return_inverse=True)
    here, ended_here = left_and_ended(one, at[: len(one.seconds)], len(moments))
    there, ended_there = left_and_ended(other, at[len(one.seconds) :], len(moments))
    left, ended = here + there, ended_here + ended_there
    some = ended > 0
    part = here[some] / left[some]
    spread = (left - ended)[some] / np.maximum(left[some] - 1, 1)
    return pace_of(
        more=float((ended_here[some] - ended[some] * part).sum()),
        variance=float((ended[some] * part * (1 - part) * spread).sum()),
    )


def left_and_ended(waits: Waits, at: Places, moments: int) -> tuple[Floats, Floats]:
    """How many were left till each of so many ``moments``, and how many ended at it.

    ``at`` says for each place of the waits which moment is its own.
    """
    gone, ended = (
        np.bincount(at, weights=weights, minlength=moments).astype(np.float64)
        for weights in (waits.counts, waits.counts * waits.ended)
    )
    return np.cumsum(gone[::-1])[::-1], ended


def pace_of(more: float, variance: float) -> Difference | None:
    """The pace where so many ``more`` ended than the log-rank test expects, with its variance.

    None where the variance is 0: nothing ended while anything was left to compare it with.
    """
    if variance <= 0:
        return None
    half = Z / sqrt(variance)
    return Difference(
        value=_power(more / variance),
        low=_power(more / variance - half),
        high=_power(more / variance + half),
        p=float(chdtrc(1, more**2 / variance)),
    )


def _power(exponent: float) -> float:
    return exp(max(-700.0, min(exponent, 700.0)))


def discoveries(by_chance: Sequence[float], rate: float = CHANCE) -> tuple[bool, ...]:
    """Which of these probabilities count as differences, so that ``rate`` of them are chance.

    Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57, 289-300: the largest rank k whose
    probability is at most ``rate * k / m`` counts, with all that are smaller.
    """
    if not by_chance:
        return ()
    return tuple(bool(one <= rate) for one in false_discovery_control(by_chance))


@dataclass(frozen=True, slots=True)
class Sight:
    """One ticket as a comparison sees it; None where there is nothing to measure."""

    satisfied: bool | None
    one_touch: bool | None
    first_reply: Wait | None
    resolution: Wait


def sight(result: Result, now: datetime) -> Sight:
    """A ticket's result as of ``now``, ready to be compared."""
    solved = result.outcome.first_solved_at is not None
    return Sight(
        satisfied=None if result.score is None else result.score >= SATISFIED,
        one_touch=result.outcome.one_touch if solved else None,
        first_reply=first_reply_wait(result, now),
        resolution=resolution_wait(result, now),
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """One KPI of two groups, of ``first`` and ``second`` observations."""

    measure: Measure
    difference: Difference
    first: int
    second: int

    @property
    def is_time(self) -> bool:
        """Whether it is a length of time and not a share."""
        return self.measure.is_time

    @property
    def as_good_as_equal(self) -> bool:
        """Whether the whole interval lies within what makes no difference in practice.

        That a difference is not shown says little where few were asked; this says enough.
        """
        low, high = self.difference.low, self.difference.high
        if self.is_time:
            return low > 1 / PACE_MARGIN and high < PACE_MARGIN
        return low > -SHARE_MARGIN and high < SHARE_MARGIN


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A group of tickets as it is compared.

    For a share it has hits of how many, for a time waits, for a score how often each answer came.
    """

    shares: Mapping[Measure, tuple[int, int]]
    waits: Mapping[Measure, Waits]
    scores: Mapping[Measure, Mapping[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, tickets: Sequence[Sight]) -> Side:
        """These tickets counted."""
        return cls(
            shares={
                Measure.CSAT: _counted(one.satisfied for one in tickets),
                Measure.ONE_TOUCH: _counted(one.one_touch for one in tickets),
            },
            waits={
                Measure.FIRST_REPLY: Waits.of(
                    one.first_reply for one in tickets if one.first_reply is not None
                ),
                Measure.RESOLUTION: Waits.of(one.resolution for one in tickets),
            },
        )

    def __add__(self, other: Side) -> Side:
        """The tickets of both; what only one side measures is left out."""
        return Side(
            shares={
                measure: (hits + other.shares[measure][0], n + other.shares[measure][1])
                for measure, (hits, n) in self.shares.items()
                if measure in other.shares
            },
            waits={
                measure: waits + other.waits[measure]
                for measure, waits in self.waits.items()
                if measure in other.waits
            },
            scores={
                measure: Counter(answers) + Counter(other.scores[measure])
                for measure, answers in self.scores.items()
                if measure in other.scores
            },
        )

    def n(self, measure: Measure) -> int:
        """How many observations there are of a KPI; 0 of one that is not measured."""
        if measure in self.waits:
            return self.waits[measure].n
        if measure in self.scores:
            return sum(self.scores[measure].values())
        return self.shares.get(measure, (0, 0))[1]


def _counted(seen: Iterable[bool | None]) -> tuple[int, int]:
    known = [one for one in seen if one is not None]
    return sum(known), len(known)


def compare(first: Side, second: Side) -> tuple[Compared, ...]:
    """Every share and time that has enough observations (ENOUGH) in both groups."""
    return tuple(
        Compared(measure, apart, first.n(measure), second.n(measure))
        for measure in (*first.shares, *first.waits)
        if min(first.n(measure), second.n(measure)) >= ENOUGH
        and (apart := difference_in(measure, first, second)) is not None
    )


def difference_in(measure: Measure, first: Side, second: Side) -> Difference | None:
    """How far the two lie apart in one KPI; None where that cannot be told."""
    if measure in first.waits and measure in second.waits:
        return pace_difference(first.waits[measure], second.waits[measure])
    if measure in first.shares and measure in second.shares:
        return share_difference(*first.shares[measure], *second.shares[measure])
    if measure in first.scores and measure in second.scores:
        return _SCORES[measure](first.scores[measure], second.scores[measure])
    return None


_SCORES = {Measure.NPS: nps_difference, Measure.CES: ces_difference}


def told_apart(groups: Sequence[tuple[Compared, ...]]) -> tuple[bool, ...]:
    """Of many comparisons, those in which at least one KPI shows a difference.

    All of them are corrected together, so that asking a hundred questions finds no five answers
    by chance.
    """
    shown = iter(discoveries([one.difference.p for group in groups for one in group]))
    verdicts = [[next(shown) for _ in group] for group in groups]
    return tuple(any(verdict) for verdict in verdicts)
