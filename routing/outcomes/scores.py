"""What customers answer on a scale: NPS from 0 to 10, CES from 1 to 7."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

from statsmodels.stats.weightstats import DescrStatsW

from routing.outcomes.figures import Score
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
    return Score(
        value=100 * (promoters - detractors) / n,
        low=100 * max(-1.0, centre - half),
        high=100 * min(1.0, centre + half),
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


def _checked(answers: Mapping[int, int], scale: range) -> int:
    for answer, count in answers.items():
        if answer not in scale or count < 0:
            raise ValueError(f"{count} times {answer}: answers are {scale[0]} to {scale[-1]}")
    return sum(answers.values())
