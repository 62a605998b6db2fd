"""What customers are worth next to each other: RFM scores and classes, revenue rank, Lorenz, Gini.

Arrays stand for customers, one place each; NaN is unknown. Needs numpy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.worth.rfm import FIFTHS, rfm_class

Floats = NDArray[np.float64]
Scores = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Rfm:
    """The three scores of each customer, 1 to 5; 0 where the value behind it is unknown."""

    recency: Scores
    frequency: Scores
    money: Scores

    def classes(self) -> list[str | None]:
        """The named class of each customer; None where one of the scores is unknown."""
        table = _class_table()
        return [
            table[recency][frequency][money]
            for recency, frequency, money in zip(
                self.recency.tolist(), self.frequency.tolist(), self.money.tolist(), strict=True
            )
        ]


def year_tells(year: Floats, lifetime: Floats) -> bool:
    """Whether the revenue of 12 months says what customers bring, and not that of all time.

    It does not where more is known of the other, or nobody has bought in a year.
    """
    less_known = np.isnan(year).sum() > np.isnan(lifetime).sum()
    return not less_known and bool((year > 0.0).any())


def rfm(days_since_order: Floats, orders: Floats, revenue: Floats) -> Rfm:
    """Score customers in fifths: the fewer days since the last order, the higher the recency."""
    return Rfm(fifths(-days_since_order), fifths(orders), fifths(revenue))


def fifths(values: Floats) -> Scores:
    """Score each value 1 to 5 by the share of all known values that are strictly smaller.

    Equal values get equal scores, so where many are equal a score may be given to nobody, or to
    far more than a fifth. An unknown value (NaN) gets 0.
    """
    known = ~np.isnan(values)
    scores = np.zeros(len(values), dtype=np.int8)
    ordered = np.sort(values[known])
    if len(ordered):
        smaller = np.searchsorted(ordered, values[known], side="left")
        scores[known] = 1 + smaller * FIFTHS // len(ordered)
    return scores


def revenue_rank(revenue: Floats) -> Floats:
    """The share of customers who bring strictly more, in percent.

    0 is the top, and up to 20 the top fifth. Unknown (NaN) stays unknown and counts for nobody.
    """
    known = ~np.isnan(revenue)
    ranks = np.full(len(revenue), np.nan)
    ordered = np.sort(revenue[known])
    if len(ordered):
        not_more = np.searchsorted(ordered, revenue[known], side="right")
        ranks[known] = 100.0 * (len(ordered) - not_more) / len(ordered)
    return ranks


def top_share(revenue: Floats, share: float = 0.2) -> float | None:
    """The part of all revenue (0 to 1) that the ``share`` of customers with the most of it brings.

    Where the share is no whole number of customers, the one on the border counts in part. None
    where nobody brings anything. Revenue below zero, as refunds leave it, counts as zero.
    """
    ordered = np.sort(_not_negative(revenue))[::-1]
    total = float(ordered.sum())
    if total <= 0.0:
        return None
    many = share * len(ordered)
    whole = int(many)
    top = float(ordered[:whole].sum())
    if whole < len(ordered):
        top += (many - whole) * float(ordered[whole])
    return top / total


def bringing(revenue: Floats, share: float = 0.8) -> float | None:
    """The part of customers (0 to 1), those with most first, that brings so much of the revenue.

    The last one counts in part. None where nobody brings anything.
    """
    ordered = np.sort(_not_negative(revenue))[::-1]
    total = float(ordered.sum())
    if total <= 0.0:
        return None
    brought = np.concatenate(([0.0], np.cumsum(ordered))) / total
    whole = int(np.searchsorted(brought, share, side="left"))
    before, after = float(brought[whole - 1]), float(brought[whole])
    return (whole - 1 + (share - before) / (after - before)) / len(ordered)


def lorenz(revenue: Floats, points: int = 101) -> tuple[tuple[float, float], ...]:
    """The Lorenz curve: (share of customers, share of revenue), those who bring least first.

    ``points`` of them at even distances from (0, 0) to (1, 1); empty where nobody brings anything.
    M. O. Lorenz, "Methods of Measuring the Concentration of Wealth", 1905.
    """
    ordered = np.sort(_not_negative(revenue))
    total = float(ordered.sum())
    if total <= 0.0:
        return ()
    brought = np.concatenate(([0.0], np.cumsum(ordered))) / total
    customers = np.linspace(0.0, 1.0, len(brought))
    at = np.linspace(0.0, 1.0, points)
    return tuple(zip(at.tolist(), np.interp(at, customers, brought).tolist(), strict=True))


def gini(revenue: Floats) -> float | None:
    """How unevenly revenue is spread: 0 where all bring the same, near 1 where one brings all.

    Twice the area between the diagonal and the Lorenz curve (C. Gini, "Variabilità e mutabilità",
    1912), by the formula over ordered values. None where nobody brings anything.
    """
    ordered = np.sort(_not_negative(revenue))
    total = float(ordered.sum())
    if total <= 0.0:
        return None
    n = len(ordered)
    ranks = np.arange(1, n + 1)
    return float((2 * ranks - n - 1) @ ordered) / (n * total)


def _not_negative(revenue: Floats) -> Floats:
    return np.maximum(revenue[~np.isnan(revenue)], 0.0)


def _class_table() -> list[list[list[str | None]]]:
    scores = range(FIFTHS + 1)
    return [[[rfm_class(r, f, m) for m in scores] for f in scores] for r in scores]
