"""Numbers with their doubt: shares with Wilson intervals, times with unfinished ones counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist

ENOUGH = 30
"""Below this many observations nothing is shown as a measurement or ranked."""

# Survival is a product of fractions: of 24 tickets, "half still waiting" comes out as 0.5 and a
# hair, which must not count as more than half.
_NOISE = 1e-9

_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Share:
    """A share (0 to 1) with its 95 % interval, of ``n`` observations."""

    value: float
    low: float
    high: float
    n: int

    @property
    def enough(self) -> bool:
        """Whether there are enough observations to show it as a measurement."""
        return self.n >= ENOUGH


def share(hits: int, n: int) -> Share | None:
    """The share ``hits / n`` with its Wilson score interval; None when ``n`` is 0.

    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212. It never leaves 0 to 1 and keeps its
    coverage for small ``n``, where the textbook interval does not.
    """
    if n == 0:
        return None
    p = hits / n
    spread = 1 + _Z**2 / n
    centre = (p + _Z**2 / (2 * n)) / spread
    half = _Z * sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / spread
    return Share(p, max(0.0, centre - half), min(1.0, centre + half), n)


@dataclass(frozen=True, slots=True)
class Wait:
    """How long something took, finished or not: seconds, and whether it has happened."""

    seconds: float
    happened: bool


@dataclass(frozen=True, slots=True)
class Times:
    """Quantiles of a duration in seconds, with unfinished ones counted as still waiting.

    A quantile is None where more than its share is still waiting. ``low`` and ``high`` bound the
    median with 95 % confidence; ``high`` None means that it is not bounded yet. ``waiting`` of
    the ``n`` have not happened.
    """

    median: float | None
    low: float | None
    high: float | None
    p90: float | None
    n: int
    waiting: int

    @property
    def enough(self) -> bool:
        """Whether there are enough observations to show it as a measurement."""
        return self.n >= ENOUGH


def times(waits: Iterable[Wait]) -> Times | None:
    """The median and p90 of a duration by Kaplan and Meier; None without observations.

    Kaplan & Meier (1958), J. Am. Stat. Assoc. 53, 457-481; the median's interval inverts the
    log-log transformed one of survival (Brookmeyer & Crowley 1982, Biometrics 38, 29-41).
    Leaving unfinished tickets out instead makes the median of recent days far too low.
    """
    ordered = sorted(waits, key=lambda wait: (wait.seconds, not wait.happened))
    if not ordered:
        return None
    curve = _survival(ordered)
    return Times(
        median=_first(curve, lambda step: step.alive <= 0.5 + _NOISE),
        low=_first(curve, lambda step: step.low <= 0.5 + _NOISE),
        high=_first(curve, lambda step: step.high <= 0.5 + _NOISE),
        p90=_first(curve, lambda step: step.alive <= 0.1 + _NOISE),
        n=len(ordered),
        waiting=sum(not wait.happened for wait in ordered),
    )


@dataclass(frozen=True, slots=True)
class _Step:
    seconds: float
    alive: float
    low: float
    high: float


def _survival(ordered: Sequence[Wait]) -> list[_Step]:
    steps: list[_Step] = []
    alive, variance, at_risk = 1.0, 0.0, len(ordered)
    place = 0
    while place < len(ordered):
        seconds = ordered[place].seconds
        tied = place
        while tied < len(ordered) and ordered[tied].seconds == seconds:
            tied += 1
        ended = sum(wait.happened for wait in ordered[place:tied])
        if ended:
            alive *= 1 - ended / at_risk
            if ended < at_risk:
                variance += ended / (at_risk * (at_risk - ended))
            steps.append(_step(seconds, alive, variance))
        at_risk -= tied - place
        place = tied
    return steps


def _step(seconds: float, alive: float, variance: float) -> _Step:
    if alive == 0:
        # Greenwood's variance has no value here. That all have ended shows a lower end only.
        return _Step(seconds, alive, 0.0, 1.0)
    half = _Z * sqrt(variance) / abs(log(alive))
    # log(-log S) ± half, turned back: the upper end of survival is the smaller power.
    return _Step(seconds, alive, _power(alive, half), _power(alive, -half))


def _power(alive: float, half: float) -> float:
    return float(alive ** exp(min(half, 700.0)))


def _first(curve: Sequence[_Step], passed: Callable[[_Step], bool]) -> float | None:
    return next((step.seconds for step in curve if passed(step)), None)
