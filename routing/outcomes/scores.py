"""What customers answer on a scale: NPS from 0 to 10, CES from 1 to 7."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from routing.outcomes.figures import Difference, Score
from routing.outcomes.statistics import Z

PROMOTER, DETRACTOR = 9, 6
"""From the one on an answer speaks for us, up to the other against us."""

NPS_ANSWERS, CES_ANSWERS = range(11), range(1, 8)


def nps(answers: Mapping[int, int]) -> Score | None:
    """The net promoter score, from -100 to 100, of how often each answer from 0 to 10 was given.

    The share of 9 and 10 less the share of 0 to 6, in points (Reichheld, "The One Number You Need
    to Grow", Harvard Business Review 81(12), 2003). The interval is the adjusted Wald one with
    three answers added, which Rocks found to keep its coverage best (2016, Am. Stat. 70, 365-372).
    None without answers; raises ValueError for an answer that is none.
    """
    n = _checked(answers, NPS_ANSWERS)
    if n == 0:
        return None
    promoters = sum(count for answer, count in answers.items() if answer >= PROMOTER)
    detractors = sum(count for answer, count in answers.items() if answer <= DETRACTOR)
    with_three = n + 3
    above, below = (promoters + 0.75) / with_three, (detractors + 0.75) / with_three
    centre = above - below
    half = Z * sqrt((above + below - centre**2) / with_three)
    value = (promoters - detractors) / n
    # Of very few answers that are all alike the added ones would leave out what was seen.
    return Score(
        value=100 * value,
        low=100 * min(value, max(-1.0, centre - half)),
        high=100 * max(value, min(1.0, centre + half)),
        n=n,
    )


def ces(answers: Mapping[int, int]) -> Score | None:
    """The customer effort score, from 1 to 7, of how often each answer from 1 to 7 was given.

    The mean (Dixon, Freeman & Toman, "Stop Trying to Delight Your Customers", Harvard Business
    Review 88(7/8), 2010) with Student's t interval. A single answer has no interval, and answers
    that are all the same have one without width. None without answers; raises ValueError for an
    answer that is none.
    """
    n = _checked(answers, CES_ANSWERS)
    if n == 0:
        return None
    scale = [float(answer) for answer in CES_ANSWERS]
    seen = DescrStatsW(scale, weights=[answers.get(answer, 0) for answer in CES_ANSWERS])
    mean = float(seen.mean)
    if n == 1:
        return Score(mean, None, None, n)
    low, high = (float(end) for end in seen.tconfint_mean(alpha=0.05))
    return Score(mean, max(scale[0], low), min(scale[-1], high), n)


def nps_difference(first: Mapping[int, int], second: Mapping[int, int]) -> Difference | None:
    """How far apart two net promoter scores lie, in points from -200 to 200."""
    return _apart([_points(one) for one in NPS_ANSWERS], first, second, NPS_ANSWERS)


def ces_difference(first: Mapping[int, int], second: Mapping[int, int]) -> Difference | None:
    """How far apart two customer effort scores lie, from -6 to 6."""
    return _apart([float(one) for one in CES_ANSWERS], first, second, CES_ANSWERS)


def _points(answer: int) -> float:
    return 100.0 * ((answer >= PROMOTER) - (answer <= DETRACTOR))


def _apart(
    scale: Sequence[float], first: Mapping[int, int], second: Mapping[int, int], answers: range
) -> Difference | None:
    """Two means by Welch's test (1947, Biometrika 34, 28-35) and its interval.

    None where a group has no answers, or where all of both are the same: then nothing says how
    far others would be from them.
    """
    one, other = (
        DescrStatsW(scale, weights=[counts.get(answer, 0) for answer in answers])
        for counts in (first, second)
    )
    if min(_checked(first, answers), _checked(second, answers)) < 2 or one.var + other.var == 0:
        return None
    both = CompareMeans(one, other)
    low, high = (float(end) for end in both.tconfint_diff(alpha=0.05, usevar="unequal"))
    _, chance, _ = both.ttest_ind(usevar="unequal")
    return Difference(float(one.mean - other.mean), low, high, float(chance))


def _checked(answers: Mapping[int, int], scale: range) -> int:
    for answer, count in answers.items():
        if answer not in scale or count < 0:
            raise ValueError(f"{count} times {answer}: answers are {scale[0]} to {scale[-1]}")
    return sum(answers.values())
