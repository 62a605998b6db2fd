"""Two groups of tickets side by side: whether any KPI tells them apart, and by how much at most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import comb, erfc, exp, sqrt
from statistics import NormalDist

from routing.outcomes.kpis import SATISFIED, Result, first_reply_wait, resolution_wait
from routing.outcomes.statistics import ENOUGH, Wait, share

CHANCE = 0.04
"""Of the differences that are shown, the share that may be due to chance.

A little under the 5 % that is promised, since the tests keep to their level only nearly.
"""

SHARE_MARGIN = 0.10
"""Two shares that lie less than this apart (0 to 1) are as good as the same."""

PACE_MARGIN = 4 / 3
"""Two groups are as quick as each other if neither is this many times as fast."""

_Z = NormalDist().inv_cdf(0.975)


class Measure(StrEnum):
    """The KPIs that are compared, as they are said."""

    CSAT = "CSAT"
    ONE_TOUCH = "one touch"
    FIRST_REPLY = "first reply"
    RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True)
class Difference:
    """How far two groups lie apart, with a 95 % interval and the probability ``p`` of chance.

    Of shares it is the first less the second (−1 to 1), of times how many times as fast as the
    second group the first one goes (1 is the same).
    """

    value: float
    low: float
    high: float
    p: float


def share_difference(first: int, of_first: int, second: int, of_second: int) -> Difference | None:
    """Between ``first / of_first`` and ``second / of_second``; None if either is of nothing.

    The interval is Newcombe's hybrid of two Wilson ones (1998, Stat. Med. 17, 873-890, method
    10). The test is chi-squared with N - 1, or, where fewer than one is expected in a cell,
    Fisher's and Irwin's exact one, as Campbell recommends (2007, Stat. Med. 26, 3661-3675).
    """
    one, other = share(first, of_first), share(second, of_second)
    if one is None or other is None:
        return None
    apart = one.value - other.value
    low = apart - sqrt((one.value - one.low) ** 2 + (other.high - other.value) ** 2)
    high = apart + sqrt((one.high - one.value) ** 2 + (other.value - other.low) ** 2)
    return Difference(
        apart, max(-1.0, low), min(1.0, high), _shares_by_chance(first, of_first, second, of_second)
    )


def _shares_by_chance(first: int, of_first: int, second: int, of_second: int) -> float:
    hits, n = first + second, of_first + of_second
    fewest = min(hits, n - hits)
    if fewest == 0:
        return 1.0
    if fewest * min(of_first, of_second) < n:
        return chance_exactly(first, of_first, hits, n)
    crossed = first * (of_second - second) - second * (of_first - first)
    squared = (n - 1) * crossed**2 / (hits * (n - hits) * of_first * of_second)
    return erfc(sqrt(squared / 2))


def chance_exactly(first: int, of_first: int, hits: int, n: int) -> float:
    """The probability of all tables with these sums that are no likelier than the one seen.

    Fisher's and Irwin's exact test of ``first`` hits among ``of_first``, where ``hits`` of all
    ``n`` are such.
    """
    others = range(max(0, hits - (n - of_first)), min(hits, of_first) + 1)
    ways = {one: comb(of_first, one) * comb(n - of_first, hits - one) for one in others}
    return sum(way for way in ways.values() if way <= ways[first]) / sum(ways.values())


def pace_difference(first: Iterable[Wait], second: Iterable[Wait]) -> Difference | None:
    """How many times as fast things happen in the first group; None if they happened in neither.

    The log-rank test (Mantel 1966, Cancer Chemother. Rep. 50, 163-170), which counts what is
    unfinished as still waiting; the ratio and its interval are Peto's one-step estimate (Yusuf et
    al. 1985, Prog. Cardiovasc. Dis. 27, 335-371).
    """
    more = variance = 0.0
    for left, here, ended, ended_here in _steps(first, second):
        part = here / left
        more += ended_here - ended * part
        if left > 1:
            variance += ended * part * (1 - part) * (left - ended) / (left - 1)
    if not variance:
        return None
    half = _Z / sqrt(variance)
    return Difference(
        value=_power(more / variance),
        low=_power(more / variance - half),
        high=_power(more / variance + half),
        p=erfc(abs(more) / sqrt(2 * variance)),
    )


def _steps(first: Iterable[Wait], second: Iterable[Wait]) -> Iterator[tuple[int, int, int, int]]:
    # For each moment at which something ended: how many were left till then, and how many of them
    # in the first group; how many ended, and how many of them in the first group.
    waits = [(wait.seconds, wait.happened, 1) for wait in first]
    here = len(waits)
    waits += [(wait.seconds, wait.happened, 0) for wait in second]
    left = len(waits)
    waits.sort()
    at = 0.0
    tied = tied_here = ended = ended_here = 0
    for seconds, happened, is_first in waits:
        if seconds != at:
            if ended:
                yield left, here, ended, ended_here
            left -= tied
            here -= tied_here
            at, tied, tied_here, ended, ended_here = seconds, 0, 0, 0, 0
        tied += 1
        tied_here += is_first
        if happened:
            ended += 1
            ended_here += is_first
    if ended:
        yield left, here, ended, ended_here


def _power(exponent: float) -> float:
    return exp(max(-700.0, min(exponent, 700.0)))


def discoveries(by_chance: Sequence[float], rate: float = CHANCE) -> tuple[bool, ...]:
    """Which of these probabilities count as differences, so that ``rate`` of them are chance.

    Benjamini & Hochberg (1995), J. R. Stat. Soc. B 57, 289-300: the largest rank k whose
    probability is at most ``rate * k / m`` counts, with all that are smaller.
    """
    ordered = sorted(by_chance)
    m = len(ordered)
    passed = [p for rank, p in enumerate(ordered, 1) if p <= rate * rank / m]
    limit = max(passed, default=-1.0)
    return tuple(p <= limit for p in by_chance)


@dataclass(frozen=True, slots=True)
class Sight:
    """One ticket as a comparison sees it; None where there is nothing to measure."""

    satisfied: bool | None
    one_touch: bool | None
    first_reply: Wait
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
        return self.measure in {Measure.FIRST_REPLY, Measure.RESOLUTION}

    @property
    def as_good_as_equal(self) -> bool:
        """Whether the whole interval lies within what makes no difference in practice.

        That a difference is not shown says little where few were asked; this says enough.
        """
        low, high = self.difference.low, self.difference.high
        if self.is_time:
            return low > 1 / PACE_MARGIN and high < PACE_MARGIN
        return low > -SHARE_MARGIN and high < SHARE_MARGIN


def compare(first: Sequence[Sight], second: Sequence[Sight]) -> tuple[Compared, ...]:
    """Every KPI that has enough observations (ENOUGH) in both groups."""
    sides = (
        (Measure.CSAT, [s.satisfied for s in first], [s.satisfied for s in second]),
        (Measure.ONE_TOUCH, [s.one_touch for s in first], [s.one_touch for s in second]),
    )
    waits = (
        (Measure.FIRST_REPLY, [s.first_reply for s in first], [s.first_reply for s in second]),
        (Measure.RESOLUTION, [s.resolution for s in first], [s.resolution for s in second]),
    )
    return (
        *(one for side in sides if (one := _compared_shares(*side))),
        *(one for wait in waits if (one := _compared_waits(*wait))),
    )


def _compared_shares(
    measure: Measure, first: Iterable[bool | None], second: Iterable[bool | None]
) -> Compared | None:
    one, other = ([seen for seen in side if seen is not None] for side in (first, second))
    apart = share_difference(sum(one), len(one), sum(other), len(other))
    if apart is None or min(len(one), len(other)) < ENOUGH:
        return None
    return Compared(measure, apart, len(one), len(other))


def _compared_waits(
    measure: Measure, first: Sequence[Wait], second: Sequence[Wait]
) -> Compared | None:
    apart = pace_difference(first, second)
    if apart is None or min(len(first), len(second)) < ENOUGH:
        return None
    return Compared(measure, apart, len(first), len(second))


def told_apart(groups: Sequence[tuple[Compared, ...]]) -> tuple[bool, ...]:
    """Of many comparisons, those in which at least one KPI shows a difference.

    All of them are corrected together, so that asking a hundred questions finds no five answers
    by chance.
    """
    shown = iter(discoveries([one.difference.p for group in groups for one in group]))
    verdicts = [[next(shown) for _ in group] for group in groups]
    return tuple(any(verdict) for verdict in verdicts)
