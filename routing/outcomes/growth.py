"""Topics that grow: more in the last four weeks than in the four before, and no mere chance.

Tickets on a topic come in clumps, so their weekly counts spread more than Poisson's would. How much
more is learned from the weeks themselves, and from all topics together where one alone says little:
quasi-Poisson with shrunken dispersions, as Lund, Nettleton, McCarthy & Smyth (2012), Stat. Appl.
Genet. Mol. Biol. 11(5), found it to keep what it promises with thousands of counts at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import copysign, exp, sqrt
from math import log as log_of

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, expit, polygamma, rel_entr, stdtr, stdtrit

from routing.outcomes.comparison import discoveries
from routing.outcomes.figures import ENOUGH
from routing.outcomes.statistics import normal_point
from routing.outcomes.waits import Floats

WEEKS = 4
"""Weeks that are compared with as many before them."""

YEAR = 52
"""Weeks after which the season comes again."""

LEARNED_FROM = 6
"""Stretches of so many WEEKS, the last ones, that tell how much weeks differ by themselves."""

_CLEARLY = normal_point(0.8)
"""Standard errors by which a topic grew a year ago, too, if that counts as its season."""

_SPARE = 0.5
"""Added to each count of a ratio, so that a topic that is new has one (Haldane 1956)."""

_STEADY = 1e9
"""Tickets a week that a single topic is held against: the same at all times."""

_FEWEST = 3
"""Topics of which something is usual."""

_LEAST, _CERTAIN = 1e-2, 1e4
"""The least dispersion that has a logarithm, and the most degrees of freedom one is worth."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How one topic did beside all others.

    ``recent`` are its tickets in the last WEEKS, ``before`` those in as many before them. ``ratio``
    is how many times as large a part of all tickets it is, with a 95 % interval, and ``p`` the
    probability that chance alone makes it grow so. Where it grew in the same weeks a year ago, too,
    that is taken out of the ratio, which is then one ``beyond_season``. ``grows`` tells whether it
    holds with all topics corrected together.
    """

    topic: str
    recent: int
    before: int
    ratio: float
    low: float
    high: float
    p: float
    beyond_season: bool
    grows: bool = False


def growth(
    counts: Mapping[str, Sequence[int]], every: Sequence[int] | None = None
) -> tuple[Growth, ...]:
    """How each topic has grown, the surest first, from its tickets per week, oldest week first.

    Growth of everything is no topic's own: a topic is held against all others, and a single one
    against time. ``every`` are all tickets per week, where topics share some or leave some out; a
    topic is then held against all it has no part in. Topics with fewer than ENOUGH tickets in both
    stretches together are left out. Raises ValueError for topics of different lengths, or less than
    twice WEEKS.
    """
    if not counts:
        return ()
    lengths = {len(weeks) for weeks in (*counts.values(), *([] if every is None else [every]))}
    if len(lengths) > 1 or min(lengths) < 2 * WEEKS:
        raise ValueError(f"topics need the same weeks, and {2 * WEEKS} of them at least")
    own = np.array([list(weeks) for weeks in counts.values()], dtype=np.float64)
    rest = _rest(own, every)
    spread, freedom = _dispersions(own, rest)
    found = [
        _growth(topic, own[place], rest[place], float(spread[place]), float(freedom[place]))
        for place, topic in enumerate(counts)
        if own[place, -2 * WEEKS :].sum() >= ENOUGH
    ]
    holds = discoveries([one.p for one in found])
    judged = [replace(one, grows=grows) for one, grows in zip(found, holds, strict=True)]
    return tuple(sorted(judged, key=lambda one: (one.p, one.topic)))


def _rest(own: Floats, every: Sequence[int] | None) -> Floats:
    """What each topic is held against."""
    if every is not None:
        return np.asarray(np.array(every, dtype=np.float64) - own)
    return own.sum(axis=0) - own if len(own) > 1 else np.full_like(own, _STEADY)


def _growth(topic: str, own: Floats, rest: Floats, spread: float, freedom: float) -> Growth:
    log, variance = _log_ratio(own, rest, len(own))
    grew, doubt = _season(own, rest, spread)
    log, variance = log - grew, variance + doubt
    error = sqrt(spread * variance)
    half = float(stdtrit(freedom, 0.975)) * error
    before, recent = (float(one) for one in _stretches(own, len(own)))
    surprise = _deviance(before, recent, log) * _poisson(before, recent) / variance
    return Growth(
        topic=topic,
        recent=int(recent),
        before=int(before),
        ratio=_power(log),
        low=_power(log - half),
        high=_power(log + half),
        p=float(stdtr(freedom, -copysign(sqrt(surprise / spread), log))),
        beyond_season=doubt > 0,
    )


def _season(own: Floats, rest: Floats, spread: float) -> tuple[float, float]:
    """How the topic grew in the same weeks a year ago, with its variance; none if it did not.

    It counts where it is more than chance: else it would take away as much sureness as there is.
    """
    a_year_ago = len(own) - YEAR
    if a_year_ago < 2 * WEEKS:
        return 0.0, 0.0
    log, variance = _log_ratio(own, rest, a_year_ago)
    return (log, variance) if log > _CLEARLY * sqrt(spread * variance) else (0.0, 0.0)


def _power(exponent: float) -> float:
    return exp(max(-700.0, min(exponent, 700.0)))


def _stretches(counts: Floats, until: int) -> Floats:
    """The sums of the two stretches that end before a week, the earlier one first."""
    return np.asarray(counts[until - 2 * WEEKS : until].reshape(2, WEEKS).sum(axis=1))


def _log_ratio(own: Floats, rest: Floats, until: int) -> tuple[float, float]:
    """How the topic grew beside the rest, as a logarithm, with its variance if all were Poisson."""
    before, recent = _stretches(own, until)
    others_before, others_recent = _stretches(rest, until)
    log = _log(before, recent) - _log(others_before, others_recent)
    return log, _poisson(before, recent) + _poisson(others_before, others_recent)


def _log(before: float, recent: float) -> float:
    return log_of((recent + _SPARE) / (before + _SPARE))


def _poisson(before: float, recent: float) -> float:
    """The variance of the logarithm of a ratio of two Poisson counts."""
    return 1 / (before + _SPARE) + 1 / (recent + _SPARE)


def _deviance(before: float, recent: float, beyond: float) -> float:
    """How unlikely it is that a topic grew by nothing, of which ``beyond`` is more than expected.

    Of few tickets, or of none before, the logarithm's error says too little; this holds for them.
    """
    expected = expit(_log(before, recent) - beyond) * (before + recent)
    found = rel_entr(recent, expected) + rel_entr(before, before + recent - expected)
    # Where both are as expected, rounding may leave less than nothing.
    return max(0.0, 2 * float(found))


def _dispersions(own: Floats, rest: Floats) -> tuple[Floats, Floats]:
    """How many times as much as Poisson's each topic spreads, and the degrees of freedom of that.

    Pearson's statistic of each stretch as a table of the topic and the rest by week. As with the
    negative binomial distribution, larger topics spread more; the rest of it is drawn towards what
    is usual among the topics. Nothing counts as spreading less than Poisson.
    """
    stretches = min(LEARNED_FROM, own.shape[1] // WEEKS)
    shape = len(own), stretches, WEEKS
    mine, others = (one[:, -stretches * WEEKS :].reshape(shape) for one in (own, rest))
    # A stretch with next to nothing in it has no chi-squared, and tells nothing.
    told = mine.sum(axis=2) >= ENOUGH / 2
    statistic = (_pearson(mine, mine + others).sum(axis=2) * told).sum(axis=1)
    freedom = told.sum(axis=1) * float(WEEKS - 1)
    weekly = mine.mean(axis=(1, 2))
    more = max(0.0, float((statistic - freedom).sum() / max((freedom * weekly).sum(), 1.0)))
    by_size = 1 + more * weekly
    statistic /= by_size
    usual, certainty = _usual(statistic[freedom > 0], freedom[freedom > 0])
    worth = np.maximum(certainty + freedom, 1.0)
    return np.maximum((certainty * usual + statistic) / worth * by_size, 1.0), worth


def _pearson(mine: Floats, every: Floats) -> Floats:
    """By how much each week differs from the topic's part of its stretch, squared."""
    part = mine.sum(axis=2, keepdims=True) / np.maximum(every.sum(axis=2, keepdims=True), 1.0)
    doubt = every * part * (1 - part)
    squares = (mine - every * part) ** 2
    return np.asarray(np.divide(squares, doubt, where=doubt > 0, out=np.zeros_like(mine)))


def _usual(statistic: Floats, freedom: Floats) -> tuple[float, float]:
    """What topics usually spread by, and how many degrees of freedom that is worth for each.

    The inverse chi-squared prior fitted by the moments of log dispersions (Smyth 2004, Stat. Appl.
    Genet. Mol. Biol. 3(1), section 6.2). Of fewer than three topics nothing is usual.
    """
    if len(statistic) < _FEWEST:
        return 1.0, 0.0
    half = freedom / 2
    logs = np.log(np.maximum(statistic / freedom, _LEAST)) - digamma(half) + np.log(half)
    left = float(logs.var(ddof=1) - polygamma(1, half).mean())
    # What differs no more than chance has it is the same for all.
    certainty = _CERTAIN
    if left > polygamma(1, _CERTAIN / 2):
        certainty = 2 * float(brentq(lambda x: polygamma(1, x) - left, 1e-3, _CERTAIN / 2))
    usual = exp(float(logs.mean()) + float(digamma(certainty / 2)) - log_of(certainty / 2))
    return usual, certainty
