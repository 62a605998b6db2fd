"""How many customers stay for how long, with those who are still here counted as such.

Arrays stand for customers, one place each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from routing.outcomes.figures import ENOUGH, Share
from routing.outcomes.statistics import share
from routing.outcomes.survival import Survival, survival
from routing.outcomes.waits import Floats, Waits
from routing.worth.report import MILESTONES, Stay, Step

DAY = 86_400.0

YEAR = 365.0

STEPS = 40
"""Steps of a curve after its first: enough to draw it, and few enough to keep many."""


def lifetimes(began: Floats, left: Floats, now: float) -> Waits:
    """How long each has been a customer; ended where they left.

    Everything is in days since one and the same moment, NaN where it is not known. ``left`` is
    infinite where they are still here. The places stay those of the arrays: of whom one of the
    two is not known, who begins after ``now`` and who left before they began are counted 0 times.
    """
    with np.errstate(invalid="ignore"):
        ended = left <= now
        stayed = np.where(ended, left, now) - began
        known = (stayed >= 0) & ~np.isnan(left)
    return Waits(np.where(known, stayed, 0.0) * DAY, ended & known, known.astype(np.int64))


def stay(began: Floats, left: Floats, now: float, days: Sequence[int] = MILESTONES) -> Stay:
    """How long these customers stay, by Kaplan and Meier, with log-log intervals.

    Where nobody has left yet the interval is Wilson's of those who were watched that long.
    """
    waits = _grouped(lifetimes(began, left, now))
    curve = survival(waits) if waits.n else None
    return Stay(
        customers=waits.n,
        lost=waits.n - waits.waiting,
        unknown=len(began) - waits.n,
        after=() if curve is None else tuple(_after(day * DAY, curve, waits) for day in days),
        churn=churn(began, left, now),
        curve=() if curve is None else tuple(_steps(curve, waits)),
    )


def churn(began: Floats, left: Floats, now: float, days: float = YEAR) -> Share | None:
    """The share of those who were customers so many days ago that has left since, with Wilson's.

    None where nobody was a customer then.
    """
    then = now - days
    with np.errstate(invalid="ignore"):
        here = (began <= then) & (left > then)
        return share(int((here & (left <= now)).sum()), int(here.sum()))


def _grouped(waits: Waits) -> Waits:
    """Equal stays once, with how many there are of each: a million customers share few days."""
    some = waits.counts > 0
    both, counts = np.unique(
        np.stack((waits.seconds[some], waits.ended[some].astype(np.float64))),
        axis=1,
        return_counts=True,
    )
    return Waits(both[0], both[1] > 0, counts.astype(np.int64))


def _watched(seconds: float, waits: Waits) -> int:
    return int(waits.counts[waits.seconds >= seconds].sum())


def _after(seconds: float, curve: Survival, waits: Waits) -> Share | None:
    value, low, high = curve.at(seconds)
    watched = _watched(seconds, waits)
    if value > 0 and not watched:
        return None
    if not curve.seconds.size or seconds < curve.seconds[0]:
        all_stay = share(watched, watched)
        assert all_stay is not None  # somebody was watched
        low = all_stay.low
    return Share(value, low, high, waits.n)


def _steps(curve: Survival, waits: Waits) -> Iterator[Step]:
    longest = float(waits.seconds.max()) / DAY
    for day in np.unique(np.linspace(0.0, longest, STEPS + 1).astype(np.int64)).tolist():
        watched = _watched(day * DAY, waits)
        if watched < ENOUGH:
            return
        value, low, high = curve.at(day * DAY)
        yield Step(day, value, low, high, watched)
