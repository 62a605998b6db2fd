"""How fast some of many tickets go beside the rest of them, for many parts of the same whole.

``routing.outcomes.comparison.pace_difference`` sorts both groups for each question. Two hundred
rules ask the same tickets two hundred times; here the whole is sorted once.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import fsum

import numpy as np

from routing.outcomes.comparison import left_and_ended, pace_of
from routing.outcomes.figures import Difference, Wait
from routing.outcomes.waits import Floats, Waits, as_waits

_NOISE = 1e-9
"""What may be left of a difference between two large sums that are equal."""


class Pool:
    """Waits of a whole group of tickets, ready to be divided into a part and the rest.

    With Y(t) left till a moment t, of them Y₁(t) in the part, and d(t) ending then, the log-rank
    test needs the sum of d·Y₁/Y, which for each ticket of the part is the Nelson-Aalen hazard up
    to its end, and the sum of d·(Y-d)/(Y-1) · (Y₁/Y)·(1-Y₁/Y), in which Y₁ changes only where a
    ticket of the part ends. Both come from sums over the whole that are worked out once.
    """

    def __init__(self, waits: Waits | Iterable[Wait]) -> None:
        whole = as_waits(waits)
        moments, at = np.unique(whole.seconds, return_inverse=True)
        left, ended = left_and_ended(whole, at, len(moments))
        some = ended > 0
        left, ended = left[some], ended[some]
        spread = ended * (left - ended) / np.maximum(left - 1, 1)
        self._at = moments[some]
        self._hazard = _sums(ended / left)
        # The variance is Y₁ · first - Y₁² · second over a stretch in which Y₁ stays the same.
        self._first = _sums(spread / left)
        self._second = _sums(spread / left**2)

    def difference(self, part: Waits | Iterable[Wait]) -> Difference | None:
        """How many times as fast as the rest these waits of the whole are; None if untold.

        The same as ``pace_difference`` of the part and the rest.
        """
        own = as_waits(part)
        order = np.argsort(own.seconds)
        counts, ended = own.counts[order], own.ended[order]
        # A ticket that ends at a moment is left till then: the stretch holds its own end.
        cuts = np.searchsorted(self._at, own.seconds[order], side="right")
        left = own.n - _sums(counts.astype(np.float64))[:-1]
        first, second = (np.diff(sums[cuts], prepend=0.0) for sums in (self._first, self._second))
        variance = float((left * first - left**2 * second).sum())
        if variance <= _NOISE:
            return None
        # Exactly, so that the order of tickets changes nothing.
        return pace_of(fsum(counts * (ended - self._hazard[cuts])), variance)


def _sums(of: Floats) -> Floats:
    return np.concatenate(([0.0], np.cumsum(of)))
