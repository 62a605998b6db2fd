"""How many customers stay for how long, with those who are still here counted as such.

Arrays stand for customers, one place each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.outcomes.figures import Share
from routing.outcomes.statistics import Survival, share, survival
from routing.outcomes.waits import Floats, Waits

DAY = 86_400.0

MILESTONES = (30, 90, 365)
"""Days after signing up at which it is told how many are still customers."""


@dataclass(frozen=True, slots=True)
class Retention:
    """The customers of one segment: how many, and the share that stays so many days.

    ``after`` has one place for each of MILESTONES; None where nobody has been watched that long
    while any were left. ``lost`` of the ``customers`` have gone.
    """

    customers: int
    lost: int
    after: tuple[Share | None, ...]


def lifetimes(
    signed_up: Floats, churned: Floats, last_order: Floats, now: float, horizon: float | None
) -> Waits:
    """How long each has been a customer; ended where they left.

    Everything is in days since one and the same moment, NaN where it is not known. Who has no day
    of churn counts as gone ``horizon`` days after their last order, once these are over; with None,
    or without an order, nothing says that they left. The places stay those of the arrays: whose
    sign-up is not known or lies after ``now``, and who left before it, is counted 0 times.
    """
    silent = np.full_like(last_order, np.nan) if horizon is None else last_order + horizon
    left = np.where(np.isnan(churned), silent, churned)
    with np.errstate(invalid="ignore"):
        ended = left <= now
        stayed = np.where(ended, left, now) - signed_up
        known = stayed >= 0
    return Waits(np.where(known, stayed, 0.0) * DAY, ended & known, known.astype(np.int64))


def retention(waits: Waits, days: Sequence[int] = MILESTONES) -> Retention | None:
    """The share that stays for so many days, by Kaplan and Meier, with log-log intervals.

    Where nobody has left yet the interval is Wilson's of those who were watched that long. None
    without customers.
    """
    if not waits.n:
        return None
    curve = survival(waits)
    return Retention(
        customers=waits.n,
        lost=waits.n - waits.waiting,
        after=tuple(_after(day * DAY, curve, waits) for day in days),
    )


def _after(seconds: float, curve: Survival, waits: Waits) -> Share | None:
    value, low, high = curve.at(seconds)
    watched = int(waits.counts[waits.seconds >= seconds].sum())
    if value > 0 and not watched:
        return None
    if not curve.seconds.size or seconds < curve.seconds[0]:
        all_stay = share(watched, watched)
        assert all_stay is not None  # somebody was watched
        low = all_stay.low
    return Share(value, low, high, waits.n)


def by_segment(
    segments: Sequence[str | None], places: NDArray[np.intp], waits: Waits
) -> dict[str | None, Retention]:
    """The retention of each segment; ``places`` says which of them each of the waits belongs to.

    Segments without customers are left out.
    """
    found = {}
    for place, name in enumerate(segments):
        own = places == place
        kept = retention(Waits(waits.seconds[own], waits.ended[own], waits.counts[own]))
        if kept is not None:
            found[name] = kept
    return found
