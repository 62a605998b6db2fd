"""How fast some of many tickets go beside the rest of them, for many parts of the same whole.

``routing.outcomes.comparison.pace_difference`` sorts both groups for each question. Two hundred
rules ask the same tickets two hundred times; here the whole is sorted once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import erfc, exp, fsum, sqrt
from statistics import NormalDist

from routing.outcomes.comparison import Difference
from routing.outcomes.statistics import Wait

_NOISE = 1e-9
"""What may be left of a difference between two large sums that are equal."""

_Z = NormalDist().inv_cdf(0.975)


class Pool:
    """Waits of a whole group of tickets, ready to be divided into a part and the rest.

    With Y(t) left till a moment t, of them Y₁(t) in the part, and d(t) ending then, the log-rank
    test needs the sum of d·Y₁/Y, which for each ticket of the part is the Nelson-Aalen hazard up
    to its end, and the sum of d·(Y-d)/(Y-1) · (Y₁/Y)·(1-Y₁/Y), in which Y₁ changes only where a
    ticket of the part ends. Both come from sums over the whole that are worked out once.
    """

    def __init__(self, waits: Iterable[Wait]) -> None:
        ordered = sorted((wait.seconds, wait.happened) for wait in waits)
        self._at: list[float] = []
        self._hazard = [0.0]
        # The variance is Y₁ · first - Y₁² · second over a stretch in which Y₁ stays the same.
        self._first = [0.0]
        self._second = [0.0]
        left, place = len(ordered), 0
        while place < len(ordered):
            seconds = ordered[place][0]
            tied = place
            while tied < len(ordered) and ordered[tied][0] == seconds:
                tied += 1
            ended = sum(happened for _, happened in ordered[place:tied])
            if ended:
                self._take(seconds, left, ended)
            left -= tied - place
            place = tied

    def _take(self, seconds: float, left: int, ended: int) -> None:
        spread = ended * (left - ended) / (left - 1) if left > 1 else 0.0
        self._at.append(seconds)
        self._hazard.append(self._hazard[-1] + ended / left)
        self._first.append(self._first[-1] + spread / left)
        self._second.append(self._second[-1] + spread / left**2)

    def difference(self, part: Sequence[Wait]) -> Difference | None:
        """How many times as fast as the rest these waits of the whole are; None if untold.

        The same as ``pace_difference`` of the part and the rest.
        """
        # Exactly, so that the order of tickets changes nothing.
        more = fsum(
            wait.happened - self._hazard[bisect_right(self._at, wait.seconds)] for wait in part
        )
        variance = self._variance(sorted(wait.seconds for wait in part))
        if variance <= _NOISE:
            return None
        half = _Z / sqrt(variance)
        return Difference(
            value=_power(more / variance),
            low=_power(more / variance - half),
            high=_power(more / variance + half),
            p=erfc(abs(more) / sqrt(2 * variance)),
        )

    def _variance(self, ends: Sequence[float]) -> float:
        # A ticket that ends at a moment is left till then: the stretch holds its own end.
        cuts = [0, *(bisect_right(self._at, end) for end in ends)]
        found = 0.0
        for ended, (here, there) in enumerate(pairwise(cuts)):
            if there > here:
                left = len(ends) - ended
                found += left * (self._first[there] - self._first[here])
                found -= left**2 * (self._second[there] - self._second[here])
        return found


def _power(exponent: float) -> float:
    return exp(max(-700.0, min(exponent, 700.0)))
