"""Since when somebody has been a customer, and whether and when they left.

Arrays stand for customers, one place each. Days are counted from one and the same moment; NaN is
unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.worth.report import GRACE, HORIZON

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Signs:
    """What is known of customers' time with us, by day.

    ``churned`` is the day on which they left, or will. ``visits`` are no customers yet; of ``here``
    and ``gone`` a source says in words that they are customers, and that they are not any more.
    """

    signed_up: Floats
    first_order: Floats
    last_order: Floats
    last_seen: Floats
    renewal: Floats
    churned: Floats
    visits: Bools
    here: Bools
    gone: Bools

    def began(self) -> Floats:
        """The day of the sign-up, or else of the first order. A visitor has not begun."""
        began = np.where(np.isnan(self.signed_up), self.first_order, self.signed_up)
        return np.where(self.visits, np.nan, began)

    def left(self, now: float) -> Floats:
        """The day on which each one left; infinite where they are still here, NaN if unknown.

        The first that is known counts: the day of churn; that a source says they are gone, on the
        day of the last order, visit or renewal before now; that a source says they are customers;
        a renewal that is ahead, or not GRACE over; a renewal that is over with no order or visit
        since, on its day; and silence, HORIZON after the last order or visit.
        """
        seen = np.fmax(_by(self.last_order, now), _by(self.last_seen, now))
        with np.errstate(invalid="ignore"):
            silent = np.where(seen + HORIZON <= now, seen + HORIZON, np.inf)
            left = np.where(np.isnan(seen), np.nan, silent)
            lapsed = (self.renewal + GRACE < now) & ~(seen > self.renewal)
            left = np.where(lapsed, self.renewal, left)
            left = np.where(self.renewal + GRACE >= now, np.inf, left)
            left = np.where(self.here, np.inf, left)
            left = np.where(self.gone, np.fmax(seen, _by(self.renewal, now)), left)
            left = np.where(self.churned <= now, self.churned, left)
            return np.where(self.churned > now, np.inf, left)


def _by(days: Floats, now: float) -> Floats:
    """The days that are over; those ahead are unknown."""
    with np.errstate(invalid="ignore"):
        return np.where(days <= now, days, np.nan)
