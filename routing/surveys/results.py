"""What the answers to a survey amount to, with their doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

from routing.outcomes.statistics import ENOUGH, share
from routing.surveys.survey import Kind

_Z = NormalDist().inv_cdf(0.975)

_SATISFIED = 4
_PROMOTER, _DETRACTOR = 9, 6


@dataclass(frozen=True, slots=True)
class Scored:
    """A score with its 95 % interval, of ``n`` answers, on the scale in which its kind is told.

    CSAT is the share of 4 and 5, from 0 to 1. NPS is the share of promoters (9, 10) less that of
    detractors (0 to 6), from -100 to 100. CES is the mean, from 1 to 7.
    """

    value: float
    low: float
    high: float
    n: int

    @property
    def enough(self) -> bool:
        """Whether there are enough answers to show it as a measurement."""
        return self.n >= ENOUGH


def scored(kind: Kind, answers: Mapping[int, int]) -> Scored | None:
    """What answers (each score with how often it was given) amount to; None without any."""
    n = sum(answers.values())
    if not n:
        return None
    match kind:
        case Kind.CSAT:
            return _csat(answers, n)
        case Kind.NPS:
            return _nps(answers, n)
        case Kind.CES:
            return _ces(answers, n)


def _csat(answers: Mapping[int, int], n: int) -> Scored:
    good = share(sum(count for score, count in answers.items() if score >= _SATISFIED), n)
    assert good is not None  # there are answers
    return Scored(good.value, good.low, good.high, n)


def _nps(answers: Mapping[int, int], n: int) -> Scored:
    """The interval is the adjusted Wald one: three answers are added, spread over the groups.

    Rocks, Interval estimation for the Net Promoter Score, Am. Stat. 70 (2016), 365-372.
    """
    promoters = sum(count for score, count in answers.items() if score >= _PROMOTER)
    detractors = sum(count for score, count in answers.items() if score <= _DETRACTOR)
    some, wide = 0.75, n + 3
    p, d = (promoters + some) / wide, (detractors + some) / wide
    half = _Z * sqrt((p + d - (p - d) ** 2) / wide)
    low, high = max(-1.0, p - d - half), min(1.0, p - d + half)
    value = (promoters - detractors) / n
    return Scored(100 * value, 100 * min(low, value), 100 * max(high, value), n)


def _ces(answers: Mapping[int, int], n: int) -> Scored:
    mean = sum(score * count for score, count in answers.items()) / n
    spread = sum(count * (score - mean) ** 2 for score, count in answers.items())
    half = _Z * sqrt(spread / max(n - 1, 1) / n)
    scale = Kind.CES.scale
    return Scored(mean, max(scale[0], mean - half), min(scale[-1], mean + half), n)
