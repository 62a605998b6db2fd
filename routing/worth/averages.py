"""Averages of amounts with their doubt. Arrays stand for customers, one place each, all known."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv, stdtrit
from scipy.stats import binom

from routing.worth.report import Amount

Floats = NDArray[np.float64]


def mean(values: Floats) -> Amount | None:
    """The mean with Student's t interval; None without values."""
    return ratio(values, np.ones(len(values)))


def ratio(totals: Floats, counts: Floats) -> Amount | None:
    """All totals by all counts: what each of the counted is worth; None where nothing is counted.

    The customers are the sample and not what they bought, since the orders of one are alike. The
    variance is that of a ratio estimate, W. G. Cochran, "Sampling Techniques", 3rd ed. 1977,
    section 6.4; the interval is Student's t with one less than the customers.
    """
    n, counted = len(totals), float(counts.sum())
    if counted <= 0:
        return None
    value = float(totals.sum()) / counted
    if n < 2:
        return Amount(value, None, None, n)
    spread = float(((totals - value * counts) ** 2).sum()) * n / (n - 1)
    half = float(stdtrit(n - 1, 0.975)) * sqrt(spread) / counted
    return Amount(value, value - half, value + half, n)


def median(values: Floats) -> Amount | None:
    """The median, and between which ordered values it lies with at least 95 %.

    By the binomial distribution, W. J. Conover, "Practical Nonparametric Statistics", 3rd ed.
    1999, section 3.2. None without values; without an interval under six.
    """
    n = len(values)
    if not n:
        return None
    ordered = np.sort(values)
    value = float(np.median(ordered))
    below = int(binom.ppf(0.025, n, 0.5)) - 1
    if below < 0:
        return Amount(value, None, None, n)
    return Amount(value, float(ordered[below]), float(ordered[n - 1 - below]), n)


def rate(events: int, customers: int) -> Amount | None:
    """How many events there are for each customer, as of a Poisson process; None without any.

    The exact interval, F. Garwood, "Fiducial Limits for the Poisson Distribution", Biometrika 28,
    1936. Who writes once writes again, so it is rather too narrow.
    """
    if not customers:
        return None
    low = float(gammaincinv(events, 0.025)) if events else 0.0
    high = float(gammaincinv(events + 1, 0.975))
    return Amount(events / customers, low / customers, high / customers, customers)
