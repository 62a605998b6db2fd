"""Numbers with their doubt: shares with Wilson intervals.

Loads scipy and statsmodels. Values alone are in ``figures``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri
from statsmodels.stats.proportion import proportion_confint

from routing.outcomes.figures import Share


def normal_point(probability: float) -> float:
    """Below which value of the standard normal distribution so much of it (0 to 1) lies."""
    return float(ndtri(probability))


Z = normal_point(0.975)
"""Standard errors to either side that make a 95 % interval of a normal estimate."""


def share(hits: int, n: int) -> Share | None:
    """The share ``hits / n`` with its Wilson score interval; None when ``n`` is 0.

    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212. It never leaves 0 to 1 and keeps its
    coverage for small ``n``, where the textbook interval does not.
    """
    return None if n == 0 else shares([(hits, n)])[0]


def shares(counts: Sequence[tuple[int, int]]) -> list[Share]:
    """The same of many (hits, n), at once; no n may be 0.

    A page asks for hundreds, many of them over and over, and the library takes its time for each
    question, however many are asked in it.
    """
    known = {one: share for one in set(counts) if (share := _KNOWN.get(one)) is not None}
    new = [one for one in set(counts) if one not in known]
    if new:
        hits, n = np.array(new).T
        low, high = proportion_confint(hits, n, alpha=0.05, method="wilson")
        ends = zip(new, low.tolist(), high.tolist(), strict=True)
        made = {(hits, n): Share(hits / n, low, high, n) for (hits, n), low, high in ends}
        if len(_KNOWN) + len(made) > MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN.update(made)
        known |= made
    return [known[one] for one in counts]


MOST_KNOWN = 50_000
"""Shares that are kept, since they are asked for again."""

_KNOWN: dict[tuple[int, int], Share] = {}
